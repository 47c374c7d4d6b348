/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/why.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/setfile.h"
#include "gate/admission.h"
#include "gate/drift.h"
#include "gate/way_on.h"
#include "model/config.h"
#include "model/package_manager.h"
#include "model/patchset.h"
#include "model/topology.h"
#include "model/version.h"
#include "pending/pending_plan.h"
#include "plan/plan.h"
#include "plan/universe.h"
#include "store/candidate.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/host.h"
#include "store/rollout.h"
#include "store/step.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX      8  /* named in a list; the rest is counted */
#define CANDIDATES_MAX 20 /* open ones that are looked into, the newest */

/* What is asked, and what the facts borrow from. */
struct question {
	const struct config *config;
	struct store *store;
	const struct environment *environment;
	struct why_facts facts;

	struct host_row host;
	struct environment_row status;
	struct rollout_row rollout;
	struct rollout_host_rows rollout_hosts;
	struct environment_rows environments;
	struct candidate_rows candidates;
	struct drift drift;
	struct pending_plan *pending_plan;
	const struct plan *plan; /* borrowed from the pending plan; NULL: nothing can be said */
	const char *platform;    /* of the plan */
	bool *is_frozen; /* owned; for each change of the plan: some open candidate brings it */
	struct error problem;
	char *way_on; /* owned */
	struct str held, halted, unfrozen, unresolved, gate, broken, at_work;
};

static void question_done(struct question *q)
{
	host_row_done(&q->host);
	free(q->way_on);
	environment_row_done(&q->status);
	rollout_row_done(&q->rollout);
	rollout_host_rows_done(&q->rollout_hosts);
	environment_rows_done(&q->environments);
	candidate_rows_done(&q->candidates);
	drift_done(&q->drift);
	pending_plan_free(q->pending_plan);
	free(q->is_frozen);
	str_done(&q->held);
	str_done(&q->unfrozen);
	str_done(&q->halted);
	str_done(&q->unresolved);
	str_done(&q->gate);
	str_done(&q->broken);
	str_done(&q->at_work);
}
CLEANUP_DONE(struct question, question_done)

/* Name the first few; `count` is how many there were before this one. */
static void why_add_name(struct str *names, size_t count, const char *name)
{
	if (count < NAMES_MAX)
		str_addf(names, "%s%s", names->size ? ", " : "", name);
	else if (count == NAMES_MAX)
		str_add(names, ", ...");
}

/* ---- the host itself ---- */

