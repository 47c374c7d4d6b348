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
		const struct environment *e = NULL;
		bool is_known = count && str_equal(names[count - 1], open->items[i].host);

		if (!is_known && config_host(r->config, open->items[i].host, &e, NULL) &&
			e == r->environment)
			names[count++] = open->items[i].host;
	}
	return names;
}

/* The first host whose package manager somebody holds; NULL when all are idle, or do not answer. */
static const char *find_busy(const struct census *c)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct inventory *inventory = c->targets[i].inventory;

		if (inventory && *inventory_facts(inventory)->lock_owner)
			return c->places[i].host->name;
	}
	return NULL;
}

static int look(
	const struct rollout_request *r, const char *const *names, bool *is_busy, struct error *err)
{
	CLEANUP(census_done) struct census census = { 0 };
	struct census_options options = { .config = r->config, .names = names, .actor = r->actor };
	const char *busy = NULL;

	if (census_take(r->store, &options, &census, err) < 0)
		return -1;
	busy = find_busy(&census);
	*is_busy = busy;
	if (busy && r->watch.on_scan)
		r->watch.on_scan(r->watch.context, busy, 0, census.count,
			"still works on what was begun before; waiting for it");
	return 0;
}

static int await_hosts(const struct rollout_request *r, const char *const *names, struct error *err)
{
	int64_t until = clock_monotonic_ms() + WAIT_LIMIT_MS;
	bool is_busy = *names;

	while (is_busy && clock_monotonic_ms() < until) {
		struct timespec pause = { .tv_sec = LOOK_SECONDS };

		if (look(r, names, &is_busy, err) < 0)
			return -1;
		if (is_busy)
			nanosleep(&pause, NULL);
	}
	return 0;
}

int aftermath_close(struct store *store, int64_t rollout, const char *actor, struct error *err)
{
	static const struct error uncertain = { ERR_UNCERTAIN,
		"the program that began it died; the host ended it alone, and a scan tells how" };
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_steps_open(store, rollout, &open, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		const struct step_row *row = &open.items[i];
		struct step_key key = { row->rollout, row->host, row->attempt, row->step };

		if (store_step_end(store, &key, &uncertain, NULL, actor, err) < 0)
			return -1;
	}
	return 0;
}

int aftermath_clear(const struct rollout_request *r, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_rollout_unfinished(r->store, r->environment->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (store_steps_open(r->store, row.id, &open, err) < 0)
		return -1;

	CLEANUP(free) const char **names = name_hosts(r, &open);

	if (await_hosts(r, names, err) < 0)
		return -1;
	return aftermath_close(r->store, row.id, r->actor, err);
}
