/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/aftermath.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/census.h"
#include "model/config.h"
#include "model/inventory.h"
#include "rollout/rollout.h"
#include "store/rollout.h"
#include "store/step.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WAIT_LIMIT_MS ((int64_t)30 * 60 * 1000)
#define LOOK_SECONDS  3

/* The hosts of open steps that are still configured, each once, ended by NULL. free() the list only. */
static const char **name_hosts(const struct rollout_request *r, const struct step_rows *open)
{
	const char **names = mem_new(open->count + 1, sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < open->count; i++) {
		bool is_known = count && str_equal(names[count - 1], open->items[i].host);

		if (!is_known && environment_find_host(r->environment, open->items[i].host, NULL))
			names[count++] = open->items[i].host;
	}
	return names;
}

static bool is_busy(const struct scan_target *target)
{
	return target->inventory && *inventory_facts(target->inventory)->lock_owner;
}

/* The first host whose package manager somebody holds; NULL when all are idle, or do not answer. */
static const char *find_busy(const struct census *c)
{
	for (size_t i = 0; i < c->count; i++) {
		if (is_busy(&c->targets[i]))
			return c->places[i].host->name;
	}
	return NULL;
}

/* Look at them until none is busy. *last is what was seen then. */
static int await_hosts(const struct rollout_request *r, const char *const *names,
	struct census *last, struct error *err)
{
	const struct census_options options = { .config = r->config,
		.environment = r->environment,
		.names = names,
		.actor = r->actor };
	int64_t until = clock_monotonic_ms() + WAIT_LIMIT_MS;

	while (*names) {
		struct timespec pause = { .tv_sec = LOOK_SECONDS };
		const char *busy = NULL;

		census_done(last);
		if (census_take(r->store, &options, last, err) < 0)
			return -1;
		busy = find_busy(last);
		if (!busy || clock_monotonic_ms() >= until)
			return 0;
		if (r->watch.on_scan)
			r->watch.on_scan(r->watch.context, busy, 0, last->count,
				"still works on what was begun before; waiting for it");
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int close_step(struct store *store, const struct step_row *row, enum step_state state,
	const char *actor, struct error *err)
{
	static const char *const words[STEP_STATE_COUNT] = {
		[STEP_STATE_AT_WORK] = "the program that began it died; the host ends it alone",
		[STEP_STATE_LOST] =
			"the program that began it died; the host ended it alone, and a "
			"scan tells how",
	};
	const struct step_key key = { row->rollout, row->host, row->attempt, row->step };
	struct error cause = { .kind = ERR_UNCERTAIN };
	const struct step_end end = { state, &cause, row->log };

	snprintf(cause.text, sizeof cause.text, "%s", words[state]);
	return store_step_end(store, &key, &end, actor, err);
}

int aftermath_close(struct store *store, const struct rollout_row *rollout, const char *actor,
	struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_steps_open(store, rollout->environment, &open, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		const struct step_row *row = &open.items[i];

		if (row->rollout == rollout->id && row->state == STEP_STATE_STARTED &&
			close_step(store, row, STEP_STATE_AT_WORK, actor, err) < 0)
			return -1;
	}
	return 0;
}

/* A host that does not answer, or works, may be at it still; of one that is gone, nobody will know more. */
static enum step_state find_end(const struct census *seen, const struct step_row *row)
{
	for (size_t i = 0; i < seen->count; i++) {
		const struct scan_target *target = &seen->targets[i];

		if (str_equal(seen->places[i].host->name, row->host))
			return target->inventory && !is_busy(target) ? STEP_STATE_LOST
								     : STEP_STATE_AT_WORK;
	}
	return STEP_STATE_LOST;
}

int aftermath_clear(const struct rollout_request *r, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows open = { 0 };
	CLEANUP(census_done) struct census seen = { 0 };

	if (store_steps_open(r->store, r->environment->name, &open, err) < 0)
		return -1;

	CLEANUP(free) const char **names = name_hosts(r, &open);

	if (await_hosts(r, names, &seen, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		enum step_state end = find_end(&seen, &open.items[i]);

		if (end != open.items[i].state &&
			close_step(r->store, &open.items[i], end, r->actor, err) < 0)
			return -1;
	}
	return 0;
}