static int ask_host(struct question *q, const char *name, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *facts = NULL;
	struct why_facts *f = &q->facts;

	if (store_host_find(q->store, name, &q->host, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	f->scanned_at = q->host.scanned_at;
	f->error = q->host.error;
	f->packages = package_manager_of(q->host.platform);
	f->is_unreachable = str_equal(q->host.error_kind, error_kind_name(ERR_UNREACHABLE));
	if (jvalue_parse(q->host.facts, strlen(q->host.facts), &facts, err) < 0)
		return error_wrap(err, "facts of host '%s'", name);

	const char *audit = jvalue_string(facts, "audit");

	if (audit && *audit) {
		str_add(&q->broken, audit);
		f->broken = str_text(&q->broken);
	}
	return 0;
}

/* ---- its environment ---- */

static void judge_rollout(struct question *q, const char *host)
{
	q->facts.mixed_reason = *q->rollout.reason ? q->rollout.reason : "it was stopped";
	for (size_t i = 0; i < q->rollout_hosts.count; i++) {
		const struct rollout_host_row *row = &q->rollout_hosts.items[i];

		if (strcmp(row->host, host) != 0)
			continue;
		if (row->verdict == HOST_FAILED || row->verdict == HOST_UNREACHABLE)
			q->facts.rollout_failure = row->reason;
		if (row->verdict == HOST_DONE || row->verdict == HOST_NOTHING_TO_DO)
			q->facts.mixed_reason = NULL;
	}
}

static int ask_environment(struct question *q, const char *host, struct error *err)
{
	if (store_environment_find(q->store, q->environment->name, &q->status, err) < 0)
		return -1;
	q->facts.rollout = q->status.rollout;
	if (way_on_find(q->config, q->store, q->environment, &q->way_on, err) < 0)
		return -1;
	q->facts.way_on = q->way_on;
	q->facts.is_rolling = q->status.status == ENVIRONMENT_ROLLING;
	if (q->status.held_at) {
		q->facts.env_held = q->status.held_reason;
		q->facts.env_held_by = q->status.held_by;
	}
	if (q->status.status != ENVIRONMENT_MIXED || !q->status.rollout)
		return 0;
	if (store_rollout_find(q->store, q->status.rollout, &q->rollout, err) < 0 ||
		store_rollout_hosts(q->store, q->status.rollout, &q->rollout_hosts, err) < 0)
		return -1;
	judge_rollout(q, host);
	return 0;
}

/*
 * While a rollout is under way or has stopped half-way, hosts differ for that reason; of a host that
 * could not be read, nobody knows.
 */
static int ask_drift(struct question *q, const char *host, struct error *err)
{
	enum environment_status status = q->status.status;

	if (status == ENVIRONMENT_ROLLING || status == ENVIRONMENT_MIXED || !q->facts.scanned_at ||
		q->facts.error)
		return 0;
	if (drift_find(q->config, q->store, q->environment, &q->drift, err) < 0)
		return -1;
	for (size_t i = 0; i < q->drift.hosts.count; i++) {
		const char *words = q->drift.of[i].contradiction;

		if (strcmp(q->drift.hosts.items[i].name, host) != 0 || !words)
			continue;
		if (str_starts(words, host)) /* "web1: 2 packages behind": the host is known here */
			words += strlen(host) + strspn(words + strlen(host), ": ");
		if (*words)
			q->facts.drift = words;
	}
	return 0;
}

/* ---- what is pending ---- */

static void count_kept(struct question *q)
{
	struct why_facts *f = &q->facts;

	for (size_t i = 0; i < plan_kept_count(q->plan); i++) {
		const struct plan_kept *kept = plan_kept_at(q->plan, i);

		if (kept->cause == KEPT_HELD)
			why_add_name(&q->held, f->held++, kept->name);
		if (kept->cause == KEPT_PINNED) {
			CLEANUP(free) char *name = mem_printf("%s (pinned)", kept->name);

			why_add_name(&q->held, f->held++, name);
		}
		if (kept->cause == KEPT_HALTED)
			why_add_name(&q->halted, f->halted++, kept->name);
		if (kept->cause == KEPT_CONFLICT && !f->unresolved++)
			str_addf(&q->unresolved, "%s: %s", kept->name, kept->reason);
	}
	f->held_names = str_text(&q->held);
	f->halted_names = str_text(&q->halted);
	f->unresolved_reason = str_text(&q->unresolved);
}

static void count_pending(struct question *q, const struct universe *u)
{
	struct why_facts *f = &q->facts;

	f->pending = plan_change_count(q->plan);
	for (size_t i = 0; i < f->pending; i++)
		f->pending_security +=
			universe_at(u, plan_change_at(q->plan, i)->version).is_security;
	if (plan_verdict(q->plan) != PLAN_BROKEN || f->broken)
		return;
	if (plan_problem_count(q->plan))
		str_add(&q->broken, plan_problem_at(q->plan, 0));
	f->broken = str_text(&q->broken);
}

static int ask_pending(struct question *q, const char *host, struct error *err)
{
	if (pending_plan_make(q->config, q->store, NULL, NULL, &q->pending_plan, &q->problem) < 0) {
		if (q->problem.kind != ERR_REFUSED) {
			*err = q->problem;
			return -1;
		}
		q->facts.pending_problem = q->problem.text;
		return 0;
	}
	for (size_t i = 0; i < pending_plan_host_count(q->pending_plan); i++) {
		size_t index = pending_plan_state_of(q->pending_plan, i);

		if (strcmp(pending_plan_host_at(q->pending_plan, i)->name, host) != 0 ||
			index == PENDING_PLAN_NONE)
			continue;

		struct pending_plan_state state = pending_plan_state_at(q->pending_plan, index);
		struct pending_plan_platform platform =
			pending_plan_platform_at(q->pending_plan, state.platform);

		q->plan = state.plan;
		q->platform = platform.platform->name;
		count_pending(q, platform.universe);
		count_kept(q);
	}
	return 0;
}

/* ---- what is owed to it ---- */

static int ask_debts(struct question *q, const char *host, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };

	if (store_debts_of(q->store, host, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.items[i].debt != DEBT_SERVICE)
			continue;
		q->facts.drained_at = rows.items[i].since;
		q->facts.drained_by = rows.items[i].rollout;
	}
	return 0;
}

/* A step that nobody waits for any longer, of whichever rollout. */
static int ask_steps(struct question *q, const char *host, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_steps_open_of(q->store, host, &open, err) < 0)
		return -1;
	if (!open.count)
		return 0;
	str_addf(&q->at_work, "%s of rollout-%" PRId64, step_name(open.items[0].step),
		open.items[0].rollout);
	q->facts.at_work = str_text(&q->at_work);
	return 0;
}

/* ---- the candidates on their way ---- */

/* What a set has of a pending change: that version, else the newest one that is for every host. */
static const struct package *find_frozen(
	const struct question *q, const struct patchset *set, const struct plan_change *change)
{
	const struct package *p =
		patchset_find(set, q->platform, change->name, change->architecture, change->to);

	if (p)
		return p;
	p = patchset_find(set, q->platform, change->name, change->architecture, NULL);
	return p && !*p->above && !p->raises_nothing ? p : NULL;
}

