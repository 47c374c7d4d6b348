/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsal_private.h - what the stages of a rehearsal share.
 *
 * Layer: rehearse, private to it. Threads: one rehearsal, one thread.
 */
#pragma once

#include "rehearse/rehearsal.h"
#include "store/rehearsal.h"

struct topology;

/* A rehearsal while its program lives. */
struct rehearsing {
	const struct rehearsal_request *request;
	struct rehearsal_summary summary;
	struct rehearsal_row row;
	const struct environment *environment; /* the original */
	struct topology *topology;             /* owned: with its clone; NULL until it is there */
	const struct environment *clone;
};

/* ---- rehearsal.c ---- */

void rehearsal_tell_stage(
	const struct rehearsing *r, enum rehearsal_stage stage, const char *words);

/* Change the row, and read it into `r` again. */
NODISCARD int rehearsal_change_row(
	struct rehearsing *r, struct rehearsal_change change, struct error *err);

/* ---- rehearsal_set.c ---- */

/* What is rehearsed. */
struct rehearsal_set {
	char *digest, *candidate; /* owned; the candidate's id */
	bool is_empty; /* nothing is pending; a set that was named is rehearsed whatever it holds */
};

void rehearsal_set_done(struct rehearsal_set *set);
CLEANUP_DONE(struct rehearsal_set, rehearsal_set_done)

/* Take the set that was named, or freeze one. ERR as rehearsal_run(). */
NODISCARD int rehearsal_set_make(
	const struct rehearsing *r, struct rehearsal_set *out, struct error *err);

/* ---- rehearsal_clone.c ---- */

/* Bring the clone to where it can be patched: r->clone. What was done before is not done again. */
NODISCARD int rehearsal_clone_need(struct rehearsing *r, struct error *err);

/* Roll the set out on the clone. *is_good: false when hosts failed; the summary then says so. */
NODISCARD int rehearsal_clone_patch(struct rehearsing *r, bool *is_good, struct error *err);

/* ---- rehearsal_test.c ---- */

/* Run the suites that have not passed on the patched clone. *is_good: false as for a patch. */
NODISCARD int rehearsal_test(struct rehearsing *r, bool *is_good, struct error *err);
