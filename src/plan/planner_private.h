/* SPDX-License-Identifier: Apache-2.0 */
/*
 * planner_private.h - one host state on the table, as the direct way, the verifier and the solver see it.
 *
 * `chosen` says for every slot which row is (to be) installed. Between states all of it is empty.
 * Layer: plan, private. Threads: one planner, one thread.
 */
#pragma once

#include "plan/planner.h"
#include "plan/universe_private.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A package that is installed on the host. */
struct seat {
	const struct installed *package; /* borrowed from the state */
	uint32_t slot, row;
	uint32_t wanted; /* row it is to be raised to; UNIVERSE_NONE: it stays */
	bool is_fixed;   /* held, or excluded: must stay */
};

struct rows {
	uint32_t *items; /* owned */
	size_t count, capacity;
};

struct planner {
	const struct universe *u;

	/* By slot; owned. What the options make of the universe. */
	uint32_t
		*newest; /* newest version that may be installed at all, on the host on the table */
	uint32_t *
		wanted; /* newest that installed packages are raised to: itself, or a security one */
	uint8_t *is_pinned; /* by row; NULL where all are */
	uint8_t *
		is_plain; /* which version is best is the same for every host: one priority, no limits, none halted */
	bool is_security_only;
	uint8_t *excluded; /* named in options.except */
	uint8_t *asked;    /* named in options.only, or nothing is */

	/* The state on the table. */
	uint32_t *chosen;   /* owned; by slot; UNIVERSE_NONE where nothing is */
	uint32_t *seat_of;  /* owned; by slot; UNIVERSE_NONE where nothing was installed */
	struct seat *seats; /* owned */
	size_t seat_count, seat_capacity;
	struct rows added;      /* chosen rows in slots without a seat */
	uint32_t architectures; /* bit mask of those the host takes */
};

void rows_add(struct rows *r, uint32_t row);
void rows_done(struct rows *r);
static inline void rows_done_p(struct rows *r)
{
	rows_done(r);
}

static inline bool is_chosen(const struct planner *p, uint32_t row)
{
	return p->chosen[row_at(p->u, row)->slot] == row;
}

static inline bool is_newer(const struct universe *u, uint32_t row, uint32_t than)
{
	return row_at(u, row)->rank > row_at(u, than)->rank;
}

/* True when the options and the host let this row be installed where now its seat's row, or nothing, is. */
bool planner_may_install(const struct planner *p, uint32_t row);

/* Choose a row for its slot, remembering it when nothing was installed there. */
void planner_choose(struct planner *p, uint32_t row);

/* Choose again what is installed and nothing else. */
void planner_reset(struct planner *p);

/* --- direct.c --- */

/* Raise every seat to what it wants and add what is missing; false when no plain choice meets a clause. */
bool direct_choose(struct planner *p);

/* --- verifier.c --- */

/* What is wrong with what is chosen. */
struct breach {
	uint32_t row;
	uint32_t clause; /* place of the clause's first word in u->words; the conflict's word */
	uint32_t other;  /* the row in conflict; UNIVERSE_NONE for a clause that nothing meets */
};

/* Check every clause and every conflict of what is chosen; at most `limit` breaches are told. */
size_t verifier_check(const struct planner *p, struct breach *breaches, size_t limit);

/* True when a chosen row meets the clause that starts at a word; *end is the place behind it. */
bool clause_is_met(const struct planner *p, uint32_t at, uint32_t *end);

/* True when a relation of `row` forbids `other`; *word is its place in u->words. */
bool rows_conflict(const struct universe *u, uint32_t row, uint32_t other, uint32_t *word);

/* True for versions of one name on two architectures, unless both are "same" and equal. */
bool rows_are_at_odds(const struct universe *u, uint32_t row, uint32_t other);

/* --- explain.c --- */

/* Breaches in words, each once, the first few of them; owned by the caller. */
char *explain_breaches(const struct planner *p, const struct breach *breaches, size_t count);
char *explain_breach(const struct planner *p, const struct breach *b);
