/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate.h - may a candidate enter an environment: what its predecessor demands, and what is known.
 *
 * The gate of an environment guards the way out of it: a candidate enters the next one only with
 * evidence made here, for this very candidate, since the environment became complete with it.
 * Only the newest result of a suite in a place counts, so a pass does not outlive a later failure.
 * A rejection holds until the same person approves.
 *
 * Pure: the caller brings all facts. Layer: policy. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/approval.h"
#include "model/environment_status.h"
#include "model/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct gate;

/* A result of one suite in one place, for the candidate in the predecessor. */
struct gate_test {
	const char *suite;
	const char *host; /* "" for the controller */
	enum outcome outcome;
	int64_t at;      /* when the suite was started, UTC seconds */
	bool is_current; /* the hosts are still as they were then */
	int64_t number;  /* in the store; the greatest is the newest, whatever clocks said */
};

/* Where a suite has to have run: once on the controller, or on each host of a group. */
struct gate_place {
	const char *suite;
	const char *host; /* "" for the controller */
};

/* What a person said about the candidate in the predecessor. */
struct gate_approval {
	enum approval kind;
	const char *by;
	int64_t at;
	int64_t number; /* as above */
};

/* All borrowed. Lists in any order. */
struct gate_facts {
	const char *candidate; /* that wants to enter */
	const char *target;    /* the environment to enter */
	int64_t now;

	/* The environment before the target; NULL for the first one, which needs nothing. */
	const char *predecessor;
	const struct gate *gate; /* what the predecessor demands */
	enum environment_status status;
	const char *running; /* the candidate that the predecessor really runs; NULL for none */
	const char *release; /* that the predecessor runs; NULL: nobody told */
	bool has_set;        /* the predecessor has the candidate's set, under whatever release */
	int64_t entered_at;  /* since when it is complete with it */

	const struct gate_place *places; /* a suite without one: on the controller */
	size_t place_count;
	const struct gate_test *tests;
	size_t test_count;
	const struct gate_approval *approvals;
	size_t approval_count;
};

enum gate_verdict {
	GATE_OPEN,
	GATE_WAITING, /* only time is missing */
	GATE_REFUSED,
	GATE_VERDICT_COUNT,
};

enum gate_reason_kind {
	GATE_SKIPS,        /* the predecessor does not run the candidate */
	GATE_UNSETTLED,    /* the predecessor is rolling, mixed or unknown: it cannot vouch */
	GATE_TEST_MISSING, /* a suite has not run */
	GATE_TEST_FAILED,  /* its newest result is no pass */
	GATE_TEST_STALE, /* its newest result is older than the environment, or than its hosts' state */
	GATE_APPROVALS, /* too few people have approved */
	GATE_REJECTED,  /* somebody has rejected */
	GATE_SOAK,      /* not there long enough */
	GATE_REASON_KIND_COUNT,
};

struct gate_reason {
	enum gate_reason_kind kind;
	char *text;    /* owned: what is missing, "test 'shop' has not run in qa" */
	char *remedy;  /* owned: what lifts it and who can, "patchline test qa" */
	int64_t until; /* GATE_SOAK: when it is over; else 0 */
};

/* Release with gate_decision_done(). */
struct gate_decision {
	enum gate_verdict verdict;
	struct gate_reason *reasons; /* owned; none when open */
	size_t count, capacity;
};

/* Decide. `out` is overwritten; all reasons are told at once, a predecessor that cannot vouch alone. */
void gate_decide(const struct gate_facts *facts, struct gate_decision *out);

/**
 * The decision as an error, for callers that stop there.
 * @return 0 when open; -1 with err: ERR_WAITING, ERR_REFUSED (all reasons with what lifts them).
 */
NODISCARD int gate_check(
	const struct gate_facts *facts, const struct gate_decision *decision, struct error *err);

/* "open", "waiting", "refused"; "test-missing" and so on. Static. */
const char *gate_verdict_name(enum gate_verdict verdict);
const char *gate_reason_kind_name(enum gate_reason_kind kind);

void gate_decision_done(struct gate_decision *decision);
CLEANUP_DONE(struct gate_decision, gate_decision_done)
