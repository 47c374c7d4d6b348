/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/clone.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/sink.h"
#include "model/config.h"
#include "model/place.h"

#include <stdlib.h>
#include <string.h>

#define PROVIDER_NAME_MAX 80
#define OUTPUT_MAX        ((size_t)256 * 1024) /* of a program, in the journal */
#define PROGRAM_MAX       ((size_t)1024 * 1024)
#define STOP_TIMEOUT_MS   INT64_C(60000)
#define INPUT_MAX         ((size_t)512 * 1024 * 1024)
#define LAST_WORDS        300

struct clone {
	struct clone_request request;
	struct clone_row row;
	char *provider_name;
	struct provider_session *session; /* NULL until needed */
};

char *clone_provider_name_of(const char *environment, int64_t number)
{
	return mem_printf("%s-clone-%lld", environment, (long long)number);
}

char *clone_folder(const struct config *config, const struct clone_row *row)
{
	CLEANUP(free) char *name = clone_provider_name_of(row->environment, row->number);

	return mem_printf("%s/clones/%s", config->state, name);
}

char *clone_record_path(const struct config *config, const struct clone_row *row)
{
	CLEANUP(free) char *folder = clone_folder(config, row);

	return mem_printf("%s/sink", folder);
}

static char *input_path(const struct clone *c, const char *host)
{
	CLEANUP(free) char *folder = clone_folder(c->request.config, &c->row);

	return mem_printf("%s/quiesced-%s", folder, host);
}

/* ---- taking it up ---- */

static struct clone *clone_new(const struct clone_request *request)
{
	struct clone *c = mem_new(1, sizeof *c);

	c->request = *request;
	return c;
}

void clone_close(struct clone *c)
{
	if (!c)
		return;
	provider_close(c->session);
	clone_row_done(&c->row);
	free(c->provider_name);
	free(c);
}

int clone_begin(const struct clone_request *request, const struct clone_row_draft *draft,
	struct clone **out, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = clone_new(request);
	const struct environment *e = request->original;
	struct clone_row_draft whole = *draft;

	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"'%s' cannot be cloned: it names no provider; add 'clone: {provider: NAME}' to it in %s",
			e->name, request->config->path);
	if (strlen(e->name) > PROVIDER_NAME_MAX - strlen("-clone-000000"))
		return error_set(err, ERR_USAGE, "the name '%s' is too long for a clone", e->name);
	whole.environment = e->name;
	whole.provider = e->clone.provider;
	if (!whole.expires_at)
		whole.expires_at = clock_now() + e->clone.expires;
	if (store_clone_add(request->store, &whole, request->actor, &c->row, err) < 0)
		return -1;
	c->provider_name = clone_provider_name_of(e->name, c->row.number);
	*out = STEAL(&c);
	return 0;
}

