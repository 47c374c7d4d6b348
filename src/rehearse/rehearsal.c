/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/rehearsal.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/clone.h"
#include "clone/provider.h"
#include "clone/topology_read.h"
#include "content/setfile.h"
#include "gate/admission.h"
#include "gate/testing.h"
#include "model/config.h"
#include "model/patchset.h"
#include "model/place.h"
#include "pending/freeze.h"
#include "promote/promote.h"
#include "rehearse/hostlog.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/evidence.h"
#include "store/lease.h"
#include "store/rehearsal.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATCHED "patched" /* the provider's snapshot of the patched, untested clone */

/* A rehearsal while its program lives. */
struct rehearsing {
	const struct rehearsal_request *request;
	struct rehearsal_summary summary;
	struct rehearsal_row row;
	const struct environment *environment; /* the original */
	struct topology *topology;             /* owned: with its clone; NULL until it is there */
	const struct environment *clone;
};

static void rehearsing_done_p(struct rehearsing *r)
{
	rehearsal_row_done(&r->row);
	topology_free(r->topology);
}

/* "rehearsal-7": for the lease and the folder of logs; owned by the caller. */
static char *rehearsal_name(int64_t id)
{
	return mem_printf("rehearsal-%lld", (long long)id);
}

const char *rehearsal_stage_name(enum rehearsal_stage stage)
{
	static const char *const names[REHEARSE_STAGE_COUNT] = {
		[REHEARSE_FREEZE] = "freeze",
		[REHEARSE_CLONE] = "clone",
		[REHEARSE_PATCH] = "patch",
		[REHEARSE_TEST] = "test",
	};

	return names[stage];
}

static void tell_stage(const struct rehearsing *r, enum rehearsal_stage stage, const char *words)
{
	const struct rehearsal_watch *watch = &r->request->watch;

	if (watch->on_stage)
		watch->on_stage(watch->context, stage, words);
}

/* ---- the row ---- */

static int change_row(struct rehearsing *r, struct rehearsal_change change, struct error *err)
{
	struct store *store = r->request->store;
	CLEANUP(rehearsal_row_done) struct rehearsal_row changed = { 0 };

	if (store_rehearsal_change(store, &r->row, &change, r->request->actor, err) < 0 ||
		store_rehearsal_find(store, r->row.id, &changed, err) < 0)
		return -1;
	rehearsal_row_done(&r->row);
	r->row = changed;
	changed = (struct rehearsal_row){ 0 };
	return 0;
}

static int note_clone(struct rehearsing *r, const char *name, struct error *err)
{
	if (str_equal(r->row.clone, name))
		return 0;
	return change_row(r, (struct rehearsal_change){ .to = r->row.state, .clone = name }, err);
}

static int end(
	struct rehearsing *r, enum rehearsal_state state, const char *reason, struct error *err)
{
	snprintf(r->summary.reason, sizeof r->summary.reason, "%s", reason);
	return change_row(r, (struct rehearsal_change){ .to = state, .reason = reason }, err);
}

static void sum_up(struct rehearsing *r)
{
	struct rehearsal_summary *s = &r->summary;

	s->id = r->row.id;
	s->state = r->row.state;
	snprintf(s->candidate, sizeof s->candidate, "%s", r->row.candidate ? r->row.candidate : "");
	snprintf(s->clone, sizeof s->clone, "%s", r->row.clone ? r->row.clone : "");
}

/* ---- what is asked for ---- */

static int check_policy(const struct rehearsal_request *request, struct error *err)
{
	const struct environment *e = request->environment;

	if (e->original)
		return error_set(err, ERR_USAGE, "'%s' is a clone: rehearse '%s'", e->name,
			e->original->name);
	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"'%s' cannot be cloned: name a snapshot provider under its 'clone' in %s",
			e->name, request->config->path);
	if (!*e->clone.gate.tests)
		return error_set(err, ERR_USAGE,
			"nothing would be tested: name 'tests' in the gate of '%s', or under its 'clone', "
			"in %s",
			e->name, request->config->path);
	return 0;
}

