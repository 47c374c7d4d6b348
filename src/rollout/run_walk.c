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

#include <semaphore.h>
#include <stdlib.h>

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

int run_walk(struct run *run, struct member *const *members, size_t count, enum direction direction,
	struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(free) struct error *errors = mem_new(count, sizeof *errors);
	size_t parallel = r->config->ssh.parallel;
	sem_t reboots;
	struct walking w = {
		.walk = {
			.run = run,
			.request = r,
			.roster = run->roster,
			.rollout = run->id,
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
	workers_run(count, parallel, walk_one, &w);
	sem_destroy(&reboots);
	for (size_t i = 0; i < count; i++) {
		if (errors[i].kind != ERR_NONE) {
			*err = errors[i];
			return -1;
		}
	}
	return 0;
}
