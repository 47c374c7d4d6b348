/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/solver.h"

#include "base/mem.h"
#include "plan/planner_private.h"

#include <solv/pool.h>
#include <solv/problems.h>
#include <solv/queue.h>
#include <solv/repo.h>
#include <solv/solver.h>
#include <solv/transaction.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAVOR_ROUNDS 3
#define BREACHES_MAX 32
#define ID_TEXT_SIZE 24
#define CHOICES_MAX  2

struct task {
	struct planner *p;
	const struct universe *u;
	Pool *pool;
	Repo *installed, *feed;
	Solver *solver;
	struct rows rows;      /* in the pool: what is installed first, in the order of seats */
	uint32_t *solvables;   /* owned; by row: its solvable, 0 when it is not in the pool */
	uint8_t *is_atom_used; /* owned; by atom */
	Queue favors;          /* solvables preferred over others that meet the same clause */
};

/* What may come into a slot besides what is there. */
static size_t choices_of(const struct planner *p, uint32_t slot, uint32_t choices[CHOICES_MAX])
{
	uint32_t newest = p->newest[slot], wanted = p->wanted[slot];
	size_t count = 0;

	if (newest != UNIVERSE_NONE && planner_may_install(p, newest))
		choices[count++] = newest;
	if (wanted != UNIVERSE_NONE && wanted != newest && planner_may_install(p, wanted))
		choices[count++] = wanted;
	return count;
}

/* The place behind a clause. */
static uint32_t clause_end(const struct universe *u, uint32_t at)
{
	while (u->words[at] & ALTERNATIVE)
		at++;
	return at + 1;
}

static bool clause_names(const struct universe *u, uint32_t at, uint32_t end, uint32_t row)
{
	for (; at < end; at++) {
		struct providers providers = providers_of(u, u->words[at]);

		for (uint32_t i = 0; i < providers.count; i++) {
			if (providers.items[i].row == row)
				return true;
		}
	}
	return false;
}

/* True when the seat meets the clause whatever becomes of it; nothing else need come in for it. */
static bool always_meets(const struct task *t, const struct seat *seat, uint32_t at, uint32_t end)
{
	uint32_t choices[CHOICES_MAX];
	size_t count = choices_of(t->p, seat->slot, choices);

	for (size_t i = 0; i < count; i++) {
		if (!clause_names(t->u, at, end, choices[i]))
			return false;
	}
	return true;
}

static bool is_always_met(const struct task *t, uint32_t at, uint32_t end)
{
	for (uint32_t w = at; w < end; w++) {
		struct providers providers = providers_of(t->u, t->u->words[w]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t row = providers.items[i].row;
			uint32_t seat = t->p->seat_of[row_at(t->u, row)->slot];

			if (seat != UNIVERSE_NONE && t->p->seats[seat].row == row &&
				always_meets(t, &t->p->seats[seat], at, end))
				return true;
		}
	}
	return false;
}

static void task_add(struct task *t, Repo *repo, uint32_t row)
{
	if (t->solvables[row])
		return;
	t->solvables[row] = (uint32_t)repo_add_solvable(repo);
	rows_add(&t->rows, row);
}

static void add_providers(struct task *t, uint32_t at, uint32_t end)
{
	for (; at < end; at++) {
		struct providers providers = providers_of(t->u, t->u->words[at]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t row = providers.items[i].row;

			if (planner_may_install(t->p, row))
				task_add(t, t->feed, row);
		}
	}
}

/* The pool is cut down to what is installed, what it is to become, and what those may need. */
static void collect_rows(struct task *t)
{
	struct planner *p = t->p;

	for (size_t i = 0; i < p->seat_count; i++)
		task_add(t, t->installed, p->seats[i].row);
	for (size_t i = 0; i < p->seat_count; i++) {
		if (p->seats[i].wanted != UNIVERSE_NONE)
			task_add(t, t->feed, p->seats[i].wanted);
	}
	for (size_t i = 0; i < t->rows.count; i++) {
		struct span depends = row_at(t->u, t->rows.items[i])->depends;

		for (uint32_t at = depends.at, end; at < depends.at + depends.count; at = end) {
			end = clause_end(t->u, at);
			if (!is_always_met(t, at, end))
				add_providers(t, at, end);
		}
	}
}