/* Marks the pending changes that a set brings; answers whether it brings any. */
static bool mark_frozen(struct question *q, const struct patchset *set)
{
	const struct version_order *order = version_order_of(q->platform);
	bool brings = false;

	for (size_t i = 0; i < q->facts.pending; i++) {
		const struct plan_change *change = plan_change_at(q->plan, i);
		const struct package *p = find_frozen(q, set, change);

		if (p && version_compare(order, p->version, change->from) > 0)
			brings = true;
		if (p && version_compare(order, p->version, change->to) >= 0)
			q->is_frozen[i] = true;
	}
	return brings;
}

/* The last environment before the host's own that runs the candidate; NULL: none does. */
static const struct environment *why_place(const struct question *q, const char *candidate)
{
	for (size_t i = q->environment->index; i-- > 0;) {
		const struct environment *e = &q->config->environments[i];

		for (size_t k = 0; k < q->environments.count; k++) {
			if (str_equal(q->environments.items[k].name, e->name) &&
				str_equal(q->environments.items[k].candidate, candidate))
				return e;
		}
	}
	return NULL;
}

/* The candidate that has come furthest wins; of equals, the newest, which was looked at first. */
static void consider(struct question *q, const char *candidate)
{
	const struct environment *at = why_place(q, candidate);
	const struct environment *best =
		q->facts.candidate_at ? config_environment(q->config, q->facts.candidate_at) : NULL;

	if (q->facts.candidate && (!at || (best && best->index >= at->index)))
		return;
	q->facts.candidate = candidate;
	q->facts.candidate_at = at ? at->name : NULL;
	q->facts.candidate_next = q->config->environments[at ? at->index + 1 : 0].name;
}

static int ask_gate(struct question *q, struct error *err)
{
	CLEANUP(gate_decision_done) struct gate_decision decision = { 0 };
	const struct admission asked = { q->config, q->store, q->facts.candidate,
		config_environment(q->config, q->facts.candidate_next) };

	if (!q->facts.candidate_at)
		return 0;
	if (admission_ask(&asked, &decision, err) < 0)
		return -1;
	for (size_t i = 0; i < decision.count; i++)
		str_addf(&q->gate, "%s%s (%s)", i ? "; " : "", decision.reasons[i].text,
			decision.reasons[i].remedy);
	q->facts.gate_missing = decision.verdict == GATE_OPEN ? NULL : str_text(&q->gate);
	return 0;
}

static int ask_candidates(struct question *q, struct error *err)
{
	size_t looked = 0;

	if (!q->facts.pending)
		return 0;
	q->is_frozen = mem_new(q->facts.pending, sizeof *q->is_frozen);
	if (store_candidates(q->store, NULL, &q->candidates, err) < 0 ||
		store_environments(q->store, &q->environments, err) < 0)
		return -1;
	for (size_t i = 0; i < q->candidates.count && looked < CANDIDATES_MAX; i++) {
		const struct candidate_row *row = &q->candidates.items[i];
		CLEANUP(patchset_free) struct patchset *set = NULL;

		if (row->closed_at || row->lane == LANE_SNAPSHOT ||
			setfile_is_cleaned(q->config->state, row->set))
			continue;
		if (setfile_open(q->config->state, row->set, &set, err) < 0)
			return -1;
		if (mark_frozen(q, set))
			consider(q, row->id);
		looked++;
	}
	for (size_t i = 0; i < q->facts.pending; i++) {
		if (!q->is_frozen[i])
			why_add_name(&q->unfrozen, q->facts.unfrozen++,
				plan_change_at(q->plan, i)->name);
	}
	q->facts.unfrozen_names = str_text(&q->unfrozen);
	return q->facts.candidate ? ask_gate(q, err) : 0;
}

int why_ask(const struct topology *topology, struct store *store, const char *host,
	struct why_answers *out, struct error *err)
{
	CLEANUP(question_done) struct question q = { .config = topology->config, .store = store };
	struct place at = { 0 };

	q.facts.now = clock_now();
	q.facts.host = host;
	if (topology_find_host(topology, host, &at)) {
		q.environment = at.environment;
		q.facts.environment = q.environment->name;
		if (ask_host(&q, host, err) < 0 || ask_environment(&q, host, err) < 0 ||
			ask_debts(&q, host, err) < 0 || ask_steps(&q, host, err) < 0 ||
			ask_drift(&q, host, err) < 0 || ask_pending(&q, host, err) < 0 ||
			ask_candidates(&q, err) < 0)
			return -1;
	}
	why_decide(&q.facts, out);
	return 0;
}