/* What a killed program left running was interrupted: we have its lease now. */
static int close_journal(struct clone *c, struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows open = { 0 };
	static const struct clone_action_end end = { .state = CLONE_ACTION_INTERRUPTED };

	if (store_clone_actions_open(c->request.store, c->row.name, &open, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		if (store_clone_action_end(c->request.store, c->row.name, open.items[i].seq, &end,
			    c->request.actor, err) < 0)
			return -1;
	}
	return 0;
}

int clone_open(
	const struct clone_request *request, int64_t number, struct clone **out, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = clone_new(request);
	CLEANUP(free)
	char *name = mem_printf("%s/clone-%lld", request->original->name, (long long)number);

	if (store_clone_find(request->store, name, &c->row, err) < 0 || close_journal(c, err) < 0)
		return -1;
	c->provider_name = clone_provider_name_of(c->row.environment, number);
	*out = STEAL(&c);
	return 0;
}

const struct clone_row *clone_row_of(const struct clone *c)
{
	return &c->row;
}

const char *clone_name(const struct clone *c)
{
	return c->row.name;
}

const char *clone_provider_name(const struct clone *c)
{
	return c->provider_name;
}

struct provider_target clone_target(const struct clone *c, const char *const *hosts)
{
	return (struct provider_target){ c->provider_name, c->request.original, hosts };
}

struct provider_target clone_original_target(const struct clone *c, const char *const *hosts)
{
	return (struct provider_target){ NULL, c->request.original, hosts };
}

int clone_provider(struct clone *c, struct provider_session **out, struct error *err)
{
	const struct clone_request *r = &c->request;
	const struct provider *p = config_provider(r->config, c->row.provider);
	struct provider_watch watch = { r->watch.on_progress, r->watch.context };

	if (!p)
		return error_set(err, ERR_USAGE,
			"the provider '%s' of %s is no longer configured: add it to %s again",
			c->row.provider, c->row.name, r->config->path);
	if (!c->session && provider_open(p, &r->config->ssh, &watch, &c->session, err) < 0)
		return -1;
	*out = c->session;
	return 0;
}

/* ---- row and journal ---- */

static int change_row(struct clone *c, const struct clone_change *change, struct error *err)
{
	struct clone_row now = { 0 };

	if (store_clone_change(c->request.store, &c->row, change, c->request.actor, err) < 0 ||
		store_clone_find(c->request.store, c->row.name, &now, err) < 0)
		return -1;
	clone_row_done(&c->row);
	c->row = now;
	return 0;
}

int clone_move(struct clone *c, enum clone_state to, const char *reason, struct error *err)
{
	struct clone_change change = { .to = to, .reason = reason };

	return change_row(c, &change, err);
}

int clone_note(struct clone *c, struct clone_change change, struct error *err)
{
	change.to = c->row.state;
	change.reason = NULL;
	return change_row(c, &change, err);
}

int clone_action_begin(
	struct clone *c, const char *action, const char *target, int64_t *seq, struct error *err)
{
	const struct clone_watch *watch = &c->request.watch;

	if (store_clone_action_start(
		    c->request.store, c->row.name, action, target, c->request.actor, seq, err) < 0)
		return -1;
	if (watch->on_action)
		watch->on_action(watch->context, action, target);
	return 0;
}

int clone_action_end(struct clone *c, int64_t seq, const struct error *cause,
	const struct clone_trace *trace, struct error *err)
{
	CLEANUP(free) char *details = trace->details ? jvalue_write(trace->details) : NULL;
	CLEANUP(free) char *output = mem_strndup(trace->output ? trace->output : "", OUTPUT_MAX);
	struct clone_action_end end = {
		.state = cause ? CLONE_ACTION_FAILED : CLONE_ACTION_DONE,
		.cause = cause,
		.output = output,
		.details = details,
	};

	return store_clone_action_end(
		c->request.store, c->row.name, seq, &end, c->request.actor, err);
}

void clone_trace_done(struct clone_trace *trace)
{
	free(trace->output);
	jvalue_free(trace->details);
	*trace = (struct clone_trace){ 0 };
}

/* The failure stands beside the state that the clone stays in. */
static void note_failure(struct clone *c, const struct error *cause)
{
	struct clone_change change = { .to = c->row.state, .reason = cause->text };
	struct error ignored;

	(void)!change_row(c, &change, &ignored);
}

int clone_do(struct clone *c, const char *action, const char *target, clone_act *act, void *context,
	struct error *err)
{
	CLEANUP(clone_trace_done) struct clone_trace trace = { 0 };
	const struct clone_watch *watch = &c->request.watch;
	int64_t seq = 0, started = clock_monotonic_ms();
	struct error told = { 0 };

	if (clone_action_begin(c, action, target, &seq, err) < 0)
		return -1;

	const struct error *cause = act(c, context, &trace, &told) < 0 ? &told : NULL;

	if (watch->on_done)
		watch->on_done(
			watch->context, action, target, clock_monotonic_ms() - started, cause);
	if (clone_action_end(c, seq, cause, &trace, err) < 0 && !cause)
		return -1;
	if (!cause)
		return 0;
	note_failure(c, cause);
	*err = told;
	return -1;
}

/* ---- what the journal has ---- */

/* The last line of that act; NULL when there is none. program: of a sanitize act; NULL for any. */
static const struct clone_action_row *find_last(const struct clone_action_rows *rows,
	const char *action, const char *target, const char *program)
{
	for (size_t i = rows->count; i-- > 0;) {
		const struct clone_action_row *row = &rows->items[i];
		CLEANUP(jvalue_free) struct jvalue *details = NULL;
		struct error ignored;

		if (!str_equal(row->action, action) || !str_equal(row->target, target))
			continue;
		if (!program)
			return row;
		if (jvalue_parse(row->details, strlen(row->details), &details, &ignored) == 0 &&
			str_equal(jvalue_string(details, "program"), program))
			return row;
	}
	return NULL;
}

static bool is_done(const struct clone_action_row *row)
{
	return row && row->state == CLONE_ACTION_DONE;
}

bool clone_has_done(struct clone *c, const char *action, const char *target)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };
	struct error ignored;

	return store_clone_actions(c->request.store, c->row.name, &rows, &ignored) == 0 &&
	       is_done(find_last(&rows, action, target, NULL));
}