/* Names in the pool: "n7" a slot, "a7" an atom, "r7" a row. */
static Id name_id(const struct task *t, char kind, uint32_t number)
{
	char text[ID_TEXT_SIZE];

	snprintf(text, sizeof text, "%c%u", kind, number);
	return pool_str2id(t->pool, text, 1);
}

static Id clause_id(struct task *t, uint32_t at, uint32_t end)
{
	Id id = 0;

	while (end-- > at) {
		uint32_t atom = t->u->words[end] & ~ALTERNATIVE;
		Id own = name_id(t, 'a', atom);

		t->is_atom_used[atom] = true;
		id = id ? pool_rel2id(t->pool, own, id, REL_OR, 1) : own;
	}
	return id;
}

static Solvable *solvable_of(const struct task *t, uint32_t row)
{
	return pool_id2solvable(t->pool, (Id)t->solvables[row]);
}

static void provide(const struct task *t, uint32_t row, Id id)
{
	Solvable *s = solvable_of(t, row);

	s->provides = repo_addid_dep(s->repo, s->provides, id, 0);
}

static void forbid(const struct task *t, uint32_t row, uint32_t other)
{
	Solvable *s = solvable_of(t, row);
	Id id = name_id(t, 'r', other);

	s->conflicts = repo_addid_dep(s->repo, s->conflicts, id, 0);
	provide(t, other, id);
}

static void describe_row(struct task *t, uint32_t row)
{
	const struct row *r = row_at(t->u, row);
	Solvable *s = solvable_of(t, row);
	char rank[ID_TEXT_SIZE];

	snprintf(rank, sizeof rank, "%u", r->rank);
	s->name = name_id(t, 'n', r->slot);
	s->evr = pool_str2id(t->pool, rank, 1);
	s->arch = ARCH_ALL;
	s->provides = repo_addid_dep(s->repo, 0, s->name, 0);
	for (uint32_t at = r->depends.at, end; at < r->depends.at + r->depends.count; at = end) {
		end = clause_end(t->u, at);
		s->requires = repo_addid_dep(s->repo, s->requires, clause_id(t, at, end), 0);
	}
}

static void describe_conflicts(const struct task *t, uint32_t row)
{
	const struct universe *u = t->u;
	const struct row *r = row_at(u, row);

	for (uint32_t w = 0; w < r->conflicts.count; w++) {
		struct providers providers = providers_of(u, u->words[r->conflicts.at + w]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t other = providers.items[i].row;

			if (t->solvables[other] && row_at(u, other)->name != r->name)
				forbid(t, row, other);
		}
	}
	for (uint32_t slot = u->slot_next[r->slot]; slot != r->slot; slot = u->slot_next[slot]) {
		struct span span = u->slot_spans[slot];

		for (uint32_t at = span.at; at < span.at + span.count; at++) {
			uint32_t other = u->slot_rows[at];

			if (t->solvables[other] && rows_are_at_odds(u, row, other))
				forbid(t, row, other);
		}
	}
}

static void fill_pool(struct task *t)
{
	for (size_t i = 0; i < t->rows.count; i++)
		describe_row(t, t->rows.items[i]);
	for (size_t i = 0; i < t->rows.count; i++)
		describe_conflicts(t, t->rows.items[i]);
	for (uint32_t atom = 0; atom < t->u->atoms.count; atom++) {
		struct providers providers = providers_of(t->u, atom);

		for (uint32_t i = 0; t->is_atom_used[atom] && i < providers.count; i++) {
			uint32_t row = providers.items[i].row;

			if (t->solvables[row])
				provide(t, row, name_id(t, 'a', atom));
		}
	}
	pool_createwhatprovides(t->pool);
}

static void task_init(struct task *t, struct planner *p)
{
	*t = (struct task){ .p = p, .u = p->u, .pool = pool_create() };
	t->solvables = mem_new(p->u->count, sizeof *t->solvables);
	t->is_atom_used = mem_new(p->u->atoms.count, 1);
	queue_init(&t->favors);
	pool_setdisttype(t->pool, DISTTYPE_DEB);
	t->installed = repo_create(t->pool, "installed");
	t->feed = repo_create(t->pool, "feed");
	pool_set_installed(t->pool, t->installed);
	collect_rows(t);
	fill_pool(t);
}

