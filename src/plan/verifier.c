/* SPDX-License-Identifier: Apache-2.0 */
/* verifier.c - does what is chosen hold together? Every clause and every conflict, whoever chose it. */
#include "plan/planner_private.h"

static bool is_met_by(const struct planner *p, uint32_t word)
{
	struct providers providers = providers_of(p->u, word);

	for (uint32_t i = 0; i < providers.count; i++) {
		if (p->chosen[providers.items[i].slot] == providers.items[i].row)
			return true;
	}
	return false;
}

bool clause_is_met(const struct planner *p, uint32_t at, uint32_t *end)
{
	bool is_met = is_met_by(p, p->u->words[at]);

	while (p->u->words[at++] & ALTERNATIVE)
		is_met = is_met || is_met_by(p, p->u->words[at]);
	*end = at;
	return is_met;
}

bool rows_are_at_odds(const struct universe *u, uint32_t row, uint32_t other)
{
	const struct row *a = row_at(u, row), *b = row_at(u, other);

	return a->name == b->name && a->slot != b->slot &&
	       (a->multi_arch != MULTI_ARCH_SAME || b->multi_arch != MULTI_ARCH_SAME ||
		       a->version != b->version);
}

static bool is_among(struct providers providers, uint32_t row)
{
	for (uint32_t i = 0; i < providers.count; i++) {
		if (providers.items[i].row == row)
			return true;
	}
	return false;
}

/* A package never conflicts with itself, nor with its own name on another architecture. */
bool rows_conflict(const struct universe *u, uint32_t row, uint32_t other, uint32_t *word)
{
	const struct row *r = row_at(u, row);

	if (r->name == row_at(u, other)->name)
		return false;
	for (uint32_t w = 0; w < r->conflicts.count; w++) {
		uint32_t at = r->conflicts.at + w;

		if (is_among(providers_of(u, u->words[at]), other)) {
			*word = at;
			return true;
		}
	}
	return false;
}

struct report {
	struct breach *breaches;
	size_t count, limit;
};

static void report_add(struct report *r, uint32_t row, uint32_t clause, uint32_t other)
{
	if (r->count < r->limit)
		r->breaches[r->count++] =
			(struct breach){ .row = row, .clause = clause, .other = other };
}

static void check_clauses(const struct planner *p, uint32_t row, struct report *r)
{
	struct span depends = row_at(p->u, row)->depends;

	for (uint32_t at = depends.at, end; at < depends.at + depends.count; at = end) {
		if (!clause_is_met(p, at, &end))
			report_add(r, row, at, UNIVERSE_NONE);
	}
}

static void check_conflicts(const struct planner *p, uint32_t row, struct report *r)
{
	const struct universe *u = p->u;
	struct span conflicts = row_at(u, row)->conflicts;

	for (uint32_t at = conflicts.at; at < conflicts.at + conflicts.count; at++) {
		struct providers providers = providers_of(u, u->words[at]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t other = providers.items[i].row;

			if (is_chosen(p, other) && row_at(u, other)->name != row_at(u, row)->name)
				report_add(r, row, at, other);
		}
	}
}

static void check_architectures(const struct planner *p, uint32_t row, struct report *r)
{
	uint32_t own = row_at(p->u, row)->slot;

	for (uint32_t slot = p->u->slot_next[own]; slot != own; slot = p->u->slot_next[slot]) {
		uint32_t other = p->chosen[slot];

		if (other != UNIVERSE_NONE && rows_are_at_odds(p->u, row, other))
			report_add(r, row, UNIVERSE_NONE, other);
	}
}

static void check_row(const struct planner *p, uint32_t row, struct report *r)
{
	check_clauses(p, row, r);
	check_conflicts(p, row, r);
	check_architectures(p, row, r);
}

size_t verifier_check(const struct planner *p, struct breach *breaches, size_t limit)
{
	struct report r = { .breaches = breaches, .limit = limit };

	for (size_t i = 0; i < p->seat_count; i++)
		check_row(p, p->chosen[p->seats[i].slot], &r);
	for (size_t i = 0; i < p->added.count; i++)
		check_row(p, p->added.items[i], &r);
	return r.count;
}
