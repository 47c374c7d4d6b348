/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/driver.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/connection_private.h"
#include "fleet/opening_private.h"
#include "fleet/session_private.h"
#include "model/config.h"

#include <string.h>

#define OUTPUT_LIMIT ((size_t)16 * 1024 * 1024)
#define PIECE_SIZE   ((size_t)32 * 1024)
#define WAIT_MS      1000 /* at most, before the time is looked at again */
#define ASK_AGAIN_MS 50   /* a source of input that had nothing */
#define TICK_MS      1000
#define OPENING_MS   60000 /* that a login shell may take */
#define NEVER        (INT64_MAX / 2)

/* ---- transports ---- */

static const struct driver_function wanted[] = {
	/* clang-format off */
	DRIVER_FUNCTION(connection_transport, open),
	DRIVER_FUNCTION(connection_transport, is_fresh),
	DRIVER_FUNCTION(connection_transport, close),
	DRIVER_FUNCTION(connection_transport, start),
	DRIVER_FUNCTION(connection_transport, takes_input),
	DRIVER_FUNCTION(connection_transport, send),
	DRIVER_FUNCTION(connection_transport, end_input),
	DRIVER_FUNCTION(connection_transport, receive),
	DRIVER_FUNCTION(connection_transport, has_ended),
	DRIVER_FUNCTION(connection_transport, status),
	DRIVER_FUNCTION(connection_transport, wait),
	DRIVER_FUNCTION(connection_transport, give_up),
	DRIVER_FUNCTION(connection_transport, finish),
	{ 0 },
	/* clang-format on */
};

int connection_open(const struct connection_transport *transport, const struct host *host,
	const struct ssh_settings *settings, struct connection **out, struct error *err)
{
	const char *missing = driver_lacks(transport, wanted);

	if (missing)
		return error_set(err, ERR_USAGE, "way '%s' to hosts has no function '%s'",
			transport->name ? transport->name : "", missing);
	return transport->open(host, settings, out, err);
}

const char *const *connection_words(const struct host *host, const struct ssh_settings *settings)
{
	const struct host *known = host->original ? host->original : host;

	if (known->command && *known->command)
		return known->command;
	return settings->command && *settings->command ? settings->command : NULL;
}

void connection_close(struct connection *c)
{
	if (!c)
		return;
	free(c->user);
	free(c->address);
	c->transport->close(c);
}

/* ---- running a command ---- */

/* A command under way. */
struct run {
	struct connection *c;
	const struct connection_command *command;
	struct str kept[CONNECTION_STREAM_COUNT];
	bool is_truncated;
	char *piece; /* owned, PIECE_SIZE bytes: input that waits for room */
	size_t piece_at, piece_size;
	size_t sent; /* of command->input */
	bool is_input_over, is_end_told, is_source_empty;
	int64_t deadline, next_tick, open_by; /* monotonic ms */
};

static void run_done(struct run *r)
{
	for (int i = 0; i < CONNECTION_STREAM_COUNT; i++)
		str_done(&r->kept[i]);
	free(r->piece);
}
static inline void run_done_p(struct run *r)
{
	run_done(r);
}

/* Have input at hand in r->piece, or know that it is over. */
static int next_piece(struct run *r, struct error *err)
{
	const struct connection_command *c = r->command;
	size_t left = c->input_size - r->sent;
	ssize_t got = 0;

	if (r->piece_at < r->piece_size || r->is_input_over)
		return 0;
	if (left > 0) {
		got = (ssize_t)(left < PIECE_SIZE ? left : PIECE_SIZE);
		memcpy(r->piece, c->input + r->sent, (size_t)got);
		r->sent += (size_t)got;
	} else if (c->fill) {
		got = c->fill(c->fill_context, r->piece, PIECE_SIZE, err);
	}
	r->is_source_empty = got == SESSION_NOT_YET;
	if (r->is_source_empty)
		return 0;
	if (got < 0)
		return -1;
	r->is_input_over = got == 0;
	r->piece_at = 0;
	r->piece_size = (size_t)got;
	return 0;
}

/* Who reads before that is the login shell. */
static bool is_open(const struct run *r)
{
	const struct opening *o = r->command->openings;

	return !o || o[CONNECTION_OUTPUT].seen == o[CONNECTION_OUTPUT].wanted;
}

/* Send what there is room for. *has_moved tells whether there was any. */
static int send_input(struct run *r, bool *has_moved, struct error *err)
{
	const struct connection_transport *d = r->c->transport;

	if (r->is_end_told || !is_open(r) || !d->takes_input(r->c))
		return 0;
	if (next_piece(r, err) < 0)
		return -1;
	if (r->is_input_over) {
		r->is_end_told = true;
		return d->end_input(r->c, err);
	}
	if (r->piece_at == r->piece_size)
		return 0;

	ssize_t sent = d->send(r->c, r->piece + r->piece_at, r->piece_size - r->piece_at, err);

	if (sent < 0)
		return -1;
	r->piece_at += (size_t)sent;
	*has_moved = *has_moved || sent > 0;
	return 0;
}

