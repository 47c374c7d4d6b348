/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/clone_private.h"
#include "model/config.h"
#include "model/place.h"

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
	const struct clone_action_row *run = clone_journal_last(rows, "sanitize", host, program);
	const struct clone_action_row *taken = clone_journal_last(rows, "clone", "", NULL);

	return clone_action_is_done(run) && taken && taken->seq < run->seq;
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

int sanitize_check(struct clone *c, struct error *err)
{
	return each_masking(c, refuse_unmasked, err);
}

bool environment_is_sanitized(const struct environment *e)
{
	for (size_t i = 0; i < e->group_count; i++) {
		if (*e->groups[i].sanitize)
			return true;
	}
	return false;
}