static void task_done(struct task *t)
{
	if (t->solver)
		solver_free(t->solver);
	queue_free(&t->favors);
	rows_done(&t->rows);
	free(t->solvables);
	free(t->is_atom_used);
	pool_free(t->pool);
}

/* Raise what is wanted as far as it goes; each of `must` has to come in. True when it can be done. */
static bool solve(struct task *t, const struct rows *must)
{
	Queue wanted, job;

	queue_init(&wanted);
	queue_init(&job);
	for (size_t i = 0; i < t->p->seat_count; i++) {
		if (t->p->seats[i].wanted != UNIVERSE_NONE)
			queue_push(&wanted, (Id)t->solvables[t->p->seats[i].wanted]);
	}
	queue_push2(&job, SOLVER_UPDATE | SOLVER_SOLVABLE_ONE_OF | SOLVER_TARGETED,
		pool_queuetowhatprovides(t->pool, &wanted));
	for (size_t i = 0; i < must->count; i++)
		queue_push2(
			&job, SOLVER_INSTALL | SOLVER_SOLVABLE, (Id)t->solvables[must->items[i]]);
	for (int i = 0; i < t->favors.count; i++)
		queue_push2(&job, SOLVER_FAVOR | SOLVER_SOLVABLE, t->favors.elements[i]);
	if (t->solver)
		solver_free(t->solver);
	t->solver = solver_create(t->pool);
	solver_set_flag(t->solver, SOLVER_FLAG_IGNORE_RECOMMENDED, 1);

	bool is_solved = solver_solve(t->solver, &job) == 0;

	queue_free(&wanted);
	queue_free(&job);
	return is_solved;
}

/* Put the solver's answer on the planner's table. */
static void take_answer(struct task *t)
{
	Transaction *transaction = solver_create_transaction(t->solver);
	CLEANUP(free) uint8_t *is_in = mem_new((size_t)t->pool->nsolvables, 1);
	Queue answer;

	queue_init(&answer);
	transaction_installedresult(transaction, &answer);
	for (int i = 0; i < answer.count; i++)
		is_in[answer.elements[i]] = true;
	queue_free(&answer);
	transaction_free(transaction);

	planner_reset(t->p);
	for (size_t i = t->p->seat_count; i < t->rows.count; i++) {
		if (is_in[t->solvables[t->rows.items[i]]])
			planner_choose(t->p, t->rows.items[i]);
	}
}

static bool is_from_host(const struct planner *p, uint32_t row)
{
	return p->seat_of[row_at(p->u, row)->slot] != UNIVERSE_NONE;
}

/*
 * The row that should have met the clause: the first in order that could have come in, when the clause
 * is met by none but new packages and this is not among them.
 */
static uint32_t better_choice(const struct task *t, uint32_t at, uint32_t end)
{
	uint32_t first = UNIVERSE_NONE;

	for (; at < end; at++) {
		struct providers providers = providers_of(t->u, t->u->words[at]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t row = providers.items[i].row;

			if (is_chosen(t->p, row) && (is_from_host(t->p, row) || row == first))
				return UNIVERSE_NONE;
			if (first == UNIVERSE_NONE && t->solvables[row])
				first = row;
			if (first == row && is_chosen(t->p, row))
				return UNIVERSE_NONE;
		}
	}
	return first;
}

/* libsolv takes the first by name; dependencies mean the first in the order they are written. */
static bool add_favors(struct task *t)
{
	int had = t->favors.count;

	for (size_t i = 0; i < t->rows.count; i++) {
		struct span depends = row_at(t->u, t->rows.items[i])->depends;

		if (!is_chosen(t->p, t->rows.items[i]))
			continue;
		for (uint32_t at = depends.at, end; at < depends.at + depends.count; at = end) {
			end = clause_end(t->u, at);

			uint32_t better = better_choice(t, at, end);

			if (better != UNIVERSE_NONE)
				queue_pushunique(&t->favors, (Id)t->solvables[better]);
		}
	}
	return t->favors.count > had;
}

