/* SPDX-License-Identifier: Apache-2.0 */
/* run_walk.c - hosts of a rollout side by side; declared in run_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/workers.h"
#include "model/config.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/run_private.h"
#include "rollout/walk.h"
#include "store/holding.h"

#include <semaphore.h>
#include <stdlib.h>

#define LOCK_BEAT_MS 30000

/* Hosts that are walked together; each leaves its own error. */
struct walking {
	struct walk walk;
	struct member *const *members;
	struct error *errors;
};

static void walk_one(void *context, size_t index)
{
	struct walking *w = context;

	if (walk_host(&w->walk, w->members[index], &w->errors[index]) == 0)
		w->errors[index].kind = ERR_NONE;
}

/*
 * The lock is held on to however long a step takes. One that was lost all the same is found before the next step
 * (walk.c renews it too), which is then not begun.
 */
static void keep_lock(void *context)
{
	const struct walking *w = context;
	struct error ignored = { 0 };

	if (holding_renew(w->walk.lock, &ignored) < 0)
		return;
}

int run_walk(struct run *run, struct member *const *members, size_t count, enum direction direction,
	struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(free) struct error *errors = mem_new(count, sizeof *errors);
	static const struct workers_beat beat = { keep_lock, LOCK_BEAT_MS };
	size_t parallel = r->config->ssh.parallel;
	sem_t reboots;
	struct walking w = {
		.walk = {
			.request = r,
			.roster = run->roster,
			.rollout = run->id,
			.lock = run->lock,
			.watch = &run->watch,
			.direction = direction,
			.is_held = run->is_held,
			.side_by_side = count < parallel ? count : parallel,
			.reboots = &reboots,
			.stock = run->stock,
		},
		.members = members,
		.errors = errors,
	};

	if (!count)
		return 0;
	if (r->watch.on_wave)
		r->watch.on_wave(
			r->watch.context, members[0]->place.group->name, members[0]->wave, count);
	sem_init(&reboots, 0, members[0]->place.group->reboot_at_once);
	workers_run_watched(count, parallel, walk_one, &beat, &w);
	sem_destroy(&reboots);
	for (size_t i = 0; i < count; i++) {
		if (errors[i].kind != ERR_NONE) {
			*err = errors[i];
			return -1;
		}
	}
	return 0;
}
