/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_run.h - take one host through its steps, each in the journal before it starts and after it ended.
 *
 * The steps are a table (host_run.c). A step that fails ends the walk; the host's verdict and reason say so.
 * Layer: rollout. Threads: one host, one thread; different hosts side by side.
 */
#pragma once

#include "base/own.h"
#include "model/direction.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct lease;
struct rollout_target;
struct rollout_request;
struct targets;
struct run;
struct set_files;

/* What all hosts of a rollout share. */
struct host_run_shared {
	struct run *run; /* NULL: nothing is done to them, they are only looked at */
	const struct rollout_request *request;
	struct targets *targets; /* its hosts; of those of other waves nothing changes meanwhile */
	int64_t rollout;         /* id */
	const struct lease *lease; /* of the environment: steps are written down under it */
	pthread_mutex_t *watch;    /* held while the request's watch is called */
	enum direction
		direction; /* DIRECTION_BACK: its hosts go back, of this rollout or the one that it undoes */
	bool is_held; /* the environment was, when this program began: only what is owed is done */
	size_t side_by_side; /* how many hosts of the wave are walked at once, at most */
	sem_t *reboots;      /* how many hosts may still go down, of those walked together */
	struct set_files *set_files; /* what they get */
};

/**
 * Walk a host as policy/course.h says. There: its verdict is then HOST_DONE, HOST_NOTHING_TO_DO, HOST_FAILED or
 * HOST_UNREACHABLE; HOST_REVERTED when it failed after it was changed and its group wants it back; HOST_SKIPPED when
 * the rollout was cancelled before it was changed. Back: HOST_REVERTED, or that of a failure; its reason begins with the
 * one it had. It waits on when it is not to begin.
 *
 * @return 0, also when the host failed; -1 with err when the journal could not be written: the host is
 *         then left as the journal last said.
 * Blocks while the host works.
 */
NODISCARD int host_run_drive(
	const struct host_run_shared *w, struct rollout_target *m, struct error *err);

/*
 * Stage what it will get, before its turn, as far as that goes: its own step finds what is there, and does the rest. Who
 * walks it waits for that. Nothing is written down.
 */
void host_run_stage_ahead(const struct host_run_shared *w, struct rollout_target *m);
