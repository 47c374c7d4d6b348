/* SPDX-License-Identifier: Apache-2.0 */
/*
 * promote.h - a candidate enters an environment: its gate is asked, then its set is rolled out.
 *
 * Two ways to begin: a person promotes, or the shop's code line says that a release was deployed and the
 * set follows. Layer: promote. Threads: one promotion, one thread.
 */
#pragma once

#include "base/own.h"
#include "rollout/rollout.h"

struct candidate_row;
struct config;
struct environment;
struct error;
struct patchset;
struct readiness;
struct rollout_row;
struct targets;
struct store;

/* All borrowed. */
struct promotion {
	const struct config *config;
	struct store *store;
	const struct environment *environment;
	const char *actor;
	struct rollout_watch watch;
	const char *waiver; /* why hosts may go without a way back; NULL: they may not */
	bool begins_anew;   /* by what the configuration says now, whatever is unfinished */
};

/**
 * Promote a candidate.
 *
 * @param candidate  What a person typed: an id, the beginning of one, or a release (its newest).
 * @param summary    How the rollout ended, also when hosts failed. Untouched on failure.
 * @return 0 when the rollout came to an end (read the summary); -1 with err: ERR_REFUSED, ERR_WAITING (the
 *         gate: what is missing and who can supply it; or order code-first and the release is not there),
 *         ERR_NOT_FOUND (no such candidate), ERR_CORRUPT (the set was changed), as rollout_run().
 */
NODISCARD int promotion_run(const struct promotion *p, const char *candidate,
	struct rollout_summary *summary, struct error *err);

/**
 * Go on with a rollout that leads forward; rollout_resume() (promote/resume.h) goes on with any.
 * @return As promotion_run(); ERR_CONFLICT (it has ended, or cannot go on: why), ERR_REFUSED (it belongs to a clone's
 *         entry: what goes on with that).
 */
NODISCARD int promotion_continue(const struct promotion *p, const struct rollout_row *row,
	struct rollout_summary *summary, struct error *err);

/* The rollout that brings a candidate's set in. Its parts are borrowed as those of the promotion are. */
struct rollout_request promotion_request(
	const struct promotion *p, const char *candidate, const struct patchset *set);

/**
 * What promoting would do, from a fresh scan: the gate is asked, nothing is changed.
 * @param out  targets_free(). Untouched on failure.
 */
NODISCARD int promotion_preview(
	const struct promotion *p, const char *candidate, struct targets **out, struct error *err);

/**
 * Could the hosts take the candidate now? All prechecks on all of them; the gate is not asked, nothing is changed but
 * for a moment the staged index.
 * @param candidate  As promotion_run().
 * @param out        readiness_free() (rollout/readiness.h). Untouched on failure.
 */
NODISCARD int promotion_check(const struct promotion *p, const char *candidate,
	struct readiness **out, struct error *err);

enum deployed_outcome {
	DEPLOYED_RECORDED, /* no set was frozen with the release: nothing follows */
	DEPLOYED_COMPLETE, /* the set was there already: the pair is complete */
	DEPLOYED_FOLLOWED, /* the set was rolled out; read the summary */
	DEPLOYED_OUTCOME_COUNT,
};

/**
 * The code line tells that a release runs in an environment; the newest set frozen with it follows.
 *
 * What was told is recorded in any case: it is the truth about the code.
 * @param outcome, summary  Untouched on failure.
 * @return 0; -1 with err: ERR_REFUSED, ERR_WAITING (the code is there, its set may not follow: what is
 *         missing), as promotion_run().
 */
NODISCARD int deployed_tell(const struct promotion *p, const char *release,
	enum deployed_outcome *outcome, struct rollout_summary *summary, struct error *err);

/**
 * What telling so would do: the gate is asked, hosts are scanned, nothing is told and nothing is changed.
 * @param targets  What the set would do to each host; NULL unless the outcome is DEPLOYED_FOLLOWED.
 *                targets_free(). Untouched on failure, as outcome is.
 */
NODISCARD int deployed_preview(const struct promotion *p, const char *release,
	enum deployed_outcome *outcome, struct targets **targets, struct error *err);
