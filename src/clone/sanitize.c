/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "clone/clone_private.h"
#include "model/config.h"
#include "model/place.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_MAX ((size_t)1024 * 1024)
#define INPUT_MAX   ((size_t)512 * 1024 * 1024)
#define LAST_WORDS  300

/* One program on one host's copy. */
struct masking {
	const struct group *group;
	const struct host *host;
	const char *program; /* path */
};

/* ---- what quiesce commands printed ---- */

static char *input_path(const struct clone *c, const char *host)
{
	CLEANUP(free) char *folder = clone_folder(c->request.config, &c->row);

	return mem_printf("%s/quiesced-%s", folder, host);
}

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

/* ---- the programs ---- */

static int run_masking(struct clone *c, struct provider_session *session, const struct masking *m,
	const char *text, struct script_end *out, struct error *err)
{
	const char *const hosts[] = { m->host->name, NULL };
	struct provider_target target = clone_target(c, hosts);
	CLEANUP(free)
	char *environment = mem_printf("PATCHLINE_ENVIRONMENT=%s", c->row.environment);
	CLEANUP(free)
	char *clone = mem_printf("PATCHLINE_CLONE=clone-%lld", (long long)c->row.number);
	CLEANUP(free) char *host = mem_printf("PATCHLINE_HOST=%s", m->host->name);
	CLEANUP(free) char *group = mem_printf("PATCHLINE_GROUP=%s", m->group->name);
	CLEANUP(free) char *input = NULL;
	const char *const names[] = { environment, clone, host, group, NULL };

	if (read_input(c, m->host->name, &input, err) < 0)
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

static int sanitize(struct clone *c, struct provider_session *session, const struct masking *m,
	struct clone_trace *trace, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(script_end_done) struct script_end end = { 0 };
	char digest[DIGEST_HEX_SIZE];

	trace->details = jvalue_object();
	jvalue_set_string(trace->details, "program", m->program);
	if (file_read(m->program, PROGRAM_MAX, &text, NULL, err) < 0)
		return -1;
	jvalue_set_string(trace->details, "sha256", digest_bytes(text, strlen(text), digest));
	if (run_masking(c, session, m, text, &end, err) < 0)
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
	const struct clone_action_row *run = clone_journal_last(rows, "sanitize", host, program);
	const struct clone_action_row *taken = clone_journal_last(rows, "clone", "", NULL);

	return clone_action_is_done(run) && taken && taken->seq < run->seq;
}

/* Go over every program of every host that has not run, until `visit` fails; those of one host come behind each other. */
static int each_masking(struct clone *c,
	int (*visit)(struct clone *c, const struct masking *m, void *context, struct error *err),
	void *context, struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };

	if (store_clone_actions(c->request.store, c->row.name, &rows, err) < 0)
		return -1;
	for (struct place at = { 0 }; environment_next_host(c->request.original, &at);) {
		for (const char *const *p = at.group->sanitize; *p; p++) {
			struct masking m = { at.group, at.host, *p };

			if (!is_masked(&rows, at.host->name, *p) && visit(c, &m, context, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* ---- side by side ---- */

/* What is left to run on one host. */
struct masked_host {
	struct masking *items; /* owned; in their order */
	size_t count, capacity;
	struct error error;
};

/* All hosts. The lock is held while somebody is at the clone, its journal and its watch. */
struct sanitizing {
	struct clone *clone;
	struct provider_session *session; /* the clone's own */
	struct masked_host *hosts;        /* owned */
	size_t count, capacity;
	pthread_mutex_t lock;
	atomic_bool has_failed; /* then no other program is begun */
};

static void sanitizing_done(struct sanitizing *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->hosts[i].items);
	free(s->hosts);
	pthread_mutex_destroy(&s->lock);
}
CLEANUP_DONE(struct sanitizing, sanitizing_done)

static int plan_one(struct clone *c, const struct masking *m, void *context, struct error *err)
{
	struct sanitizing *s = context;

	(void)c;
	(void)err;
	if (!s->count || s->hosts[s->count - 1].items->host != m->host) {
		s->hosts = mem_room(s->hosts, s->count, &s->capacity, sizeof *s->hosts);
		s->hosts[s->count++] = (struct masked_host){ 0 };
	}

	struct masked_host *h = &s->hosts[s->count - 1];

	h->items = mem_room(h->items, h->count, &h->capacity, sizeof *h->items);
	h->items[h->count++] = *m;
	return 0;
}

static int sanitize_one(struct sanitizing *s, struct provider_session *session,
	const struct masking *m, struct error *err)
{
	CLEANUP(clone_trace_done) struct clone_trace trace = { 0 };
	struct clone_doing doing = { .action = "sanitize", .target = m->host->name };
	struct error told = { 0 };

	pthread_mutex_lock(&s->lock);

	int result = clone_doing_begin(s->clone, &doing, err);

	pthread_mutex_unlock(&s->lock);
	if (result < 0)
		return -1;

	bool is_bad = sanitize(s->clone, session, m, &trace, &told) < 0;

	pthread_mutex_lock(&s->lock);
	result = clone_doing_end(s->clone, &doing, is_bad ? &told : NULL, &trace, err);
	pthread_mutex_unlock(&s->lock);
	return result;
}

/* Several hosts are spoken of in a session each: in one, everything comes one behind the other. */
static int sanitize_programs(struct sanitizing *s, const struct masked_host *h, struct error *err)
{
	const struct clone *c = s->clone;
	const struct config *config = c->request.config;
	CLEANUP(provider_close) struct provider_session *own = NULL;

	if (s->count > 1 && provider_open(config_provider(config, c->row.provider), &config->ssh,
				    NULL, &own, err) < 0)
		return -1;
	for (size_t i = 0; i < h->count && !s->has_failed; i++) {
		if (sanitize_one(s, own ? own : s->session, &h->items[i], err) < 0)
			return -1;
	}
	return 0;
}

static void sanitize_host(void *context, size_t index)
{
	struct sanitizing *s = context;
	struct masked_host *h = &s->hosts[index];

	if (!s->has_failed && sanitize_programs(s, h, &h->error) < 0)
		s->has_failed = true;
}

static int sanitizing_judge(struct sanitizing *s, struct error *err)
{
	for (size_t i = 0; i < s->count; i++) {
		if (s->hosts[i].error.kind) {
			*err = s->hosts[i].error;
			clone_note_failure(s->clone, err);
			return -1;
		}
	}
	return 0;
}

int clone_sanitize(struct clone *c, struct error *err)
{
	CLEANUP(sanitizing_done)
	struct sanitizing s = { .clone = c, .lock = PTHREAD_MUTEX_INITIALIZER };

	if (each_masking(c, plan_one, &s, err) < 0 || clone_provider(c, &s.session, err) < 0)
		return -1;
	workers_run(s.count, c->request.config->ssh.parallel, sanitize_host, &s);
	return sanitizing_judge(&s, err);
}

static int refuse_unmasked(
	struct clone *c, const struct masking *m, void *context, struct error *err)
{
	(void)context;

	return error_set(err, ERR_REFUSED,
		"%s may not start: sanitize program '%s' has not ended well on %s; "
		"'patchline clone remove %s' and clone again",
		c->row.name, m->program, m->host->name, c->row.name);
}

int sanitize_check(struct clone *c, struct error *err)
{
	return each_masking(c, refuse_unmasked, NULL, err);
}

bool environment_is_sanitized(const struct environment *e)
{
	for (size_t i = 0; i < e->group_count; i++) {
		if (*e->groups[i].sanitize)
			return true;
	}
	return false;
}