/* Solve; where a later alternative was taken though an earlier one was there, prefer that and try again. */
static bool solve_in_order(struct task *t, const struct rows *must)
{
	if (!solve(t, must))
		return false;
	take_answer(t);
	for (int round = 0; round < FAVOR_ROUNDS && add_favors(t); round++) {
		if (!solve(t, must))
			return false;
		take_answer(t);
	}
	return true;
}

static uint32_t row_of(const struct task *t, Id solvable)
{
	/* Solvables were added in the order of rows, behind the two that every pool starts with. */
	return t->rows.items[solvable - 2];
}

static bool read_clause_rule(struct task *t, Id source, Id dep, struct breach *b)
{
	struct span depends = row_at(t->u, row_of(t, source))->depends;

	for (uint32_t at = depends.at, end; at < depends.at + depends.count; at = end) {
		end = clause_end(t->u, at);
		if (clause_id(t, at, end) == dep) {
			*b = (struct breach){ row_of(t, source), at, UNIVERSE_NONE };
			return true;
		}
	}
	return false;
}

static bool read_conflict_rule(const struct task *t, Id source, Id target, struct breach *b)
{
	uint32_t row = row_of(t, source), other = row_of(t, target), word = UNIVERSE_NONE;

	if (!rows_are_at_odds(t->u, row, other) && !rows_conflict(t->u, row, other, &word))
		return false;
	*b = (struct breach){ row, word, other };
	return true;
}

/* A rule of libsolv's as a breach; false for those that say no more than "it may not be removed". */
static bool read_rule(struct task *t, Id rule, struct breach *b)
{
	Id source = 0, target = 0, dep = 0;
	SolverRuleinfo kind = solver_ruleinfo(t->solver, rule, &source, &target, &dep);

	if (kind == SOLVER_RULE_PKG_REQUIRES || kind == SOLVER_RULE_PKG_NOTHING_PROVIDES_DEP)
		return read_clause_rule(t, source, dep, b);
	return kind == SOLVER_RULE_PKG_CONFLICTS && read_conflict_rule(t, source, target, b);
}

static char *explain_problems(struct task *t)
{
	struct breach breaches[BREACHES_MAX];
	size_t count = 0;

	for (Id problem = 1; problem <= (Id)solver_problem_count(t->solver); problem++) {
		Queue rules;

		queue_init(&rules);
		solver_findallproblemrules(t->solver, problem, &rules);
		for (int i = 0; i < rules.count && count < BREACHES_MAX; i++)
			count += read_rule(t, rules.elements[i], &breaches[count]);
		queue_free(&rules);
	}
	return explain_breaches(t->p, breaches, count);
}

/* What is chosen beyond what is installed. */
static void list_changes(const struct planner *p, struct rows *out)
{
	out->count = 0;
	for (size_t i = 0; i < p->seat_count; i++) {
		if (p->chosen[p->seats[i].slot] != p->seats[i].row)
			rows_add(out, p->chosen[p->seats[i].slot]);
	}
	for (size_t i = 0; i < p->added.count; i++)
		rows_add(out, p->added.items[i]);
}

/*
 * A wanted row stayed out. By itself first, so that the reason is its own; then beside all the others:
 * when that works after all, it is the better answer and is taken.
 */
static char *explain_seat(struct task *t, const struct seat *seat)
{
	CLEANUP(rows_done) struct rows must = { 0 };

	rows_add(&must, seat->wanted);
	if (!solve(t, &must))
		return explain_problems(t);
	list_changes(t->p, &must);
	rows_add(&must, seat->wanted);
	if (!solve(t, &must))
		return explain_problems(t);
	take_answer(t);
	return NULL;
}

void solver_choose(struct planner *p, char **reasons)
{
	static const struct rows nothing = { 0 };
	struct task t;

	task_init(&t, p);
	if (!solve_in_order(&t, &nothing))
		planner_reset(p);
	for (size_t i = 0; i < p->seat_count; i++) {
		const struct seat *seat = &p->seats[i];

		if (seat->wanted != UNIVERSE_NONE && p->chosen[seat->slot] == seat->row)
			reasons[i] = explain_seat(&t, seat);
	}
	task_done(&t);
}
