/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/rehearsal.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "clone/topology_read.h"
#include "model/config.h"
#include "model/place.h"
#include "rehearse/hostlog.h"
#include "rehearse/rehearsal_private.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/lease.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void rehearsal_tell_stage(const struct rehearsing *r, enum rehearsal_stage stage, const char *words)
{
	const struct rehearsal_watch *watch = &r->request->watch;

	if (watch->on_stage)
		watch->on_stage(watch->context, stage, words);
}

/* ---- the row ---- */

int rehearsal_change_row(struct rehearsing *r, struct rehearsal_change change, struct error *err)
{
	struct store *store = r->request->store;
	CLEANUP(rehearsal_row_done) struct rehearsal_row changed = { 0 };

	if (store_rehearsal_change(store, &r->row, &change, r->request->actor, err) < 0 ||
		store_rehearsal_find(store, r->row.id, &changed, err) < 0)
		return -1;
	rehearsal_row_done(&r->row);
	r->row = STEAL(&changed);
	return 0;
}

static int row_end(
	struct rehearsing *r, enum rehearsal_state state, const char *reason, struct error *err)
{
	snprintf(r->summary.reason, sizeof r->summary.reason, "%s", reason);
	return rehearsal_change_row(
		r, (struct rehearsal_change){ .to = state, .reason = reason }, err);
}

static void summary_fill(struct rehearsing *r)
{
	struct rehearsal_summary *s = &r->summary;

	s->id = r->row.id;
	s->state = r->row.state;
	snprintf(s->candidate, sizeof s->candidate, "%s", r->row.candidate ? r->row.candidate : "");
	snprintf(s->clone, sizeof s->clone, "%s", r->row.clone ? r->row.clone : "");
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

static int row_add(struct rehearsing *r, const struct rehearsal_set *set, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(free) char *asked = asked_json(request);

	if (store_rehearsal_add(request->store,
		    &(struct rehearsal_draft){
			    request->environment->name, asked, request->origin, request->actor },
		    &r->row, err) < 0)
		return -1;
	return rehearsal_change_row(r,
		(struct rehearsal_change){
			.to = REHEARSAL_RUNNING,
			.set = set->digest,
			.candidate = set->candidate,
		},
		err);
}

/* Begin the row with its set; what goes wrong from here on stands in the row. */
static int row_begin(struct rehearsing *r, const struct rehearsal_set *set, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = r->request->store;

	if (transaction_begin(&transaction, store, err) < 0 || row_add(r, set, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

/* ---- how it ends ---- */

/* The hosts of the clone on which the last rollout failed; all hosts when there is none. */
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

/* Keep the journals of failing hosts; logs that cannot be kept are no failure of the rehearsal. */
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

static int rehearsal_fail(struct rehearsing *r, struct error *err)
{
	CLEANUP(free) char *reason = mem_strdup(r->summary.reason);

	if (r->clone)
		keep_logs(r);
	return row_end(r, REHEARSAL_FAILED, reason, err);
}

static int rehearsal_walk(struct rehearsing *r, struct error *err)
{
	bool is_good = false;

	if (rehearsal_clone_need(r, err) < 0 || rehearsal_clone_patch(r, &is_good, err) < 0)
		return -1;
	if (is_good && rehearsal_test(r, &is_good, err) < 0)
		return -1;
	return is_good ? row_end(r, REHEARSAL_WAITING, "", err) : rehearsal_fail(r, err);
}

/* The error of a stage becomes the reason of the row; a conflict with another program does not. */
static int run_stages(struct rehearsing *r, struct error *err)
{
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(free) char *name = rehearsal_name(r->row.id);
	CLEANUP(free) char *what = mem_printf("patchline rehearse %s", r->environment->name);
	struct error ignored = { 0 };

	if (lease_take(r->request->store, name, what, r->request->actor, &lease, err) < 0)
		return -1;
	if (rehearsal_walk(r, err) == 0)
		return 0;
	if (err->kind == ERR_CONFLICT)
		return -1;
	snprintf(r->summary.reason, sizeof r->summary.reason, "%s", err->text);
	if (rehearsal_fail(r, &ignored) < 0)
		return error_wrap(err, "%s is left running", name);
	return error_wrap(err, "%s", name);
}

/* ---- from outside ---- */

/* An empty set ends the rehearsal of a timetable; for a person it is an error, and no row is made. */
static int rehearse(struct rehearsing *r, const struct rehearsal_set *set, struct error *err)
{
	if (set->is_empty && r->request->origin == ORIGIN_PERSON)
		return error_set(err, ERR_REFUSED,
			"nothing is pending on the hosts of '%s': there is nothing to try",
			r->environment->name);
	if (row_begin(r, set, err) < 0)
		return -1;
	if (set->is_empty)
		return row_end(r, REHEARSAL_ENDED, "nothing is pending", err);
	return run_stages(r, err);
}

int rehearsal_run(
	const struct rehearsal_request *request, struct rehearsal_summary *out, struct error *err)
{
	CLEANUP(rehearsing_done)
	struct rehearsing r = { .request = request, .environment = request->environment };
	CLEANUP(rehearsal_set_done) struct rehearsal_set set = { 0 };

	if (rehearsal_set_make(&r, &set, err) < 0 || rehearse(&r, &set, err) < 0)
		return -1;
	summary_fill(&r);
	*out = r.summary;
	return 0;
}

/* A rehearsal may go on that is running with a dead program, or that failed. */
static int row_reopen(struct rehearsing *r, struct error *err)
{
	if (r->row.state == REHEARSAL_RUNNING)
		return 0;
	if (r->row.state != REHEARSAL_FAILED)
		return error_set(err, ERR_REFUSED,
			"rehearsal-%lld is %s: there is nothing left to do", (long long)r->row.id,
			rehearsal_state_name(r->row.state));
	return rehearsal_change_row(r, (struct rehearsal_change){ .to = REHEARSAL_RUNNING }, err);
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
	if (row_reopen(&r, err) < 0 || run_stages(&r, err) < 0)
		return -1;
	summary_fill(&r);
	*out = r.summary;
	return 0;
}

int rehearsal_is_alive(struct store *store, int64_t id, bool *out, struct error *err)
{
	CLEANUP(free) char *name = rehearsal_name(id);

	return lease_is_held(store, name, out, err);
}
