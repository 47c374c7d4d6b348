/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/plan.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/hoststate.h"
#include "model/version.h"
#include "plan/plan_private.h"
#include "plan/planner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int plan_make(const struct universe *u, const struct hoststate *state,
	const struct plan_options *options, struct plan **out, struct error *err)
{
	CLEANUP(planner_free) struct planner *planner = NULL;

	if (planner_new(u, options, &planner, err) < 0)
		return -1;
	return planner_plan(planner, state, out, err);
}

void plan_add_change(struct plan *p, const struct plan_change *change)
{
	p->changes = mem_room(p->changes, p->change_count, &p->change_capacity, sizeof *p->changes);
	p->changes[p->change_count++] = *change;
}

void plan_add_kept(struct plan *p, const struct plan_kept *kept)
{
	p->kept = mem_room(p->kept, p->kept_count, &p->kept_capacity, sizeof *p->kept);
	p->kept[p->kept_count] = *kept;
	p->kept[p->kept_count++].reason = mem_strdup(kept->reason);
}

void plan_add_problem(struct plan *p, char *text)
{
	p->problems =
		mem_room(p->problems, p->problem_count, &p->problem_capacity, sizeof *p->problems);
	p->problems[p->problem_count++] = text;
}

static int by_slot(const void *a, const void *b)
{
	const struct plan_change *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	return order ? order : strcmp(left->architecture, right->architecture);
}

static bool keeps_what_is_asked(const struct plan *p)
{
	for (size_t i = 0; i < p->kept_count; i++) {
		if (p->kept[i].cause == KEPT_HELD || p->kept[i].cause == KEPT_PINNED ||
			p->kept[i].cause == KEPT_CONFLICT)
			return true;
	}
	return false;
}

void plan_finish(struct plan *p)
{
	if (p->change_count)
		qsort(p->changes, p->change_count, sizeof *p->changes, by_slot);
	if (p->problem_count)
		p->verdict = PLAN_BROKEN;
	else if (keeps_what_is_asked(p))
		p->verdict = PLAN_PARTLY;
	else
		p->verdict = p->change_count ? PLAN_COMPLETE : PLAN_NOTHING;
}

enum plan_verdict plan_verdict(const struct plan *p)
{
	return p->verdict;
}

bool plan_is_solved(const struct plan *p)
{
	return p->is_solved;
}

size_t plan_change_count(const struct plan *p)
{
	return p->change_count;
}

const struct plan_change *plan_change_at(const struct plan *p, size_t index)
{
	assert(index < p->change_count);
	return &p->changes[index];
}

size_t plan_kept_count(const struct plan *p)
{
	return p->kept_count;
}

const struct plan_kept *plan_kept_at(const struct plan *p, size_t index)
{
	assert(index < p->kept_count);
	return &p->kept[index];
}

size_t plan_problem_count(const struct plan *p)
{
	return p->problem_count;
}

const char *plan_problem_at(const struct plan *p, size_t index)
{
	assert(index < p->problem_count);
	return p->problems[index];
}

const char *plan_verdict_name(enum plan_verdict verdict)
{
	static const char *const names[PLAN_VERDICT_COUNT] = {
		[PLAN_NOTHING] = "nothing",
		[PLAN_COMPLETE] = "complete",
		[PLAN_PARTLY] = "partly",
		[PLAN_BROKEN] = "broken",
	};

	return names[verdict];
}

const char *plan_cause_name(enum plan_cause cause)
{
	static const char *const names[KEPT_CAUSE_COUNT] = {
		[KEPT_HELD] = "held",
		[KEPT_PINNED] = "pinned",
		[KEPT_HALTED] = "halted",
		[KEPT_CONFLICT] = "conflict",
		[KEPT_EXCLUDED] = "excluded",
		[KEPT_NOT_ASKED] = "not-asked",
		[KEPT_NOT_SECURITY] = "not-security",
	};

	return names[cause];
}

static int by_number(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

void plan_union(const struct plan *const *plans, size_t count, uint32_t **ids, size_t *id_count)
{
	size_t total = 0, kept = 0;

	for (size_t i = 0; i < count; i++)
		total += plans[i]->change_count;

	uint32_t *all = mem_new(total, sizeof *all);

	total = 0;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < plans[i]->change_count; j++)
			all[total++] = plans[i]->changes[j].version;
	}
	if (total)
		qsort(all, total, sizeof *all, by_number);
	for (size_t i = 0; i < total; i++) {
		if (!kept || all[kept - 1] != all[i])
			all[kept++] = all[i];
	}
	*ids = all;
	*id_count = kept;
}

static const struct plan_kept *kept_find(const struct plan *p, const struct plan_change *c)
{
	for (size_t i = 0; i < p->kept_count; i++) {
		if (strcmp(p->kept[i].name, c->name) == 0 &&
			strcmp(p->kept[i].architecture, c->architecture) == 0)
			return &p->kept[i];
	}
	return NULL;
}

/* A set made for many hosts may hold a newer version than this one asked for. */
static bool brings(
	const struct version_order *order, const struct plan *p, const struct plan_change *c)
{
	const struct plan_change *got = p->change_count ? bsearch(c, p->changes, p->change_count,
								  sizeof *p->changes, by_slot)
							: NULL;

	return got && version_compare(order, got->to, c->to) >= 0;
}

int plan_check(const struct universe *u, const struct hoststate *state,
	const struct plan_options *pinned, const struct plan *wanted, struct plan **out,
	struct error *err)
{
	const struct version_order *order = version_order_of(hoststate_platform(state));
	CLEANUP(plan_free) struct plan *got = NULL;

	if (plan_make(u, state, pinned, &got, err) < 0)
		return -1;
	for (size_t i = 0; i < wanted->change_count; i++) {
		const struct plan_change *c = &wanted->changes[i];
		const struct plan_kept *kept = kept_find(got, c);

		if (!brings(order, got, c))
			return error_set(err, ERR_CONFLICT, "the set does not bring '%s' %s%s%s",
				c->name, c->to, kept ? ": " : "", kept ? kept->reason : "");
	}
	if (out)
		*out = STEAL(&got);
	return 0;
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->kept_count; i++)
		free((void *)(uintptr_t)p->kept[i].reason);
	for (size_t i = 0; i < p->problem_count; i++)
		free(p->problems[i]);
	free(p->changes);
	free(p->kept);
	free(p->problems);
	free(p);
}
