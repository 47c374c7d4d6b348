/* SPDX-License-Identifier: Apache-2.0 */
/*
 * direct.c - the plain way: raise what is wanted, add what is missing, first alternative first.
 *
 * No search and no second thought; the verifier judges, and the solver takes what this cannot settle.
 */
#include "plan/planner_private.h"

/* The first row that may be installed and meets one of the words; none when its place is taken. */
static uint32_t first_choice(const struct planner *p, uint32_t at)
{
	const struct universe *u = p->u;

	for (;; at++) {
		struct providers providers = providers_of(u, u->words[at]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t row = providers.items[i].row;
			uint32_t slot = row_at(u, row)->slot, seat = p->seat_of[slot];
			uint32_t now = seat == UNIVERSE_NONE ? UNIVERSE_NONE : p->seats[seat].row;

			if (p->chosen[slot] == now && planner_may_install(p, row))
				return row;
		}
		if (!(u->words[at] & ALTERNATIVE))
			return UNIVERSE_NONE;
	}
}

static bool add_missing(struct planner *p, uint32_t row, struct rows *todo)
{
	struct span depends = row_at(p->u, row)->depends;

	for (uint32_t at = depends.at, end; at < depends.at + depends.count; at = end) {
		if (clause_is_met(p, at, &end))
			continue;

		uint32_t choice = first_choice(p, at);

		if (choice == UNIVERSE_NONE)
			return false;
		planner_choose(p, choice);
		rows_add(todo, choice);
	}
	return true;
}

bool direct_choose(struct planner *p)
{
	CLEANUP(rows_done) struct rows todo = { 0 };

	for (size_t i = 0; i < p->seat_count; i++) {
		if (p->seats[i].wanted == UNIVERSE_NONE)
			continue;
		planner_choose(p, p->seats[i].wanted);
		rows_add(&todo, p->seats[i].wanted);
	}
	for (size_t i = 0; i < todo.count; i++) {
		if (!add_missing(p, todo.items[i], &todo))
			return false;
	}
	return true;
}