static int find_release(const struct rehearsal_request *request, char **release, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	const char *name = request->environment->name;

	if (store_environment_find(request->store, name, &row, err) < 0)
		return -1;
	if (!row.release)
		return error_set(err, ERR_REFUSED,
			"which release '%s' runs is not known: 'patchline deployed RELEASE --to %s' tells it",
			name, name);
	*release = mem_strdup(row.release);
	return 0;
}

static struct freeze_request freeze_request_of(
	const struct rehearsal_request *request, const char *release)
{
	return (struct freeze_request){
		.config = request->config,
		.store = request->store,
		.release = release,
		.actor = request->actor,
		.environment = request->environment,
		.is_security_only = request->is_security_only,
		.fixes = request->fixes,
		.on_progress = request->watch.on_fetch,
		.context = request->watch.context,
	};
}

/* What is tried. */
struct tried {
	char *set, *candidate; /* owned: digest, id */
	bool is_empty; /* nothing is pending; a set that was named is tried whatever it holds */
};

static void tried_done_p(struct tried *t)
{
	free(t->set);
	free(t->candidate);
}

static int take_set(const struct rehearsal_request *request, const char *release, struct tried *out,
	struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	const struct candidate_draft draft = { release, request->set, LANE_SNAPSHOT };

	if (setfile_open(request->config->state, request->set, &set, err) < 0 ||
		store_candidate_add(request->store, &draft, request->actor, &row, err) < 0)
		return -1;
	out->set = mem_strdup(row.set);
	out->candidate = mem_strdup(row.id);
	return 0;
}

static int freeze_set_of(const struct rehearsal_request *request, const char *release,
	struct tried *out, struct error *err)
{
	CLEANUP(freeze_free) struct freeze *f = NULL;
	struct freeze_request freezing = freeze_request_of(request, release);

	if (freeze_make(&freezing, &f, err) < 0)
		return -1;
	out->set = mem_strdup(patchset_digest(freeze_set(f)));
	out->candidate = mem_strdup(freeze_candidate(f));
	out->is_empty = !freeze_count(f);
	if (request->watch.on_frozen)
		request->watch.on_frozen(request->watch.context, f);
	return 0;
}

/* ---- beginning ---- */

static char *asked_json(const struct rehearsal_request *request)
{
	CLEANUP(jvalue_free) struct jvalue *asked = jvalue_object();

	if (request->fixes) {
		struct jvalue *fixes = jvalue_array();

		for (const char *const *fix = request->fixes; *fix; fix++)
			jvalue_add_string(fixes, *fix);
		jvalue_set(asked, "fixes", fixes);
	} else if (request->set) {
		jvalue_set_string(asked, "set", request->set);
	} else {
		jvalue_set_string(asked, "what", request->is_security_only ? "security" : "all");
	}
	return jvalue_write(asked);
}

static int begin_in(struct rehearsing *r, const struct tried *tried, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(free) char *asked = asked_json(request);

	if (store_rehearsal_add(request->store, request->environment->name, asked, request->origin,
		    request->actor, &r->row, err) < 0)
		return -1;
	return change_row(r,
		(struct rehearsal_change){
			.to = REHEARSAL_RUNNING,
			.set = tried->set,
			.candidate = tried->candidate,
		},
		err);
}

