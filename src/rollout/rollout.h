/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout.h - bring a candidate's patch set to the hosts of an environment: group by group, wave by wave.
 *
 * What is to be done is decided from a scan made just before, written down, then done: each step of
 * each host is in the journal before it starts and after it ended. A rollout that stopped, or whose
 * program died, is continued by running it again: hosts that are done are not touched.
 * Layer: rollout. Threads: rollout_run() may be called from any; it works on hosts side by side, and
 * calls the watch from one thread at a time.
 */
#pragma once

#include "base/own.h"
#include "model/host_verdict.h"
#include "model/step.h"
#include "model/step_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct environment_row;
struct error;
struct patchset;
struct place;
struct targets;
struct store;

/* What is told while it happens. Any function may be NULL. */
struct rollout_watch {
	void (*on_scan)(
		void *context, const char *host, size_t done, size_t count, const char *problem);
	void (*on_wave)(void *context, const char *group, size_t wave, size_t hosts);
	void (*on_step)(void *context, const char *host, enum step step, enum step_state state,
		int64_t elapsed_ms);
	void (*on_verdict)(
		void *context, const char *host, enum host_verdict verdict, const char *reason);
	void *context;
};

/* All borrowed. */
struct rollout_request {
	const struct config *config;
	const struct environment *environment;
	const char *const *hosts; /* of it, ended by NULL: these alone; NULL: all */
	struct store *store;
	const struct patchset *set;
	const char *candidate; /* its id */
	int64_t continues; /* the rollout that is to go on, and no other to begin; 0: as it comes */
	bool begins_anew;  /* what is unfinished is given up, and the configuration of now counts */
	const char *actor;
	/*
	 * Run suites between two waves; NULL: none are. Receives, at most size bytes, which of them failed and how; left ""
	 * when all passed. -1 with err: they could not be run.
	 */
	int (*run_tests)(const struct rollout_request *r, const char *const *suites, char *words,
		size_t size, struct error *err);
	const char *waiver; /* why hosts may go without a way back; NULL: they may not */
	struct rollout_watch watch;
};

/* How it ended. */
struct rollout_summary {
	int64_t id;
	bool is_complete; /* every host is at the set */
	size_t verdicts[HOST_VERDICT_COUNT];
	size_t package_count;  /* changes made, over all hosts */
	char stop_reason[300]; /* why it stopped before its end; "" when it did not */
};

/**
 * Run a rollout, or continue the environment's unfinished one for the same candidate.
 *
 * To continue means: what failed and what was not started, with the inputs that it began with. Hosts that are at the
 * set only prove it.
 *
 * @param summary  How it ended, also when hosts failed. Untouched on failure.
 * @return 0 when it came to an end that is written down (read the summary); -1 with err: ERR_CONFLICT
 *         (somebody works on the environment, who is named; request->continues cannot go on, why), ERR_REFUSED (it is
 *         held), or what the store says; the environment then
 *         shows as rolling or mixed, and running it again continues.
 * Blocks until the last host of the last wave has ended.
 */
NODISCARD int rollout_run(
	const struct rollout_request *request, struct rollout_summary *summary, struct error *err);

/**
 * Undo a rollout: every host that it changed goes back in the way that was written down for it, later waves first; or
 * continue doing so. The environment is held from then on, and when all hosts are back it is what it was before.
 *
 * @param request  Its candidate and set are those of the rollout that is undone.
 * @param undoes   Its id.
 * @param summary  is_complete: every host is back. Untouched on failure.
 * @return As rollout_run(); ERR_REFUSED also when it changed nothing that is still changed.
 */
NODISCARD int rollout_roll_back(const struct rollout_request *request, int64_t undoes,
	struct rollout_summary *summary, struct error *err);

/**
 * What a rollout would do, from a fresh scan, without touching anything.
 * @param out  Freed with targets_free() (rollout/targets.h). Untouched on failure.
 */
NODISCARD int rollout_preview(
	const struct rollout_request *request, struct targets **out, struct error *err);
