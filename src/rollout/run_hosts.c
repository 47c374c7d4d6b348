/* SPDX-License-Identifier: Apache-2.0 */
/* run_hosts.c - hosts of a rollout side by side; declared in run_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/workers.h"
#include "model/config.h"
#include "rollout/host_run.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"

#include <semaphore.h>
#include <stdlib.h>

/* Hosts that are walked together; each leaves its own error. */
struct running {
	struct host_run_shared shared;
	struct rollout_target *const *list;
	struct error *errors;
};

static void run_one(void *context, size_t index)
{
	struct running *w = context;

	if (host_run_drive(&w->shared, w->list[index], &w->errors[index]) == 0)
		w->errors[index].kind = ERR_NONE;
}

int run_hosts(struct run *run, struct rollout_target *const *list, size_t count,
	enum direction direction, struct error *err)
{
	const struct rollout_request *r = run->request;
	CLEANUP(free) struct error *errors = mem_new(count, sizeof *errors);
	size_t parallel = r->config->ssh.parallel;
	sem_t reboots;
	struct running w = {
		.shared = {
			.run = run,
			.request = r,
			.targets = run->targets,
			.rollout = run->id,
			.watch = &run->watch,
			.direction = direction,
			.is_held = run->is_held,
			.side_by_side = count < parallel ? count : parallel,
			.reboots = &reboots,
			.set_files = run->set_files,
		},
		.list = list,
		.errors = errors,
	};

	if (!count)
		return 0;
	if (r->watch.on_wave)
		r->watch.on_wave(
			r->watch.context, list[0]->place.group->name, list[0]->wave, count);
	sem_init(&reboots, 0, list[0]->place.group->reboot_at_once);
	workers_run(count, parallel, run_one, &w);
	sem_destroy(&reboots);
	for (size_t i = 0; i < count; i++) {
		if (errors[i].kind != ERR_NONE) {
			*err = errors[i];
			return -1;
		}
	}
	return 0;
}

int run_wave(struct run *run, size_t wave, enum direction direction, struct error *err)
{
	size_t most = targets_count(run->targets), count = 0;
	CLEANUP(free) struct rollout_target **list = mem_new(most, sizeof(struct rollout_target *));

	for (size_t i = 0; i < most; i++) {
		struct rollout_target *m = targets_at(run->targets, i);

		if (m->wave == wave && m->verdict == HOST_WAITING)
			list[count++] = m;
	}
	return run_hosts(run, list, count, direction, err);
}