/* From here on there is a row, and what goes wrong stands in it. */
static int begin(struct rehearsing *r, const struct tried *tried, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = r->request->store;

	if (transaction_begin(&transaction, store, err) < 0 || begin_in(r, tried, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* ---- the clone ---- */

static struct cloning cloning_of(const struct rehearsing *r)
{
	return (struct cloning){
		.config = r->request->config,
		.store = r->request->store,
		.environment = r->environment,
		.actor = r->request->actor,
		.watch = r->request->watch.cloning,
	};
}

/* A clone that was begun since the rehearsal was, that nobody works on and nothing was tried in. */
static int is_unclaimed(
	const struct rehearsing *r, const struct clone_row *row, bool *out, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row owner = { 0 };
	bool is_held = false;

	*out = false;
	if (row->created_at < r->row.started_at || row->candidate || row->state > CLONE_RUNNING)
		return 0;
	if (store_rehearsal_of_clone(r->request->store, row->name, &owner, err) == 0)
		return 0;
	if (err->kind != ERR_NOT_FOUND ||
		lease_is_held(r->request->store, row->name, &is_held, err) < 0)
		return -1;
	*out = !is_held;
	return 0;
}

/* A program that was killed, or failed, while it cloned has left a clone that its row does not name yet. */
static int adopt_clone(struct rehearsing *r, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };

	if (r->row.clone)
		return 0;
	if (store_clones(r->request->store, r->environment->name, false, &rows, err) < 0)
		return -1;
	for (size_t i = rows.count; i-- > 0;) {
		bool is_free = false;

		if (is_unclaimed(r, &rows.items[i], &is_free, err) < 0)
			return -1;
		if (is_free)
			return note_clone(r, rows.items[i].name, err);
	}
	return 0;
}

static int make_clone(struct rehearsing *r, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct cloning cloning = cloning_of(r);
	struct error ignored = { 0 };

	if (cloning_run(&cloning, &row, err) < 0) {
		/* What came of it is looked at and removed under the name that the row then has. */
		if (adopt_clone(r, &ignored) < 0)
			return error_wrap(err, "cloning '%s'", r->environment->name);
		return -1;
	}
	return note_clone(r, row.name, err);
}

/* Bring a clone that is there to where it can be patched. */
static int wake_clone(struct rehearsing *r, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(clone_row_done) struct clone_row resumed = { 0 };
	struct cloning cloning = cloning_of(r);

	if (store_clone_find(r->request->store, r->row.clone, &row, err) < 0)
		return -1;
	if (row.state == CLONE_RUNNING)
		return 0;
	if (row.state == CLONE_MAKING || row.state == CLONE_MADE)
		return cloning_resume(&cloning, row.number, &resumed, err);
	if (row.state == CLONE_STOPPED)
		return cloning_start(&cloning, row.number, err);
	return error_set(err, ERR_REFUSED, "its clone '%s' is %s: rehearse anew", row.name,
		clone_state_name(row.state));
}

static int need_clone(struct rehearsing *r, struct error *err)
{
	tell_stage(r, REHEARSE_CLONE, r->environment->name);
	if (adopt_clone(r, err) < 0 || (r->row.clone ? wake_clone(r, err) : make_clone(r, err)) < 0)
		return -1;
	topology_free(STEAL(&r->topology));
	if (topology_read(r->request->config, r->request->store, &r->topology, err) < 0)
		return -1;
	r->clone = topology_environment(r->topology, r->row.clone);
	if (!r->clone)
		return error_set(err, ERR_NOT_FOUND, "there is no clone '%s'", r->row.clone);
	return 0;
}

/* ---- patching it ---- */

/*
 * The candidate is there already: a rollout that came to its end is not begun again. A clone that was copied with
 * the set is rolled out to all the same, so that its row and its hosts say what is tried.
 */
static int is_patched(const struct rehearsing *r, bool *out, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(clone_row_done) struct clone_row clone = { 0 };

	if (store_environment_find(r->request->store, r->clone->name, &row, err) < 0 ||
		store_clone_find(r->request->store, r->clone->name, &clone, err) < 0)
		return -1;
	*out = row.status == ENVIRONMENT_CLEAN && str_equal(row.set, r->row.set) &&
	       str_equal(clone.candidate, r->row.candidate);
	return 0;
}

/* clone_act: keep the patched clone as it is before anybody tests it. */
static int keep_patched(
	struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct provider_session *session = NULL;
	struct provider_target target = clone_target(c, NULL);

	(void)context;
	(void)trace;
	if (clone_provider(c, &session, err) < 0)
		return -1;
	return provider_snapshot(session, &target, PATCHED, err);
}

static int keep_snapshot(const struct rehearsing *r, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(clone_close) struct clone *clone = NULL;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(free) char *what = mem_printf("patchline rehearse %s", r->environment->name);
	struct provider_session *session = NULL;
	struct clone_request opening = { request->config, request->store, r->environment,
		request->actor, request->watch.cloning.clone };

	if (store_clone_find(request->store, r->row.clone, &row, err) < 0 ||
		lease_take(request->store, row.name, what, request->actor, &lease, err) < 0 ||
		clone_open(&opening, row.number, &clone, err) < 0)
		return -1;
	if (clone_has_done(clone, "snapshot", PATCHED))
		return 0;
	if (clone_provider(clone, &session, err) < 0)
		return -1;
	return provider_can(session, "snapshot")
		       ? clone_do(clone, "snapshot", PATCHED, keep_patched, NULL, err)
		       : 0;
}

/* *is_good: false when hosts failed; the summary then says so. */
static int patch(struct rehearsing *r, bool *is_good, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	struct promotion p = { request->config, request->store, r->clone, request->actor,
		request->watch.rollout };
	struct rollout_summary sum = { .is_complete = true };
	bool is_done = false;

	if (is_patched(r, &is_done, err) < 0)
		return -1;
	if (!is_done) {
		tell_stage(r, REHEARSE_PATCH, r->clone->name);
		if (promotion_run(&p, r->row.candidate, &sum, err) < 0)
			return -1;
	}
	*is_good = sum.is_complete;
	if (!sum.is_complete)
		snprintf(r->summary.reason, sizeof r->summary.reason, "rollout-%lld on %s: %s",
			(long long)sum.id, r->clone->name, sum.stop_reason);
	return sum.is_complete ? keep_snapshot(r, err) : 0;
}

/* ---- testing it ---- */

/* True when every place that the suite runs in has a pass since then. */
static bool has_passed(
	const struct test_rows *rows, const char *suite, const char *host, int64_t since)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct test_row *row = &rows->items[i];

		if (str_equal(row->suite, suite) && str_equal(row->host, host))
			return row->outcome == OUTCOME_PASSED && row->started_at >= since;
	}
	return false;
}

