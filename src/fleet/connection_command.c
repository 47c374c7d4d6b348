/* SPDX-License-Identifier: Apache-2.0 */
/* A host that a local command leads to: `docker exec -i web1 sh -c`, with what is to run as its last argument. */
#include "base/child.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "fleet/connection_private.h"
#include "model/config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WAY_BROKE 255 /* by ssh's example: not the command's own end, but its way there failed */
#define SLICE_MS  50  /* where the kernel does not tell the end of a process by a descriptor */
#define ENDING_MS 500 /* for a command whose input was cut short, to see that */

/* The words, and the command that runs through them. */
struct command_connection {
	struct connection common;
	char **words; /* owned, each too; behind the last there is room for the text and NULL */
	size_t word_count;
	struct child child;
	bool is_started, has_ended;
	int status; /* as waitpid() tells it */
};

static struct command_connection *of(struct connection *c)
{
	return (struct command_connection *)c;
}

/* ---- opening ---- */

/* One word of the configuration with "{host}" and its like replaced; owned by the caller. */
static char *fill_word(
	const char *word, const struct host *host, const char *user, const char *port)
{
	const struct {
		const char *name, *value;
	} names[] = {
		{ "{host}", host->name },
		{ "{address}", host->address },
		{ "{user}", user },
		{ "{port}", port },
	};
	struct str s = { 0 };

	while (*word) {
		size_t used = 0;

		for (size_t i = 0; i < sizeof names / sizeof *names && !used; i++) {
			if (!str_starts(word, names[i].name))
				continue;
			used = strlen(names[i].name);
			str_add(&s, names[i].value);
		}
		if (!used)
			str_add_bytes(&s, word, used = 1);
		word += used;
	}
	return str_take(&s);
}

static void fill_words(
	struct command_connection *c, const struct host *host, const struct ssh_settings *settings)
{
	const char *const *words = connection_words(host, settings);
	char port[16];
	size_t count = 0;

	while (words && words[count])
		count++;
	snprintf(port, sizeof port, "%d", host->port ? host->port : 22);
	c->words = mem_new(count + 2, sizeof *c->words);
	for (; c->word_count < count; c->word_count++)
		c->words[c->word_count] =
			fill_word(words[c->word_count], host, c->common.user, port);
}

static void command_close(struct connection *common)
{
	struct command_connection *c = of(common);

	for (size_t i = 0; i < c->word_count; i++)
		free(c->words[i]);
	free(c->words);
	free(c);
}

/* Is anybody there? A container that does not run is unreachable, and not a program that failed. */
static int try_way(struct command_connection *c, int64_t seconds, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	const struct connection_command nothing = {
		.text = ":",
		.timeout_ms = (seconds > 0 ? seconds : 10) * 1000,
	};

	if (connection_run(&c->common, &nothing, &r, err) < 0) {
		if (err->kind == ERR_UNCERTAIN)
			err->kind = ERR_UNREACHABLE;
		return -1;
	}
	if (r.exit_status != 0)
		return error_set(err, ERR_UNREACHABLE, "%s: '%s' ended with %d: %.*s",
			c->common.address, c->words[0], r.exit_status, (int)strcspn(r.errors, "\n"),
			r.errors);
	return 0;
}

/* There is no connection that could grow old: each command is a way of its own. */
static bool command_is_fresh(struct connection *c, int64_t idle_ms)
{
	(void)c;
	(void)idle_ms;
	return true;
}

static int command_open(const struct host *host, const struct ssh_settings *settings,
	struct connection **out, struct error *err)
{
	struct command_connection *c = mem_new(1, sizeof *c);
	CLEANUP(connection_close) struct connection *common = &c->common;

	common->transport = &connection_by_command;
	common->user = mem_strdup(host_user(host, settings, "root"));
	common->address = str_equal(host->name, host->address)
				  ? mem_strdup(host->name)
				  : mem_printf("%s (%s)", host->name, host->address);
	fill_words(c, host, settings);
	if (try_way(c, settings->connect_timeout, err) < 0)
		return -1;
	*out = STEAL(&common);
	return 0;
}

/* ---- running ---- */

/* Our ends never block; those of the command are its own. */
static int unblock(struct child *child)
{
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (fcntl(child->fds[i], F_SETFL, O_NONBLOCK) < 0)
			return -1;
	}
	return 0;
}

