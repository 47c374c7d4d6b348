/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/admission.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/drift.h"
#include "model/config.h"
#include "store/candidate.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/store.h"

#include <stdlib.h>

/* What the gate is told, and who owns it meanwhile. */
struct facts {
	struct gate_facts gate;
	const struct drift *drift; /* somebody else's, or the own */
	struct drift own;
	struct test_rows tests;
	struct approval_rows approvals;
	struct gate_test *gate_tests;
	struct gate_approval *gate_approvals;
	struct gate_place *places;
};

static void facts_done_p(struct facts *f)
{
	drift_done(&f->own);
	test_rows_done(&f->tests);
	approval_rows_done(&f->approvals);
	free(f->gate_tests);
	free(f->gate_approvals);
	free(f->places);
}

static void fill_tests(struct facts *f)
{
	f->gate_tests = mem_new(f->tests.count, sizeof *f->gate_tests);
	for (size_t i = 0; i < f->tests.count; i++) {
		const struct test_row *row = &f->tests.items[i];

		f->gate_tests[i] =
			(struct gate_test){ row->suite, row->host, row->outcome, row->started_at,
				str_equal(row->fingerprint, f->drift->fingerprint), row->id };
	}
	f->gate.tests = f->gate_tests;
	f->gate.test_count = f->tests.count;
}

static void fill_approvals(struct facts *f)
{
	f->gate_approvals = mem_new(f->approvals.count, sizeof *f->gate_approvals);
	for (size_t i = 0; i < f->approvals.count; i++) {
		const struct approval_row *row = &f->approvals.items[i];

		f->gate_approvals[i] =
			(struct gate_approval){ row->kind, row->approver, row->at, row->id };
	}
	f->gate.approvals = f->gate_approvals;
	f->gate.approval_count = f->approvals.count;
}

/* A suite that runs on a group has to have run on each of its hosts. */
static void fill_places(struct facts *f, const struct config *config, const struct environment *e)
{
	size_t count = 0, capacity = 0;

	for (const char *const *name = e->gate.tests; *name; name++) {
		const struct group *group = environment_group(e, config_suite(config, *name)->on);

		for (size_t i = 0; group && i < group->host_count; i++) {
			f->places = mem_room(f->places, count, &capacity, sizeof *f->places);
			f->places[count++] = (struct gate_place){ *name, group->hosts[i].name };
		}
	}
	f->gate.places = f->places;
	f->gate.place_count = count;
}

/* All of one moment: evidence, and what it is evidence of. */
static int gather(struct facts *f, const struct config *config, struct store *store,
	const struct environment *e, struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };

	if (reading_begin(&reading, store, err) < 0)
		return -1;
	if (!f->drift) {
		if (drift_find(config, store, e, &f->own, err) < 0)
			return -1;
		f->drift = &f->own;
	}
	if (store_candidate_find(store, f->gate.candidate, &candidate, err) < 0 ||
		store_tests(store, e->name, f->gate.candidate, &f->tests, err) < 0 ||
		store_approvals(store, e->name, f->gate.candidate, &f->approvals, err) < 0)
		return -1;
	f->gate.predecessor = e->name;
	f->gate.gate = &e->gate;
	f->gate.status = f->drift->row.status;
	f->gate.running = f->drift->row.candidate;
	f->gate.release = f->drift->row.release;
	f->gate.has_set = str_equal(f->drift->row.set, candidate.set);
	f->gate.entered_at = f->drift->row.entered_at;
	if (f->drift->contradicted && f->gate.status == ENVIRONMENT_CLEAN)
		f->gate.status = ENVIRONMENT_UNKNOWN;
	fill_tests(f);
	fill_approvals(f);
	fill_places(f, config, e);
	return 0;
}

static int gate_ask(struct facts *f, const struct admission *asked, struct gate_decision *out,
	struct error *err)
{
	const struct environment *target = asked->target;
	const struct environment *e =
		asked->witness ? asked->witness : config_predecessor(asked->config, target);

	f->drift = asked->drift;
	f->own.first = "";
	f->gate.candidate = asked->candidate;
	f->gate.target = target->name;
	f->gate.now = clock_now();
	if (e && gather(f, asked->config, asked->store, e, err) < 0)
		return error_wrap(err, "asking the gate before '%s'", target->name);
	gate_decide(&f->gate, out);
	return 0;
}

int admission_ask(const struct admission *asked, struct gate_decision *out, struct error *err)
{
	CLEANUP(facts_done) struct facts f = { 0 };

	return gate_ask(&f, asked, out, err);
}

static int tell_refusal(struct store *store, const struct gate_decision *decision,
	const struct gate_facts *facts, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	struct jvalue *reasons = jvalue_array();
	struct event_draft event = { actor, "gate.refused", SUBJECT_ENVIRONMENT, facts->target,
		payload };

	for (size_t i = 0; i < decision->count; i++)
		jvalue_add_string(reasons, decision->reasons[i].text);
	jvalue_set_string(payload, "candidate", facts->candidate);
	jvalue_set_string(payload, "verdict", gate_verdict_name(decision->verdict));
	jvalue_set(payload, "reasons", reasons);
	return store_event_add(store, &event, err);
}

int admission_check(const struct admission *asked, const char *actor, struct error *err)
{
	CLEANUP(facts_done) struct facts f = { 0 };
	CLEANUP(gate_decision_done) struct gate_decision decision = { 0 };

	if (gate_ask(&f, asked, &decision, err) < 0)
		return -1;
	if (actor && decision.verdict != GATE_OPEN &&
		tell_refusal(asked->store, &decision, &f.gate, actor, err) < 0)
		return -1;
	return gate_check(&f.gate, &decision, err);
}