static bool is_tested(
	const struct rehearsing *r, const struct test_rows *rows, const char *name, int64_t since)
{
	const struct group *group =
		environment_group(r->clone, config_suite(r->request->config, name)->on);

	for (size_t i = 0; group && i < group->host_count; i++) {
		if (!has_passed(rows, name, group->hosts[i].name, since))
			return false;
	}
	return group || has_passed(rows, name, "", since);
}

/* The suites that have not passed yet on the patched clone, ended by NULL. free(). */
static int find_untested(const struct rehearsing *r, const char ***out, struct error *err)
{
	const char *const *tests = r->clone->gate.tests;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(test_rows_done) struct test_rows rows = { 0 };
	size_t count = 0, left = 0;

	if (store_environment_find(r->request->store, r->clone->name, &row, err) < 0 ||
		store_tests(r->request->store, r->clone->name, r->row.candidate, &rows, err) < 0)
		return -1;
	while (tests[count])
		count++;
	*out = mem_new(count + 1, sizeof **out);
	for (size_t i = 0; i < count; i++) {
		if (!is_tested(r, &rows, tests[i], row.entered_at))
			(*out)[left++] = tests[i];
	}
	return 0;
}

/* What the gate misses beside people and time; the summary then says it. */
static int judge(struct rehearsing *r, bool *is_good, struct error *err)
{
	CLEANUP(gate_decision_done) struct gate_decision decision = { 0 };
	CLEANUP(str_done) struct str words = { 0 };

	if (admission_ask(r->request->config, r->request->store, r->row.candidate, r->clone,
		    r->environment, &decision, err) < 0)
		return -1;
	for (size_t i = 0; i < decision.count; i++) {
		enum gate_reason_kind kind = decision.reasons[i].kind;

		if (kind != GATE_APPROVALS && kind != GATE_REJECTED && kind != GATE_SOAK)
			str_addf(&words, "%s%s", words.size ? "; " : "", decision.reasons[i].text);
	}
	*is_good = !words.size;
	snprintf(r->summary.reason, sizeof r->summary.reason, "%s", str_text(&words));
	return 0;
}