/* ---- copying ---- */

static int act_take(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	CLEANUP(taken_done) struct taken taken = { 0 };
	struct provider_session *session = NULL;
	struct provider_target target = clone_target(c, NULL);

	(void)context;
	if (clone_provider(c, &session, err) < 0 ||
		provider_clone(session, &target, &taken, err) < 0)
		return -1;

	CLEANUP(free) char *text = jvalue_write(taken.json);

	trace->details = jvalue_copy(taken.json);
	return clone_note(c, (struct clone_change){ .taken = text }, err);
}

int clone_take(struct clone *c, struct error *err)
{
	return clone_do(c, "clone", "", act_take, NULL, err);
}

static int act_take_back(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_session *session = NULL;

	(void)context;
	(void)trace;
	if (clone_note(c, (struct clone_change){ .taken = "{}" }, err) < 0 ||
		clone_provider(c, &session, err) < 0)
		return -1;
	return provider_remove(session, c->provider_name, err);
}

int clone_take_back(struct clone *c, struct error *err)
{
	return clone_do(c, "take-back", "", act_take_back, NULL, err);
}

/* ---- sanitizing ---- */

/* One program on one host's copy. */
struct masking {
	const struct group *group;
	const struct host *host;
	const char *program; /* path */
};

int clone_keep_input(struct clone *c, const char *host, const char *text, struct error *err)
{
	CLEANUP(free) char *folder = clone_folder(c->request.config, &c->row);
	CLEANUP(free) char *path = input_path(c, host);

	if (dir_make(folder, 0700, err) < 0)
		return -1;
	return file_write(path, text, strlen(text), 0600, err);
}

int clone_drop_inputs(struct clone *c, struct error *err)
{
	for (struct place at = { 0 }; environment_next_host(c->request.original, &at);) {
		CLEANUP(free) char *path = input_path(c, at.host->name);

		if (file_remove_all(path, err) < 0)
			return -1;
	}
	return 0;
}

/* "" when the host has none. */
static int read_input(struct clone *c, const char *host, char **out, struct error *err)
{
	CLEANUP(free) char *path = input_path(c, host);

	if (file_exists(path))
		return file_read(path, INPUT_MAX, out, NULL, err);
	*out = mem_strdup("");
	return 0;
}

