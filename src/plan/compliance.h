/* SPDX-License-Identifier: Apache-2.0 */
/*
 * compliance.h - how far host states are from a patch set: what it would still change on them.
 *
 * The question behind a rollout (what is there to do?), behind evidence (does this environment really
 * run the candidate?) and behind drift (is it still as the evidence says?).
 * Layer: plan. Threads: compliances_new() in one; any number may read.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct compliances;
struct hoststate;
struct patchset;
struct plan;

enum compliance_verdict {
	COMPLIANCE_AT_SET,    /* nothing to change; what is kept back is kept by the host itself */
	COMPLIANCE_BEHIND,    /* the set would change something */
	COMPLIANCE_ELSEWHERE, /* has a newer version than the set: somebody else was here */
	COMPLIANCE_BROKEN,    /* not consistent; nothing can be planned */
	COMPLIANCE_FOREIGN,   /* the set has nothing for this platform */
	COMPLIANCE_VERDICT_COUNT,
};

/**
 * Fit states to a set.
 *
 * @param indexes Paths of the set's Packages indexes, one a repository, as set_indexes_open() checks them.
 * @param states  Borrowed during the call only; NULL entries are left out (COMPLIANCE_FOREIGN).
 * @param out     Freed with compliances_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (an index cannot be read), ERR_SYSTEM.
 */
NODISCARD int compliances_new(const struct patchset *set, const char *const *indexes,
	const struct hoststate *const *states, size_t count, struct compliances **out,
	struct error *err);

enum compliance_verdict compliances_verdict(const struct compliances *f, size_t index);

/* What the set would do to the state; NULL when it has nothing for the platform. Borrowed. */
const struct plan *compliances_plan(const struct compliances *f, size_t index);

/*
 * In words, for people: "3 packages behind, first openssl 3.0.20-1~deb12u1, wants 3.0.22-1~deb12u2";
 * "" when the state is at the set. Borrowed.
 */
const char *compliances_words(const struct compliances *f, size_t index);

/* "at-set", "behind", "elsewhere", "broken", "foreign". Static. */
const char *compliance_verdict_name(enum compliance_verdict verdict);

void compliances_free(struct compliances *f);
CLEANUP_FUNC(struct compliances *, compliances_free)