static int test(struct rehearsing *r, bool *is_good, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(free) const char **names = NULL;
	struct testing_summary sum = { 0 };
	struct testing_request testing = {
		.config = request->config,
		.store = request->store,
		.environment = r->clone,
		.actor = request->actor,
		.on_start = request->watch.on_test_start,
		.on_end = request->watch.on_test_end,
		.context = request->watch.context,
	};

	if (find_untested(r, &names, err) < 0)
		return -1;
	testing.only = names;
	if (*names) {
		tell_stage(r, REHEARSE_TEST, r->clone->name);
		if (testing_run(&testing, &sum, err) < 0)
			return -1;
	}
	r->summary.passed = sum.passed;
	r->summary.failed = sum.failed;
	return judge(r, is_good, err);
}

/* ---- how it ends ---- */

/* The hosts of the clone on which the last rollout failed; all of them when it did on none. */
static int find_failing(const struct rehearsing *r, const struct host **hosts, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows rows = { 0 };
	size_t count = 0;

	if (store_environment_find(r->request->store, r->clone->name, &row, err) < 0 ||
		(row.rollout &&
			store_rollout_hosts(r->request->store, row.rollout, &rows, err) < 0))
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		struct place at = { 0 };

		if (rows.items[i].verdict == HOST_FAILED &&
			environment_find_host(r->clone, rows.items[i].host, &at))
			hosts[count++] = at.host;
	}
	if (count)
		return 0;
	for (struct place at = { 0 }; environment_next_host(r->clone, &at);)
		hosts[count++] = at.host;
	return 0;
}

/* Logs help to find out why; that there are none is no other failure. */
static void keep_logs(struct rehearsing *r)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(free)
	const struct host **hosts =
		mem_new(environment_host_count(r->clone) + 1, sizeof(const struct host *));
	CLEANUP(free) char *name = rehearsal_name(r->row.id);
	struct error ignored = { 0 };

	snprintf(r->summary.logs, sizeof r->summary.logs, "%s/rehearsals/%s",
		request->config->state, name);

	struct hostlog_request keeping = {
		.config = request->config,
		.store = request->store,
		.hosts = hosts,
		.folder = r->summary.logs,
		.subject = SUBJECT_REHEARSAL,
		.subject_id = name,
		.actor = request->actor,
	};

	if (find_failing(r, hosts, &ignored) < 0 || hostlog_keep(&keeping, &ignored) < 0)
		*r->summary.logs = '\0';
}

static int fail(struct rehearsing *r, struct error *err)
{
	CLEANUP(free) char *reason = mem_strdup(r->summary.reason);

	if (r->clone)
		keep_logs(r);
	return end(r, REHEARSAL_FAILED, reason, err);
}

static int walk(struct rehearsing *r, struct error *err)
{
	bool is_good = false;

	if (need_clone(r, err) < 0 || patch(r, &is_good, err) < 0)
		return -1;
	if (is_good && test(r, &is_good, err) < 0)
		return -1;
	return is_good ? end(r, REHEARSAL_WAITING, "", err) : fail(r, err);
}

