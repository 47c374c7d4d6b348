/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/testing.h"

#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "clone/answer.h"
#include "evidence/suite.h"
#include "fleet/environment_scan.h"
#include "fleet/session.h"
#include "gate/drift.h"
#include "model/config.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const format_names[] = {
	[TEST_EXIT] = "exit",
	[TEST_TAP] = "tap",
	[TEST_JUNIT] = "junit",
};

/* A run of suites: what they are to test, and where it was seen. */
struct testing {
	const struct testing_request *request;
	struct testing_summary *summary;
	struct environment_scan scan;
	struct drift drift;
	struct suite_host *hosts;
	char *directory;          /* of the configuration */
	struct machines machines; /* of a clone: how its inside is reached */
};

static void testing_done_p(struct testing *t)
{
	environment_scan_done(&t->scan);
	drift_done(&t->drift);
	free(t->hosts);
	free(t->directory);
	machines_done(&t->machines);
}

/* ---- running ---- */

static struct scan_target *testing_target(const struct environment_scan *c, const char *host)
{
	for (size_t i = 0; i < c->count; i++) {
		if (str_equal(host_plain_name(c->places[i].host), host))
			return &c->targets[i];
	}
	return NULL;
}

/* suite_shell. */
static int run_on_host(void *context, const char *host, const char *script, int64_t timeout_ms,
	struct process_result *out, struct error *err)
{
	struct testing *t = context;
	struct scan_target *target = testing_target(&t->scan, host);
	CLEANUP(session_result_done) struct session_result result = { 0 };
	struct session_call call = { .program = "command",
		.args = (const char *const[]){ "exec sh -s", "as-user", NULL },
		.input = script,
		.input_size = strlen(script),
		.timeout_ms = timeout_ms };

	if (!target)
		return error_set(err, ERR_NOT_FOUND, "host '%s' was not scanned", host);
	if (session_run(target->session, &call, &result, err) < 0)
		return -1;
	*out = (struct process_result){
		.output = STEAL(&result.output),
		.output_size = result.output_size,
		.errors = STEAL(&result.errors),
		.errors_size = result.errors_size,
		.exit_status = result.exit_status,
		.is_truncated = result.is_truncated,
		.elapsed_ms = result.elapsed_ms,
	};
	return 0;
}

/* The cases that did not pass, with their own words. */
static char *details_json(const struct suite_result *result)
{
	CLEANUP(jvalue_free) struct jvalue *details = jvalue_object();
	struct jvalue *cases = jvalue_array();

	for (size_t i = 0; i < result->report.count; i++) {
		const struct test_case *c = &result->report.cases[i];
		struct jvalue *one = c->outcome == CASE_FAILED ? jvalue_object() : NULL;

		if (!one)
			continue;
		jvalue_set_string(one, "name", c->name);
		jvalue_set_string(one, "message", c->message);
		jvalue_add(cases, one);
	}
	jvalue_set_string(details, "reason", result->reason);
	jvalue_set(details, "failed", cases);
	return jvalue_write(details);
}

static int testing_keep(struct testing *t, const struct suite *suite, const char *host,
	const struct suite_result *result, struct error *err)
{
	CLEANUP(free) char *details = details_json(result);
	struct test_row row = {
		.environment = t->request->environment->name,
		.candidate = drift_candidate(&t->drift),
		.release = t->drift.row.release ? t->drift.row.release : "",
		.set = t->drift.row.set,
		.suite = suite->name,
		.host = host,
		.outcome = result->outcome,
		.passed = (int64_t)result->report.passed,
		.failed = (int64_t)result->report.failed,
		.skipped = (int64_t)result->report.skipped,
		.started_at = result->started_at,
		.ended_at = result->ended_at,
		.format = format_names[suite->format],
		.output = result->output,
		.details = details,
		.fingerprint = t->drift.fingerprint,
	};
	struct test_told told = {
		.suite = suite->name,
		.host = host,
		.outcome = result->outcome,
		.passed = result->report.passed,
		.failed = result->report.failed,
		.skipped = result->report.skipped,
		.elapsed = result->ended_at - result->started_at,
		.reason = result->reason,
	};

	if (store_test_add(t->request->store, &row, t->request->actor, &told.id, err) < 0)
		return -1;
	if (t->request->on_end)
		t->request->on_end(t->request->context, &told);
	*(result->outcome == OUTCOME_PASSED ? &t->summary->passed : &t->summary->failed) += 1;
	return 0;
}

/* "clone-3" of "production/clone-3"; NULL when it is no clone. Borrowed. */
static const char *clone_word(const struct environment *e)
{
	return e->original ? strrchr(e->name, '/') + 1 : NULL;
}

