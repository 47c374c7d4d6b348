/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/compliance.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "model/patchset.h"
#include "model/version.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "plan/universe.h"

#include <assert.h>
#include <stdlib.h>

struct compliance {
	enum compliance_verdict verdict;
	struct plan *plan; /* owned; NULL when foreign */
	char *words;       /* owned */
};

struct compliances {
	struct universe **universes; /* owned, one for each repository of the set */
	size_t universe_count;
	struct compliance *compliances; /* owned, one for each state */
	size_t count;
};

/* Not every version of a set is for every host. */
static void take_limits(struct universe *u, const struct patchset *set, const char *platform)
{
	for (uint32_t i = 0; i < universe_count(u); i++) {
		struct known k = universe_at(u, i);
		const struct package *p =
			patchset_find(set, platform, k.name, k.architecture, k.version);

		if (p)
			universe_limit(u, i,
				&(struct limit){
					.above = p->above, .raises_nothing = p->raises_nothing });
	}
}

/* The set's packages of one platform and the states of that platform: all that planning needs. */
static int load_universe(const struct repository *r, const char *index,
	const struct hoststate *const *states, size_t count, struct universe **out,
	struct error *err)
{
	CLEANUP(universe_free) struct universe *u = NULL;

	for (size_t i = 0; i < count; i++) {
		if (!states[i] || !str_equal(hoststate_platform(states[i]), r->platform))
			continue;
		if (!u) {
			struct feed feed = { .name = "set", .path = index };

			u = universe_new(r->platform);
			if (universe_read(u, &feed, err) < 0)
				return -1;
		}
		if (universe_add_state(u, states[i], err) < 0)
			return -1;
	}
	if (u)
		universe_finish(u);
	*out = STEAL(&u);
	return 0;
}

/* An installed package with a newer version than the set's: somebody patched past the set. */
static const struct installed *find_newer(
	const struct patchset *set, const struct hoststate *state, const struct package **wanted)
{
	const struct version_order *order = version_order_of(hoststate_platform(state));

	for (size_t i = 0; i < hoststate_count(state); i++) {
		const struct installed *p = hoststate_at(state, i);

		*wanted = patchset_find(
			set, hoststate_platform(state), p->name, p->architecture, NULL);
		if (*wanted && version_compare(order, p->version, (*wanted)->version) > 0 &&
			(!*(*wanted)->passed_by ||
				version_compare(order, p->version, (*wanted)->passed_by) > 0))
			return p;
	}
	return NULL;
}

static char *describe_changes(const struct plan *p)
{
	const struct plan_change *first = plan_change_at(p, 0);
	size_t count = plan_change_count(p);

	return mem_printf("%zu package%s behind, first %s %s, wants %s", count,
		count == 1 ? "" : "s", first->name, *first->from ? first->from : "(not installed)",
		first->to);
}

static void note_compliance(
	struct compliance *compliance, const struct patchset *set, const struct hoststate *state)
{
	const struct package *wanted = NULL;
	const struct installed *newer = NULL;

	if (plan_verdict(compliance->plan) == PLAN_BROKEN) {
		compliance->verdict = COMPLIANCE_BROKEN;
		compliance->words = mem_strdup(plan_problem_at(compliance->plan, 0));
	} else if ((newer = find_newer(set, state, &wanted))) {
		compliance->verdict = COMPLIANCE_ELSEWHERE;
		compliance->words = mem_printf("%s is at %s, newer than the set's %s", newer->name,
			newer->version, wanted->version);
	} else if (plan_change_count(compliance->plan)) {
		compliance->verdict = COMPLIANCE_BEHIND;
		compliance->words = describe_changes(compliance->plan);
	} else {
		compliance->verdict = COMPLIANCE_AT_SET;
	}
}

static int judge_platform(struct compliances *f, const struct patchset *set,
	const struct repository *r, const struct universe *u, const struct hoststate *const *states,
	struct error *err)
{
	CLEANUP(planner_free) struct planner *planner = NULL;

	if (planner_new(u, NULL, &planner, err) < 0)
		return -1;
	for (size_t i = 0; i < f->count; i++) {
		if (!states[i] || !str_equal(hoststate_platform(states[i]), r->platform))
			continue;
		if (planner_plan(planner, states[i], &f->compliances[i].plan, err) < 0)
			return -1;
		note_compliance(&f->compliances[i], set, states[i]);
	}
	return 0;
}

/* A state that was read and got no plan: its platform came after the set. */
static void explain_foreign(struct compliances *f, const struct hoststate *const *states)
{
	for (size_t i = 0; i < f->count; i++) {
		if (states[i] && f->compliances[i].verdict == COMPLIANCE_FOREIGN)
			f->compliances[i].words =
				mem_printf("the set was frozen when no host had platform %s",
					hoststate_platform(states[i]));
	}
}

int compliances_new(const struct patchset *set, const char *const *indexes,
	const struct hoststate *const *states, size_t count, struct compliances **out,
	struct error *err)
{
	CLEANUP(compliances_free) struct compliances *f = mem_new(1, sizeof *f);

	f->count = count;
	f->compliances = mem_new(count, sizeof *f->compliances);
	for (size_t i = 0; i < count; i++)
		f->compliances[i].verdict = COMPLIANCE_FOREIGN;
	f->universe_count = patchset_repository_count(set);
	f->universes = mem_new(f->universe_count, sizeof(struct universe *));
	for (size_t i = 0; i < f->universe_count; i++) {
		const struct repository *r = patchset_repository_at(set, i);

		if (load_universe(r, indexes[i], states, count, &f->universes[i], err) < 0)
			return -1;
		if (f->universes[i])
			take_limits(f->universes[i], set, r->platform);
		if (f->universes[i] && judge_platform(f, set, r, f->universes[i], states, err) < 0)
			return error_wrap(err, "planning %s", r->platform);
	}
	explain_foreign(f, states);
	*out = STEAL(&f);
	return 0;
}

enum compliance_verdict compliances_verdict(const struct compliances *f, size_t index)
{
	assert(index < f->count);
	return f->compliances[index].verdict;
}

const struct plan *compliances_plan(const struct compliances *f, size_t index)
{
	assert(index < f->count);
	return f->compliances[index].plan;
}

const char *compliances_words(const struct compliances *f, size_t index)
{
	assert(index < f->count);
	return f->compliances[index].words ? f->compliances[index].words : "";
}

const char *compliance_verdict_name(enum compliance_verdict verdict)
{
	static const char *const names[COMPLIANCE_VERDICT_COUNT] = {
		[COMPLIANCE_AT_SET] = "at-set",
		[COMPLIANCE_BEHIND] = "behind",
		[COMPLIANCE_ELSEWHERE] = "elsewhere",
		[COMPLIANCE_BROKEN] = "broken",
		[COMPLIANCE_FOREIGN] = "foreign",
	};

	return names[verdict];
}

void compliances_free(struct compliances *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++) {
		plan_free(f->compliances[i].plan);
		free(f->compliances[i].words);
	}
	for (size_t i = 0; i < f->universe_count; i++)
		universe_free(f->universes[i]);
	free(f->compliances);
	free(f->universes);
	free(f);
}