static int run_masking(struct clone *c, const struct masking *m, const char *text,
	struct script_end *out, struct error *err)
{
	const char *const hosts[] = { m->host->name, NULL };
	struct provider_target target = clone_target(c, hosts);
	struct provider_session *session = NULL;
	CLEANUP(free)
	char *environment = mem_printf("PATCHLINE_ENVIRONMENT=%s", c->row.environment);
	CLEANUP(free)
	char *clone = mem_printf("PATCHLINE_CLONE=clone-%lld", (long long)c->row.number);
	CLEANUP(free) char *host = mem_printf("PATCHLINE_HOST=%s", m->host->name);
	CLEANUP(free) char *group = mem_printf("PATCHLINE_GROUP=%s", m->group->name);
	CLEANUP(free) char *input = NULL;
	const char *const names[] = { environment, clone, host, group, NULL };

	if (clone_provider(c, &session, err) < 0 || read_input(c, m->host->name, &input, err) < 0)
		return -1;

	const struct provider *p = config_provider(c->request.config, c->row.provider);

	return provider_run(session, &target,
		&(struct provider_script){ text, names, input, p->timeout * 1000 }, out, err);
}

static const char *last_words(const char *output)
{
	size_t size = strlen(output);

	return size > LAST_WORDS ? output + size - LAST_WORDS : output;
}

static int act_sanitize(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct masking *m = context;
	CLEANUP(free) char *text = NULL;
	CLEANUP(script_end_done) struct script_end end = { 0 };
	char digest[DIGEST_HEX_SIZE];

	trace->details = jvalue_object();
	jvalue_set_string(trace->details, "program", m->program);
	if (file_read(m->program, PROGRAM_MAX, &text, NULL, err) < 0)
		return -1;
	jvalue_set_string(trace->details, "sha256", digest_bytes(text, strlen(text), digest));
	if (run_masking(c, m, text, &end, err) < 0)
		return -1;
	jvalue_set_integer(trace->details, "exit_status", end.exit_status);
	trace->output = mem_strdup(end.output);
	if (end.exit_status != 0)
		return error_set(err, ERR_REFUSED,
			"sanitize program '%s' failed on %s (exit status %d), so the clone may not start: %s",
			m->program, m->host->name, end.exit_status, last_words(end.output));
	return 0;
}

/* A program that the journal has as done is passed over, unless the copies were taken anew since. */
static bool is_masked(const struct clone_action_rows *rows, const char *host, const char *program)
{
	const struct clone_action_row *run = find_last(rows, "sanitize", host, program);
	const struct clone_action_row *taken = find_last(rows, "clone", "", NULL);

	return is_done(run) && taken && taken->seq < run->seq;
}