static int receive(struct run *r, enum connection_stream stream, bool *has_moved, struct error *err)
{
	const struct connection_command *c = r->command;
	size_t limit = c->output_limit ? c->output_limit : OUTPUT_LIMIT;
	char buffer[PIECE_SIZE];
	ssize_t got = r->c->transport->receive(r->c, stream, buffer, sizeof buffer, err);

	if (got <= 0)
		return (int)got;

	size_t others = c->openings ? opening_take(&c->openings[stream], buffer, (size_t)got) : 0;
	size_t room = limit - r->kept[stream].size, size = (size_t)got - others;

	r->is_truncated = r->is_truncated || size > room;
	str_add_bytes(&r->kept[stream], buffer + others, size < room ? size : room);
	if (stream == CONNECTION_OUTPUT && c->on_output && size)
		c->on_output(c->output_context, buffer + others, size);
	*has_moved = true;
	return 0;
}

/* Also while output keeps coming: a command that never falls silent has its limit too. */
static int check_time(struct run *r, struct error *err)
{
	int64_t now = clock_monotonic_ms();

	if (now > r->deadline) {
		r->c->transport->give_up(r->c);
		return error_set(err, ERR_UNCERTAIN,
			"%s: command did not end within %lld s; it may still run there",
			r->c->address, (long long)(r->command->timeout_ms / 1000));
	}
	if (now > r->open_by && !is_open(r)) {
		r->c->transport->give_up(r->c);
		return error_set(err, ERR_DENIED,
			"%s: the login shell of '%s' did not come to our program within %d s",
			r->c->address, r->c->user, OPENING_MS / 1000);
	}
	if (now < r->next_tick)
		return 0;
	r->next_tick = now + TICK_MS;
	if (r->command->on_tick(r->command->tick_context, err) < 0) {
		r->c->transport->give_up(r->c);
		return -1;
	}
	return 0;
}

static int wait_for_host(struct run *r, struct error *err)
{
	int64_t until = r->next_tick < r->deadline ? r->next_tick : r->deadline;
	int64_t left = until - clock_monotonic_ms() + 1;
	int limit = r->is_source_empty ? ASK_AGAIN_MS : WAIT_MS;

	if (left < limit)
		limit = left > 0 ? (int)left : 0;
	return r->c->transport->wait(r->c, limit, r->piece_at < r->piece_size, err);
}

/* Its end, once everything was read. What the way there says when it breaks stands in the errors. */
static int read_status(struct run *r, int *exit_status, struct error *err)
{
	const struct opening *o = r->command->openings;
	const struct str *words =
		o && !is_open(r) ? &o[CONNECTION_ERRORS].words[0] : &r->kept[CONNECTION_ERRORS];
	const char *text = str_text(words);

	if (r->c->transport->status(r->c, exit_status, err) == 0)
		return 0;
	return *text ? error_wrap(err, "%.*s", (int)strcspn(text, "\n"), text) : -1;
}

/* Until the command has ended and everything that it gave is read. */
static int exchange(struct run *r, int *exit_status, struct error *err)
{
	const struct connection_transport *d = r->c->transport;

	for (;;) {
		bool has_moved = false, had_ended = d->has_ended(r->c);

		if (send_input(r, &has_moved, err) < 0 ||
			receive(r, CONNECTION_OUTPUT, &has_moved, err) < 0 ||
			receive(r, CONNECTION_ERRORS, &has_moved, err) < 0)
			return -1;
		if (!has_moved && had_ended)
			return read_status(r, exit_status, err);
		if (check_time(r, err) < 0 || (!has_moved && wait_for_host(r, err) < 0))
			return -1;
	}
}

static int run_started(struct run *r, int *exit_status, struct error *err)
{
	const struct connection_transport *d = r->c->transport;
	int result = d->start(r->c, r->command->text, err);

	if (result == 0)
		result = exchange(r, exit_status, err);
	d->finish(r->c);
	return result;
}

int connection_run(struct connection *c, const struct connection_command *command,
	struct session_result *result, struct error *err)
{
	int64_t started = clock_monotonic_ms();
	CLEANUP(run_done)
	struct run r = {
		.c = c,
		.command = command,
		.piece = mem_new(1, PIECE_SIZE),
		.deadline = command->timeout_ms ? started + command->timeout_ms : NEVER,
		.next_tick = command->on_tick ? started + TICK_MS : NEVER,
		.open_by = started + OPENING_MS,
	};
	int exit_status = 0;
	int ended = run_started(&r, &exit_status, err);

	if (ended < 0)
		return ended;

	size_t output_size = r.kept[CONNECTION_OUTPUT].size;
	size_t errors_size = r.kept[CONNECTION_ERRORS].size;

	*result = (struct session_result){
		.output = str_take(&r.kept[CONNECTION_OUTPUT]),
		.errors = str_take(&r.kept[CONNECTION_ERRORS]),
		.output_size = output_size,
		.errors_size = errors_size,
		.exit_status = exit_status,
		.is_truncated = r.is_truncated,
		.elapsed_ms = clock_monotonic_ms() - started,
	};
	return 0;
}
