/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/rollout_snapshot.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/lease.h"

#include <stdlib.h>

static int read_last_event(struct store *store, struct rollout_snapshot *g, struct error *err)
{
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	CLEANUP(free) char *id = mem_printf("rollout-%lld", (long long)g->rollout.id);
	const struct event_filter newest = {
		.subject = SUBJECT_ROLLOUT, .subject_id = id, .limit = 1, .newest_first = true
	};

	if (store_events(store, &newest, &rows, err) < 0)
		return -1;
	g->heard_at = rows.count ? rows.items[0].at : g->rollout.started_at;
	return 0;
}

/*
 * The lease is looked at before the rollout: one that ends between the two looks ended, not like one whose program
 * died.
 */
static int read_all(
	struct store *store, int64_t rollout, struct rollout_snapshot *g, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row first = { 0 };

	g->at = clock_now();
	if (store_rollout_find(store, rollout, &first, err) < 0 ||
		lease_is_held(store, first.environment, &g->is_driven, err) < 0 ||
		store_rollout_find(store, rollout, &g->rollout, err) < 0 ||
		store_rollout_hosts_brief(store, rollout, &g->hosts, err) < 0 ||
		store_steps_open(store, first.environment, &g->open, err) < 0)
		return -1;
	return read_last_event(store, g, err);
}

int rollout_snapshot_take(
	struct store *store, int64_t rollout, struct rollout_snapshot *out, struct error *err)
{
	CLEANUP(rollout_snapshot_done) struct rollout_snapshot g = { 0 };

	if (read_all(store, rollout, &g, err) < 0)
		return -1;
	*out = STEAL(&g);
	return 0;
}

bool rollout_snapshot_is_awaited(const struct rollout_snapshot *g, const struct step_row *step)
{
	return step->rollout == g->rollout.id && step->state == STEP_STATE_STARTED;
}

bool rollout_snapshot_is_orphaned(const struct rollout_snapshot *g)
{
	return g->rollout.state == ROLLOUT_RUNNING && !g->is_driven;
}

char *rollout_snapshot_orphan_words(const struct rollout_snapshot *g)
{
	char age[CLOCK_TEXT_SIZE];

	return mem_printf(
		"its program died, last heard of %s ago: 'patchline resume' goes on with it",
		clock_format_age(g->at - g->heard_at, age));
}

void rollout_snapshot_done(struct rollout_snapshot *g)
{
	rollout_row_done(&g->rollout);
	rollout_host_rows_done(&g->hosts);
	step_rows_done(&g->open);
	*g = (struct rollout_snapshot){ 0 };
}