/* Go over every program of every host that has not run, until `visit` fails. */
static int each_masking(struct clone *c,
	int (*visit)(struct clone *c, struct masking *m, struct error *err), struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };

	if (store_clone_actions(c->request.store, c->row.name, &rows, err) < 0)
		return -1;
	for (struct place at = { 0 }; environment_next_host(c->request.original, &at);) {
		for (const char *const *p = at.group->sanitize; *p; p++) {
			struct masking m = { at.group, at.host, *p };

			if (!is_masked(&rows, at.host->name, *p) && visit(c, &m, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int sanitize_one(struct clone *c, struct masking *m, struct error *err)
{
	return clone_do(c, "sanitize", m->host->name, act_sanitize, m, err);
}

int clone_sanitize(struct clone *c, struct error *err)
{
	return each_masking(c, sanitize_one, err);
}

static int refuse_unmasked(struct clone *c, struct masking *m, struct error *err)
{
	return error_set(err, ERR_REFUSED,
		"%s may not start: sanitize program '%s' has not ended well on %s; "
		"'patchline clone remove %s' and clone again",
		c->row.name, m->program, m->host->name, c->row.name);
}

bool environment_is_sanitized(const struct environment *e)
{
	for (size_t i = 0; i < e->group_count; i++) {
		if (*e->groups[i].sanitize)
			return true;
	}
	return false;
}

/* ---- starting and stopping ---- */

static int act_start(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct clone_request *r = &c->request;
	CLEANUP(machines_done) struct machines machines = { 0 };
	CLEANUP(free) char *record = clone_record_path(r->config, &c->row);
	CLEANUP(free) char *folder = clone_folder(r->config, &c->row);
	struct provider_fence fence = { &r->original->clone.fence, record };
	struct provider_target target = clone_target(c, NULL);
	struct provider_session *session = NULL;

	(void)context;
	if (dir_make(folder, 0700, err) < 0 || clone_provider(c, &session, err) < 0 ||
		provider_start(session, &target, &fence, &machines, err) < 0)
		return -1;

	CLEANUP(free) char *text = jvalue_write(machines.json);

	trace->details = jvalue_copy(machines.json);
	return clone_note(c, (struct clone_change){ .machines = text }, err);
}

int clone_start(struct clone *c, struct error *err)
{
	const struct environment *e = c->request.original;

	if (e->has_personal_data && !environment_is_sanitized(e))
		return error_set(err, ERR_REFUSED,
			"%s may not start: '%s' holds personal data, and no group of it names a sanitize program",
			c->row.name, e->name);
	if (each_masking(c, refuse_unmasked, err) < 0)
		return -1;
	return clone_do(c, "start", "", act_start, NULL, err);
}

static int act_stop(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_target target = clone_target(c, NULL);
	struct provider_session *session = NULL;

	(void)context;
	(void)trace;
	if (clone_provider(c, &session, err) < 0 ||
		provider_stop(session, &target, STOP_TIMEOUT_MS, err) < 0)
		return -1;
	return clone_note(c, (struct clone_change){ .machines = "{}" }, err);
}

int clone_stop(struct clone *c, struct error *err)
{
	return clone_do(c, "stop", "", act_stop, NULL, err);
}

/* ---- removing ---- */

/* What the sink recorded may be somebody's: the figures stay, the record goes. */
static int drop_files(struct clone *c, struct jvalue *details, struct error *err)
{
	CLEANUP(free) char *record = clone_record_path(c->request.config, &c->row);
	CLEANUP(free) char *folder = clone_folder(c->request.config, &c->row);
	CLEANUP(sink_tally_done) struct sink_tally tally = { 0 };

	if (sink_tally_read(record, 1, &tally, err) < 0)
		return -1;
	jvalue_set_integer(details, "messages", (int64_t)tally.messages);
	jvalue_set_integer(details, "requests", (int64_t)tally.requests);
	return file_remove_all(folder, err);
}

char *clone_swap_point(const struct clone *c)
{
	return mem_printf("swapped-%s", c->provider_name);
}

static int act_forget_swap(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_target target = clone_original_target(c, NULL);
	CLEANUP(free) char *name = clone_swap_point(c);
	struct provider_session *session = NULL;

	(void)context;
	(void)trace;
	if (clone_provider(c, &session, err) < 0)
		return -1;
	return provider_can(session, "forget") ? provider_forget(session, &target, name, err) : 0;
}

static int act_remove(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_session *session = NULL;

	(void)context;
	trace->details = jvalue_object();
	if (clone_provider(c, &session, err) < 0 ||
		provider_remove(session, c->provider_name, err) < 0)
		return -1;
	return drop_files(c, trace->details, err);
}

int clone_remove(struct clone *c, struct error *err)
{
	if (c->row.state == CLONE_REMOVED)
		return 0;
	if (c->row.state != CLONE_REMOVING && clone_move(c, CLONE_REMOVING, NULL, err) < 0)
		return -1;
	if ((clone_has_done(c, "swap", "") &&
		    clone_do(c, "forget-swap", "", act_forget_swap, NULL, err) < 0) ||
		clone_do(c, "remove", "", act_remove, NULL, err) < 0 ||
		clone_note(c, (struct clone_change){ .machines = "{}" }, err) < 0)
		return -1;
	return clone_move(c, CLONE_REMOVED, NULL, err);
}
