/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why.h - why a host is not patched: from what is known about it to answers in the order of duty.
 *
 * The first answer is what the reader must do first; the others wait behind it. There is always one.
 * Layer: policy (facts in, verdict with reasons out). Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A scan older than that is worth a new one before anything is believed of it. */
#define WHY_SCAN_OLD ((int64_t)7 * 24 * 3600)

struct package_manager;

/* What is known. All borrowed; a NULL text means "nothing of the kind". */
struct why_facts {
	int64_t now;
	const char *host;
	const char *environment; /* NULL: the host is not in the configuration */

	/* From its last scans. */
	int64_t scanned_at; /* of the last good one; 0: never */
	const char *error;  /* how the last scan failed; NULL: it did not */
	bool is_unreachable;
	const char *broken; /* what its package manager finds wrong; NULL: consistent */
	const struct package_manager *packages; /* NULL only when it was never scanned */

	/* Of the newer versions that the sources have for it. */
	const char *pending_problem; /* why it is not known what is pending; NULL: it is */
	size_t pending, pending_security;
	size_t held;            /* of them, kept back by a hold or a pin of the host */
	const char *held_names; /* "openssl, nginx" */
	size_t halted;          /* kept back because their archive has halted the newer version */
	const char *halted_names;
	size_t unresolved; /* kept back because they do not resolve */
	const char *unresolved_reason;
	size_t unfrozen;            /* in no open candidate's set */
	const char *unfrozen_names; /* the first of them */

	/* Its environment. */
	bool is_rolling;             /* a rollout is running there */
	int64_t rollout;             /* the last one there; 0: none */
	const char *rollout_failure; /* how it failed on this host, in the host's own words */
	int64_t drained_at;          /* since when it is out of service; 0: it is not */
	int64_t drained_by;          /* the rollout that left it so */
	const char *at_work;         /* what it may still be doing; NULL: nothing */
	const char *
		way_on; /* what goes on with that rollout, or begins the next: part of a sentence */
	const char *mixed_reason; /* why the environment is mixed, when this host did not fail */
	const char *drift;        /* how the host is not as its environment's evidence says */

	const char *env_held; /* why nothing enters it; NULL: it is not held */
	const char *env_held_by;

	/* The nearest candidate that holds what is pending. */
	const char *candidate;      /* id; NULL: none */
	const char *candidate_at;   /* the environment it has come to; NULL: it is in none yet */
	const char *candidate_next; /* the one it would have to enter next */
	const char *gate_missing;   /* what the gate of candidate_at lacks; NULL: it is met */
};

enum why_kind {
	WHY_NOT_CONFIGURED,
	WHY_UNREACHABLE,
	WHY_SCAN_FAILED,
	WHY_NEVER_SCANNED,
	WHY_BROKEN,
	WHY_ROLLING,
	WHY_ENVIRONMENT_HELD,
	WHY_ROLLOUT_FAILED,
	WHY_AT_WORK,
	WHY_OUT_OF_SERVICE,
	WHY_MIXED,
	WHY_DRIFT,
	WHY_PENDING_UNKNOWN,
	WHY_GATE,
	WHY_NOT_PROMOTED,
	WHY_HELD,
	WHY_HALTED,
	WHY_UNRESOLVED,
	WHY_NOT_FROZEN,
	WHY_SCAN_OLD_KIND,
	WHY_UP_TO_DATE,
	WHY_KIND_COUNT,
};

struct why_answer {
	enum why_kind kind;
	char *what; /* owned: why */
	char *todo; /* owned: what to do about it; "" when nothing */
};

/* Release with why_answers_done(). */
struct why_answers {
	struct why_answer items[WHY_KIND_COUNT];
	size_t count; /* at least 1 */
};

/* The answers that the facts give, what must be done first coming first. */
void why_decide(const struct why_facts *facts, struct why_answers *out);

/* "unreachable", "gate", ... Static. */
const char *why_kind_name(enum why_kind kind);

void why_answers_done(struct why_answers *answers);
CLEANUP_DONE(struct why_answers, why_answers_done)