/* host: NULL on the controller. */
static int testing_run_one(
	struct testing *t, const struct suite *suite, const struct host *host, struct error *err)
{
	CLEANUP(suite_result_done) struct suite_result result = { 0 };
	const struct environment *e = t->request->environment;
	const char *name = host ? host->name : "";
	struct suite_place place = { host ? host_plain_name(host) : NULL, run_on_host, t };
	struct suite_setting setting = {
		.environment = e->original ? e->original->name : e->name,
		.clone = clone_word(e),
		.inside = t->machines.inside,
		.candidate = drift_candidate(&t->drift),
		.release = t->drift.row.release,
		.set = t->drift.row.set,
		.hosts = t->hosts,
		.host_count = t->scan.count,
		.directory = t->directory,
	};

	if (t->request->on_start)
		t->request->on_start(t->request->context, suite->name, name);
	if (suite_run(suite, &setting, host ? &place : NULL, &result, err) < 0)
		return error_wrap(err, "test '%s'", suite->name);
	return testing_keep(t, suite, name, &result, err);
}

static int run_suite(struct testing *t, const struct suite *suite, struct error *err)
{
	const struct group *group = environment_group(t->request->environment, suite->on);

	if (str_equal(suite->on, "controller"))
		return testing_run_one(t, suite, NULL, err);
	if (!group)
		return error_set(err, ERR_USAGE,
			"test '%s' runs on group '%s', which '%s' does not have", suite->name,
			suite->on, t->request->environment->name);
	for (size_t i = 0; i < group->host_count; i++) {
		if (testing_run_one(t, suite, &group->hosts[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- what is tested ---- */

/* A clone's suites run inside its network, with the names and addresses of its original. */
static int find_inside(struct testing *t, struct error *err)
{
	const struct environment *e = t->request->environment;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };

	if (!e->original)
		return 0;
	if (store_clone_find(t->request->store, e->name, &row, err) < 0)
		return -1;
	if (row.state != CLONE_RUNNING)
		return error_set(err, ERR_REFUSED, "'%s' is %s: only a running clone can be tested",
			e->name, clone_state_name(row.state));
	return machines_read(row.machines, &t->machines, err);
}

static int see(struct testing *t, struct error *err)
{
	const struct testing_request *r = t->request;
	struct environment_scan_options options = {
		.config = r->config,
		.environment = r->environment,
		.actor = r->actor,
	};

	if (find_inside(t, err) < 0 ||
		environment_scan_take(r->store, &options, &t->scan, err) < 0 ||
		drift_find(r->config, r->store, r->environment, &t->drift, err) < 0)
		return -1;
	t->hosts = mem_new(t->scan.count, sizeof *t->hosts);
	for (size_t i = 0; i < t->scan.count; i++) {
		const struct host *host = t->scan.places[i].host;

		t->hosts[i] = (struct suite_host){ host_plain_name(host),
			host->original ? host->original->address : host->address,
			t->scan.places[i].group->name };
	}
	t->directory = path_dir(r->config->path);
	return 0;
}

/* An environment that a host contradicts is not what the store says: from now on the store says so. */
static int admit(struct testing *t, struct error *err)
{
	const struct testing_request *r = t->request;
	const char *candidate = drift_candidate(&t->drift);

	snprintf(t->summary->candidate, sizeof t->summary->candidate, "%s",
		candidate ? candidate : "");
	snprintf(t->summary->contradiction, sizeof t->summary->contradiction, "%s", t->drift.first);
	if (!t->drift.contradicted || t->drift.row.status != ENVIRONMENT_CLEAN)
		return 0;
	return store_environment_settled(
		r->store, &t->drift.row, ENVIRONMENT_UNKNOWN, NULL, r->actor, err);
}

static int run_all(struct testing *t, const char *const *names, struct error *err)
{
	for (; *names; names++) {
		const struct suite *suite = config_suite(t->request->config, *names);

		if (!suite)
			return error_set(err, ERR_NOT_FOUND, "there is no test '%s' in %s", *names,
				t->request->config->path);
		if (run_suite(t, suite, err) < 0)
			return -1;
	}
	return 0;
}

int testing_run(
	const struct testing_request *request, struct testing_summary *out, struct error *err)
{
	struct testing_summary summary = { 0 };
	CLEANUP(testing_done)
	struct testing t = {
		.request = request,
		.summary = &summary,
		.drift = { .first = "" },
	};
	const char *const *names = request->only ? request->only : request->environment->gate.tests;

	if (!*names)
		return error_set(err, ERR_USAGE,
			"the gate of '%s' names no tests; name those to run, or add them to its gate",
			request->environment->name);
	if (see(&t, err) < 0 || admit(&t, err) < 0 || run_all(&t, names, err) < 0)
		return -1;
	*out = summary;
	return 0;
}
