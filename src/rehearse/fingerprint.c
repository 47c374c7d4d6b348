/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/fingerprint.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "clone/original.h"
#include "fleet/environment_scan.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "store/environment.h"

#include <stdlib.h>
#include <string.h>

#define FILES_TIMEOUT_MS INT64_C(300000)
#define WORDS_OF_HOST    300
#define FORMAT           "Format: patchline-files 1"

/* The files of one host: the output of the program, and its lines. */
struct reading {
	struct session_result result; /* the texts of `files` point into its output */
	struct original_file *files;
	size_t count, capacity;
	size_t summed; /* so many of the files have their digest */
	struct error error;
};

/* Hosts are read side by side. */
struct readings {
	struct environment_scan *scan;
	struct reading *of; /* of[i]: of the scan's i-th host */
};

static void readings_done(struct readings *r)
{
	for (size_t i = 0; r->of && i < r->scan->count; i++) {
		session_result_done(&r->of[i].result);
		free(r->of[i].files);
	}
	free(r->of);
}
CLEANUP_DONE(struct readings, readings_done)

/* ---- what one host says ---- */

static void reading_add_file(struct reading *r, const struct original_file *file)
{
	r->files = mem_room(r->files, r->count, &r->capacity, sizeof *r->files);
	r->files[r->count++] = *file;
}

/* The digests come in the order of the files; a file that came or went meanwhile breaks it. */
static int reading_add_sum(struct reading *r, const char *sum, const char *path, struct error *err)
{
	while (r->summed < r->count && !str_equal(r->files[r->summed].kind, "file"))
		r->summed++;
	if (r->summed == r->count || !path || !str_equal(r->files[r->summed].path, path))
		return error_set(err, ERR_CONFLICT, "'%s' changed while it was read; try again",
			path ? path : sum);
	r->files[r->summed++].content = sum;
	return 0;
}

static int read_line(struct reading *r, char *line, struct error *err)
{
	const char *kind = strsep(&line, "\t");
	const char *fact = strsep(&line, "\t");
	const char *path = line;

	if (str_equal(kind, "sum") && fact)
		return reading_add_sum(r, fact, path, err);
	if (str_equal(kind, "file") && path)
		reading_add_file(r, &(struct original_file){ path, "file", fact, "" });
	else if (str_equal(kind, "link") && path)
		reading_add_file(r, &(struct original_file){ path, "link", "", fact });
	else if (str_equal(kind, "missing") && fact)
		reading_add_file(r, &(struct original_file){ fact, "missing", "", "" });
	else
		return error_set(err, ERR_CORRUPT, "a line that begins with '%.40s'", kind);
	return 0;
}

static int read_lines(struct reading *r, struct error *err)
{
	char *rest = r->result.output;
	char *line = strsep(&rest, "\n");
	bool has_end = false;

	if (!str_equal(line, FORMAT))
		return error_set(err, ERR_CORRUPT, "it does not begin with '" FORMAT "'");
	while (!has_end && (line = strsep(&rest, "\n"))) {
		has_end = str_equal(line, "End: yes");
		if (!has_end && read_line(r, line, err) < 0)
			return -1;
	}
	for (size_t i = r->summed; i < r->count && has_end; i++)
		has_end = !str_equal(r->files[i].kind, "file");
	return has_end ? 0 : error_set(err, ERR_CORRUPT, "it was cut off");
}

static int read_files(
	struct session *s, const char *const *paths, struct reading *r, struct error *err)
{
	struct session_call call = {
		.program = "files", .args = paths, .timeout_ms = FILES_TIMEOUT_MS
	};

	if (session_run(s, &call, &r->result, err) < 0)
		return -1;
	if (r->result.exit_status != 0)
		return error_set(err, ERR_SYSTEM, "reading files ended with %d: %.*s",
			r->result.exit_status, WORDS_OF_HOST, r->result.errors);
	if (r->result.is_truncated)
		return error_set(err, ERR_REFUSED, "'files:' names too much; name less");
	if (read_lines(r, err) < 0)
		return error_wrap(err, "the answer of 'files'");
	return 0;
}

static void read_one(void *context, size_t index)
{
	struct readings *r = context;
	const struct place *place = &r->scan->places[index];
	struct scan_target *target = &r->scan->targets[index];
	struct reading *reading = &r->of[index];

	if (*place->group->files &&
		read_files(target->session, place->group->files, reading, &reading->error) < 0)
		(void)!error_wrap(&reading->error, "%s", place->host->name);
}

/* ---- all of them ---- */

static int fingerprint_add_host(struct original *o, const struct place *place,
	const struct scan_target *target, const struct reading *reading, struct error *err)
{
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	const struct facts *facts = inventory_facts(target->inventory);
	size_t size = 0;
	const char *text = inventory_state(target->inventory, &size);
	char packages[DIGEST_HEX_SIZE];

	if (hoststate_read(text, size, &state, err) < 0)
		return error_wrap(err, "%s", place->host->name);
	original_add_host(o, &(struct original_host){
				     .name = host_plain_name(place->host),
				     .group = place->group->name,
				     .release = facts->release_status == 0 ? facts->release : "",
				     .state = inventory_state_digest(target->inventory),
				     .packages = packages_digest(state, packages),
			     });
	for (size_t i = 0; i < reading->count; i++)
		original_add_file(o, &reading->files[i]);
	return 0;
}

static int check_read(const struct environment_scan *scan, struct error *err)
{
	for (size_t i = 0; i < scan->count; i++) {
		if (!scan->targets[i].inventory)
			return error_set(err, ERR_REFUSED, "%s cannot be read: %s",
				scan->places[i].host->name, scan->targets[i].error.text);
	}
	return 0;
}

int fingerprint_of(struct store *store, const struct environment *environment,
	struct environment_scan *scan, struct original **out, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(readings_done) struct readings readings = { .scan = scan };

	if (check_read(scan, err) < 0 ||
		store_environment_find(store, environment->name, &row, err) < 0)
		return -1;
	readings.of = mem_new(scan->count, sizeof *readings.of);
	workers_run(scan->count, session_pool_limit(scan->pool), read_one, &readings);

	CLEANUP(original_free)
	struct original *o = original_new(environment->name, row.release, clock_now());

	for (size_t i = 0; i < scan->count; i++) {
		if (readings.of[i].error.kind) {
			*err = readings.of[i].error;
			return -1;
		}
		if (fingerprint_add_host(
			    o, &scan->places[i], &scan->targets[i], &readings.of[i], err) < 0)
			return -1;
	}
	*out = STEAL(&o);
	return 0;
}

int fingerprint_take(const struct config *config, struct store *store,
	const struct environment *environment, const char *actor, struct original **out,
	struct error *err)
{
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };
	struct environment_scan_options options = {
		.config = config,
		.environment = environment,
		.actor = actor,
	};

	if (environment_scan_take(store, &options, &scan, err) < 0)
		return -1;
	return fingerprint_of(store, environment, &scan, out, err);
}
