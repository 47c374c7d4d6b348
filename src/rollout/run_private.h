/* SPDX-License-Identifier: Apache-2.0 */
/* run_private.h - a rollout that goes on, between the files that begin, drive and end it. Stays in rollout/. */
#pragma once

#include "base/own.h"
#include "model/direction.h"
#include "model/rollout_state.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct group;
struct lease;
struct rollout_policy;
struct rollout_request;
struct rollout_row;
struct rollout_summary;
struct jvalue;
struct rollout_target;
struct targets;
struct set_files;
struct host_run_shared;
struct ways_back;

/* What is known of it while its program lives. */
struct run {
	const struct rollout_request *request;
	struct rollout_summary *summary;
	struct targets *targets;
	struct rollout_policy *policy; /* owned; that it began with */
	struct set_files *set_files;   /* owned; of the set */
	struct lease *lease;           /* owned; of the environment */
	int64_t id;
	enum direction direction;
	int64_t undoes;   /* the rollout that a way back undoes */
	char waiver[300]; /* why hosts may go without a way back; "": they may not */
	char waived_by[100];
	bool was_clean;              /* the environment, when this program began */
	bool is_held;                /* likewise: only hosts to which that is owed are taken back */
	struct ways_back *ways_back; /* owned; see way_back_choose.h; NULL: none is chosen */
	pthread_mutex_t watch;       /* held while the watch is called */
};

/* Take the environment's lease for a request. Whatever it answers: run_done(). */
NODISCARD int run_open(struct run *run, const struct rollout_request *request, const char *what,
	struct rollout_summary *summary, struct error *err);
void run_done(struct run *run);
CLEANUP_DONE(struct run, run_done)

/* From here on the environment is rolling, whatever happens to this program. */
NODISCARD int run_mark_rolling(struct run *run, struct error *err);

/* Write down how it ended, and what its environment is now. Fills the summary. */
NODISCARD int run_end(struct run *run, struct error *err);

/* From here on a target is of the group as it was when the rollout began, by its inputs. */
NODISCARD int run_take_policy(struct run *run, const struct jvalue *inputs, struct error *err);

/* Cancel the environment's unfinished rollout for what begins now. */
NODISCARD int run_give_up(
	struct run *run, const struct rollout_row *row, const char *reason, struct error *err);

/* The group of the hosts of a wave; NULL when it has none. */
const struct group *run_group(const struct run *run, size_t wave);

/* Is that host of a wave walked now? 1 or 0; -1 with err: what the store says. */
typedef int run_choice(
	struct run *run, struct rollout_target *m, const void *context, struct error *err);

/* Walk the chosen hosts of a wave side by side, in that direction. -1: a journal could not be written; the first error of that kind. */
NODISCARD int run_wave(struct run *run, size_t wave, enum direction direction, run_choice *choose,
	const void *context, struct error *err);

/*
 * All that wait, wave after wave, in the direction of the run: until the last, or until more hosts failed than a budget
 * allows (the summary says which), or a wave went back.
 */
NODISCARD int run_waves(struct run *run, struct error *err);

/**
 * After a wave: run its tests, and take back what its group wants back when they, or hosts of it, failed. The environment
 * is held before the first host goes.
 * @param is_over  The rollout ends here: a wave went back.
 */
NODISCARD int auto_rollback(struct run *run, size_t wave, bool *is_over, struct error *err);

/*
 * In an environment that is held, after a program died: take those hosts back to which that is owed, wave by wave, the
 * last first; and give the others what they are owed. Nothing else is done in that run.
 */
NODISCARD int auto_rollback_resume(struct run *run, struct error *err);

/* Write down that it is in another state now. */
NODISCARD int run_move(struct run *run, enum rollout_state from, enum rollout_state to,
	const char *reason, struct error *err);

/**
 * Begin: continue the environment's unfinished rollout of the same candidate and hosts, with the policy it began
 * with; else give that up and write down a new one. The run has targets; it then has its id and policy, and
 * the targets their waves and groups.
 */
NODISCARD int run_begin(struct run *run, struct error *err);