static int command_start(struct connection *common, const char *text, struct error *err)
{
	struct command_connection *c = of(common);
	const struct process_options options = {
		.argv = (const char *const *)c->words,
		.input = "",
	};
	int result = 0;

	c->child = (struct child)CHILD_NONE;
	c->is_started = c->has_ended = false;
	c->words[c->word_count] = mem_strdup(text);
	result = child_start(&c->child, &options, err);
	free(STEAL(&c->words[c->word_count]));
	if (result < 0) {
		err->kind = err->kind == ERR_NOT_FOUND ? ERR_USAGE : err->kind;
		return error_wrap(err, "%s: the command that leads there", common->address);
	}
	c->is_started = true;
	if (unblock(&c->child) < 0)
		return error_set(err, ERR_SYSTEM, "%s: %s", common->address, strerror(errno));
	return 0;
}

static bool command_takes_input(struct connection *c)
{
	return of(c)->child.fds[STREAM_IN] >= 0;
}

static bool is_for_later(void)
{
	return errno == EAGAIN || errno == EINTR;
}

/* A program may stop reading early: that is no failure. */
static ssize_t command_send(
	struct connection *common, const char *bytes, size_t size, struct error *err)
{
	struct child *child = &of(common)->child;
	ssize_t sent = write(child->fds[STREAM_IN], bytes, size);

	(void)err;
	if (sent < 0 && !is_for_later())
		child_shut(child, STREAM_IN);
	return sent < 0 ? 0 : sent;
}

static int command_end_input(struct connection *c, struct error *err)
{
	(void)err;
	child_shut(&of(c)->child, STREAM_IN);
	return 0;
}

static ssize_t command_receive(struct connection *common, enum connection_stream stream,
	char *buffer, size_t size, struct error *err)
{
	struct child *child = &of(common)->child;
	enum stream from = stream == CONNECTION_OUTPUT ? STREAM_OUT : STREAM_ERRORS;
	ssize_t got = 0;

	(void)err;
	if (child->fds[from] < 0)
		return 0;
	got = read(child->fds[from], buffer, size);
	if (got == 0 || (got < 0 && !is_for_later()))
		child_shut(child, from);
	return got < 0 ? 0 : got;
}

/* Whoever it left behind may hold its pipes: the command itself is what counts. */
static bool command_has_ended(struct connection *common)
{
	struct command_connection *c = of(common);

	c->has_ended = c->has_ended || child_has_ended(&c->child, &c->status);
	return c->has_ended;
}

static int command_status(struct connection *common, int *out, struct error *err)
{
	int status = of(common)->status;

	if (WIFEXITED(status) && WEXITSTATUS(status) == WAY_BROKE)
		return error_set(err, ERR_UNCERTAIN,
			"%s: connection lost while a command ran; it may still run there: '%s' "
			"ended with %d",
			common->address, of(common)->words[0], WAY_BROKE);
	*out = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}

static int command_wait(struct connection *common, int limit_ms, bool has_input, struct error *err)
{
	const struct child *child = &of(common)->child;
	struct pollfd polls[] = {
		{ .fd = has_input ? child->fds[STREAM_IN] : -1, .events = POLLOUT },
		{ .fd = child->fds[STREAM_OUT], .events = POLLIN },
		{ .fd = child->fds[STREAM_ERRORS], .events = POLLIN },
		{ .fd = child->ended_fd, .events = POLLIN },
	};
	int limit = child->ended_fd < 0 && limit_ms > SLICE_MS ? SLICE_MS : limit_ms;

	if (poll(polls, sizeof polls / sizeof *polls, limit) < 0 && errno != EINTR)
		return error_set(err, ERR_SYSTEM, "%s: %s", common->address, strerror(errno));
	return 0;
}

static void command_give_up(struct connection *common)
{
	struct command_connection *c = of(common);

	if (!command_has_ended(common))
		kill(-c->child.pid, SIGKILL);
}

/* One that was not waited for sees its streams closed, and then has to go. */
static void end_early(struct command_connection *c)
{
	struct pollfd ended = { .fd = c->child.ended_fd, .events = POLLIN };

	for (enum stream s = STREAM_IN; s < STREAM_COUNT; s++)
		child_shut(&c->child, s);
	if (ended.fd >= 0)
		(void)poll(&ended, 1, ENDING_MS);
	command_give_up(&c->common);
	while (!c->has_ended && waitpid(c->child.pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void command_finish(struct connection *common)
{
	struct command_connection *c = of(common);

	if (c->is_started && !command_has_ended(common))
		end_early(c);
	child_done(&c->child);
	c->is_started = false;
}

const struct connection_transport connection_by_command = {
	.name = "command",
	.open = command_open,
	.is_fresh = command_is_fresh,
	.close = command_close,
	.start = command_start,
	.takes_input = command_takes_input,
	.send = command_send,
	.end_input = command_end_input,
	.receive = command_receive,
	.has_ended = command_has_ended,
	.status = command_status,
	.wait = command_wait,
	.give_up = command_give_up,
	.finish = command_finish,
};
