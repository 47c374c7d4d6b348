/* SPDX-License-Identifier: Apache-2.0 */
#include "line_standins.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "content/sync.h"
#include "fleet/environment_scan.h"
#include "model/config.h"
#include "pending/exposure.h"
#include "rehearse/cloning.h"
#include "rehearse/rehearsal.h"
#include "store/clone.h"
#include "store/rehearsal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct scene scene;

int sync_sources(const struct config *config, struct store *store,
	const struct sync_options *options, struct sync_report *out, struct error *err)
{
	(void)config, (void)store, (void)options, (void)err;
	scene.synced++;
	*out = (struct sync_report){ 0 };
	return 0;
}

void sync_report_done(struct sync_report *report)
{
	(void)report;
}

int environment_scan_take(struct store *store, const struct environment_scan_options *options,
	struct environment_scan *out, struct error *err)
{
	(void)store, (void)err;
	assert_string_equal("production", options->environment->name);
	*out = (struct environment_scan){ 0 };
	return 0;
}

void environment_scan_done(struct environment_scan *c)
{
	(void)c;
}

int exposure_note(const struct config *config, struct store *store, struct error *err)
{
	(void)config, (void)store, (void)err;
	return 0;
}

/* The newest row of the environment goes on to its clone and its end. */
static int rehearse(const struct rehearsal_request *q, const struct rehearsal_row *row,
	struct rehearsal_summary *out, struct error *err)
{
	const struct clone_row_draft draft = { .environment = row->environment,
		.provider = "fake",
		.expires_at = clock_now() + 3600 };
	CLEANUP(clone_row_done) struct clone_row clone = { 0 };
	struct rehearsal_change change = { .to = scene.fails ? REHEARSAL_FAILED : REHEARSAL_WAITING,
		.set = scene.set,
		.candidate = scene.candidate };

	assert_int_equal(0, store_clone_add(q->store, &draft, q->actor, &clone, err));
	change.clone = clone.name;
	assert_int_equal(0, store_rehearsal_change(q->store, row, &change, q->actor, err));
	*out = (struct rehearsal_summary){ .id = row->id, .state = change.to };
	return 0;
}

int rehearsal_run(
	const struct rehearsal_request *q, struct rehearsal_summary *out, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };

	scene.rehearsed++;
	scene.was_security_only = q->is_security_only;
	assert_int_equal(ORIGIN_DUE, q->origin);
	if (scene.breaks)
		return error_set(err, ERR_REFUSED, "prod-web1 is down");
	assert_int_equal(0, store_rehearsal_add(q->store,
				    &(struct rehearsal_draft){
					    q->environment->name, "{}", ORIGIN_DUE, q->actor },
				    &row, err));
	return rehearse(q, &row, out, err);
}

int rehearsal_is_alive(struct store *store, int64_t id, bool *out, struct error *err)
{
	(void)store, (void)err;
	assert_true(id > 0);
	*out = scene.is_alive;
	return 0;
}

int rehearsal_resume(const struct rehearsal_request *q, int64_t id, struct rehearsal_summary *out,
	struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };

	scene.resumed++;
	assert_int_equal(0, store_rehearsal_find(q->store, id, &row, err));
	return rehearse(q, &row, out, err);
}

int cloning_remove(const struct cloning *cloning, int64_t number, struct error *err)
{
	CLEANUP(free) char *name = mem_printf("production/clone-%lld", (long long)number);
	static const enum clone_state way[] = { CLONE_REMOVING, CLONE_REMOVED };
	const struct rehearsal_change ended = { .to = REHEARSAL_ENDED,
		.reason = "its clone expired" };

	scene.removed++;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(clone_row_done) struct clone_row row = { 0 };
		const struct clone_change change = { .to = way[i] };

		assert_int_equal(0, store_clone_find(cloning->store, name, &row, err));
		assert_int_equal(
			0, store_clone_change(cloning->store, &row, &change, cloning->actor, err));
	}
	assert_int_equal(0, store_rehearsal_end(cloning->store, name, &ended, cloning->actor, err));
	return 0;
}