/* What stopped a stage is the reason; but that somebody else is at it says nothing of the patches. */
static int run_stages(struct rehearsing *r, struct error *err)
{
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(free) char *name = rehearsal_name(r->row.id);
	CLEANUP(free) char *what = mem_printf("patchline rehearse %s", r->environment->name);
	struct error ignored = { 0 };

	if (lease_take(r->request->store, name, what, r->request->actor, &lease, err) < 0)
		return -1;
	if (walk(r, err) == 0)
		return 0;
	if (err->kind == ERR_CONFLICT)
		return -1;
	snprintf(r->summary.reason, sizeof r->summary.reason, "%s", err->text);
	if (fail(r, &ignored) < 0)
		return error_wrap(err, "%s is left running", name);
	return error_wrap(err, "%s", name);
}

/* ---- from outside ---- */

/* That nothing is pending is an answer to the timetable; a person is told, and no row is made of it. */
static int rehearse(struct rehearsing *r, const struct tried *tried, struct error *err)
{
	if (tried->is_empty && r->request->origin == ORIGIN_PERSON)
		return error_set(err, ERR_REFUSED,
			"nothing is pending on the hosts of '%s': there is nothing to try",
			r->environment->name);
	if (begin(r, tried, err) < 0)
		return -1;
	if (tried->is_empty)
		return end(r, REHEARSAL_ENDED, "nothing is pending", err);
	return run_stages(r, err);
}

int rehearsal_run(
	const struct rehearsal_request *request, struct rehearsal_summary *out, struct error *err)
{
	CLEANUP(rehearsing_done)
	struct rehearsing r = { .request = request, .environment = request->environment };
	CLEANUP(tried_done) struct tried tried = { 0 };
	CLEANUP(free) char *release = NULL;

	if (check_policy(request, err) < 0 || find_release(request, &release, err) < 0)
		return -1;
	tell_stage(&r, REHEARSE_FREEZE, request->environment->name);
	if ((request->set ? take_set : freeze_set_of)(request, release, &tried, err) < 0 ||
		rehearse(&r, &tried, err) < 0)
		return -1;
	sum_up(&r);
	*out = r.summary;
	return 0;
}

/* Running with a dead program, or failed: it may go on. */
static int reopen(struct rehearsing *r, struct error *err)
{
	if (r->row.state == REHEARSAL_RUNNING)
		return 0;
	if (r->row.state != REHEARSAL_FAILED)
		return error_set(err, ERR_REFUSED,
			"rehearsal-%lld is %s: there is nothing left to do", (long long)r->row.id,
			rehearsal_state_name(r->row.state));
	return change_row(r, (struct rehearsal_change){ .to = REHEARSAL_RUNNING }, err);
}

int rehearsal_resume(const struct rehearsal_request *request, int64_t id,
	struct rehearsal_summary *out, struct error *err)
{
	CLEANUP(rehearsing_done) struct rehearsing r = { .request = request };

	if (store_rehearsal_find(request->store, id, &r.row, err) < 0)
		return -1;
	r.environment = config_environment(request->config, r.row.environment);
	if (!r.environment)
		return error_set(err, ERR_REFUSED, "'%s', which was rehearsed, is no longer in %s",
			r.row.environment, request->config->path);
	if (reopen(&r, err) < 0 || run_stages(&r, err) < 0)
		return -1;
	sum_up(&r);
	*out = r.summary;
	return 0;
}

int rehearsal_preview(
	const struct rehearsal_request *request, struct freeze **out, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(free) char *release = NULL;

	if (check_policy(request, err) < 0 || find_release(request, &release, err) < 0)
		return -1;
	if (request->set) {
		*out = NULL;
		return setfile_open(request->config->state, request->set, &set, err);
	}

	struct freeze_request freezing = freeze_request_of(request, release);

	freezing.is_dry_run = true;
	return freeze_make(&freezing, out, err);
}

int rehearsal_is_alive(struct store *store, int64_t id, bool *out, struct error *err)
{
	CLEANUP(free) char *name = rehearsal_name(id);

	return lease_is_held(store, name, out, err);
}
