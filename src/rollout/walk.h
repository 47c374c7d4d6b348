/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk.h - take one host through its steps, each in the journal before it starts and after it ended.
 *
 * The steps are a table (walk.c). A step that fails ends the walk; the host's verdict and reason say so.
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
struct member;
struct rollout_request;
struct roster;
struct run;
struct stock;

/* What all hosts of a rollout share. */
struct walk {
	struct run *run; /* NULL: nothing is done to them, they are only looked at */
	const struct rollout_request *request;
	struct roster *roster;  /* its hosts; of those of other waves nothing changes meanwhile */
	int64_t rollout;        /* id */
	pthread_mutex_t *watch; /* held while the request's watch is called */
	enum direction
		direction; /* DIRECTION_BACK: its hosts go back, of this rollout or the one that it undoes */
	bool is_held; /* the environment was, when this program began: only what is owed is done */
	size_t side_by_side; /* how many hosts of the wave are walked at once, at most */
	sem_t *reboots;      /* how many hosts may still go down, of those walked together */
	struct stock *stock; /* what they get */
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
NODISCARD int walk_host(const struct walk *w, struct member *m, struct error *err);
