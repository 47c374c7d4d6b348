/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/cloning.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "clone/original.h"
#include "clone/swap_diff.h"
#include "clone/topology_read.h"
#include "fleet/await_healthy.h"
#include "fleet/environment_scan.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "rehearse/fingerprint.h"
#include "rehearse/quiesce.h"
#include "store/environment.h"
#include "store/host.h"
#include "store/lease.h"
#include "store/rehearsal.h"

#include <stdlib.h>
#include <string.h>

#define START_LIMIT_MS INT64_C(120000) /* until the hosts of a clone answer */
#define QUIESCE_GRACE_MS                                                                           \
	INT64_C(600000) /* past the provider's own limit, for the commands to end */
#define DIFFERENCES_TOLD 5

/* A clone in the making. */
struct making {
	const struct cloning *cloning;
	struct clone *clone;
	struct environment_scan scan; /* of the original */
	char *original, *coverage;
	char fingerprint[DIGEST_HEX_SIZE];
	struct environment_row environment; /* of the original, as it was */
};

static void making_done(struct making *m)
{
	clone_close(m->clone);
	environment_scan_done(&m->scan);
	environment_row_done(&m->environment);
	free(m->original);
	free(m->coverage);
}
CLEANUP_DONE(struct making, making_done)

static struct clone_request request_of(const struct cloning *k)
{
	return (struct clone_request){
		.config = k->config,
		.store = k->store,
		.original = k->environment,
		.actor = k->actor,
		.watch = k->watch.clone,
	};
}

/* ---- may it be? ---- */

static int check_policy(const struct cloning *k, struct error *err)
{
	const struct environment *e = k->environment;

	if (e->original)
		return error_set(err, ERR_USAGE, "'%s' is a clone itself: clone its original, '%s'",
			e->name, e->original->name);
	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"'%s' cannot be cloned: it names no provider; add 'clone: {provider: NAME}' to it in %s",
			e->name, k->config->path);
	if (e->has_personal_data && !environment_is_sanitized(e))
		return error_set(err, ERR_REFUSED,
			"'%s' holds personal data, and no group of it names a program that masks them: add 'sanitize: "
			"[PROGRAM]' to the groups that hold them, in %s",
			e->name, k->config->path);
	return quiesce_check(e, err);
}

static int check_provider(const struct provider_session *s, struct error *err)
{
	static const char *const needed[] = { "coverage", "clone", "run", "start", "stop", "remove",
		"list" };

	for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
		if (!provider_can(s, needed[i]))
			return error_set(err, ERR_USAGE, "the provider (%s) does not know '%s'",
				provider_label(s), needed[i]);
	}
	return 0;
}

/* ---- what the original is ---- */

static int check_hosts(
	const struct cloning *k, const struct environment_scan *scan, struct error *err)
{
	for (size_t i = 0; i < scan->count; i++) {
		if (!scan->targets[i].inventory)
			return error_set(err, ERR_REFUSED,
				"%s cannot be read, so '%s' cannot be cloned whole: %s; bring it up first",
				scan->places[i].host->name, k->environment->name,
				scan->targets[i].error.text);
	}
	if (!scan->count)
		return error_set(err, ERR_USAGE, "'%s' has no hosts", k->environment->name);
	return 0;
}

static int see_original(struct making *m, struct error *err)
{
	const struct cloning *k = m->cloning;
	struct environment_scan_options options = {
		.config = k->config,
		.environment = k->environment,
		.actor = k->actor,
	};
	CLEANUP(original_free) struct original *o = NULL;

	if (environment_scan_take(k->store, &options, &m->scan, err) < 0 ||
		check_hosts(k, &m->scan, err) < 0 ||
		store_environment_find(k->store, k->environment->name, &m->environment, err) < 0)
		return -1;
	if (m->environment.status == ENVIRONMENT_ROLLING)
		return error_set(err, ERR_REFUSED,
			"rollout-%lld is under way in '%s': a copy taken now would be half patched; wait for its end",
			(long long)m->environment.rollout, k->environment->name);
	if (fingerprint_of(k->store, k->environment, &m->scan, &o, err) < 0)
		return -1;
	m->original = original_write(o);
	original_fingerprint(o, m->fingerprint);
	return 0;
}

static int see_coverage(struct making *m, struct error *err)
{
	const struct cloning *k = m->cloning;
	const struct provider *p = config_provider(k->config, k->environment->clone.provider);
	struct provider_target target = { .environment = k->environment };
	struct provider_watch watch = { k->watch.clone.on_progress, k->watch.clone.context };
	CLEANUP(provider_close) struct provider_session *session = NULL;
	CLEANUP(coverage_done) struct coverage coverage = { 0 };

	if (!p)
		return error_set(err, ERR_USAGE, "there is no provider '%s' in %s",
			k->environment->clone.provider, k->config->path);
	if (provider_open(p, &k->config->ssh, &watch, &session, err) < 0 ||
		check_provider(session, err) < 0 ||
		provider_coverage(session, &target, &coverage, err) < 0)
		return -1;
	m->coverage = jvalue_write(coverage.json);
	if (k->watch.on_coverage)
		k->watch.on_coverage(k->watch.context, &coverage);
	return 0;
}

static int survey(struct making *m, struct error *err)
{
	if (check_policy(m->cloning, err) < 0 || see_original(m, err) < 0)
		return -1;
	return see_coverage(m, err);
}

/* ---- copying ---- */

static int take(void *context, struct error *err)
{
	struct making *m = context;

	return clone_take(m->clone, err);
}

static int begin_quiesce(struct making *m, int64_t *seqs, struct error *err)
{
	for (size_t i = 0; i < m->scan.count; i++) {
		const struct place *p = &m->scan.places[i];

		if (*p->group->quiesce &&
			clone_action_begin(m->clone, "quiesce", p->host->name, &seqs[i], err) < 0)
			return -1;
	}
	return 0;
}

static const struct quiesced *find_quiesced(
	const struct quiesced_list *list, const struct host *host)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].host == host)
			return &list->items[i];
	}
	return NULL;
}

/* cause: NULL when all held; else why not. */
static int end_quiesce(struct making *m, const int64_t *seqs, const struct quiesced_list *list,
	const struct error *cause, struct error *err)
{
	for (size_t i = 0; i < m->scan.count; i++) {
		const struct host *host = m->scan.places[i].host;
		const struct quiesced *q = find_quiesced(list, host);
		CLEANUP(clone_trace_done) struct clone_trace trace = { 0 };

		if (!seqs[i])
			continue;
		if (q && clone_keep_input(m->clone, host->name, q->output, err) < 0)
			return -1;
		trace.details = jvalue_object();
		jvalue_set_integer(trace.details, "held_ms", q ? q->held_ms : 0);
		jvalue_set_integer(
			trace.details, "printed_bytes", q ? (int64_t)strlen(q->output) : 0);
		if (clone_action_end(m->clone, seqs[i], cause, &trace, err) < 0)
			return -1;
	}
	return 0;
}

static int take_quiesced(struct making *m, struct error *err)
{
	const struct cloning *k = m->cloning;
	const struct provider *p = config_provider(k->config, clone_row_of(m->clone)->provider);
	CLEANUP(quiesced_list_done) struct quiesced_list list = { 0 };
	CLEANUP(free) int64_t *seqs = mem_new(m->scan.count, sizeof *seqs);
	struct error ignored;

	if (begin_quiesce(m, seqs, err) < 0)
		return -1;
	if (quiesce_around(k->config, &m->scan, p->timeout * 1000 + QUIESCE_GRACE_MS, take, m,
		    &list, err) < 0) {
		(void)!end_quiesce(m, seqs, &list, err, &ignored);
		return -1;
	}
	return end_quiesce(m, seqs, &list, NULL, err);
}

/* Copied, and everything that was held meanwhile has ended well. */
static bool is_copied(struct making *m)
{
	if (str_equal(clone_row_of(m->clone)->taken, "{}"))
		return false;
	for (struct place at = { 0 }; environment_next_host(m->cloning->environment, &at);) {
		if (*at.group->quiesce && !clone_has_done(m->clone, "quiesce", at.host->name))
			return false;
	}
	return true;
}

static int copy(struct making *m, struct error *err)
{
	if (quiesce_is_wanted(m->cloning->environment))
		return take_quiesced(m, err);
	return clone_take(m->clone, err);
}

/* What an earlier program left half done is taken back; the original is looked at anew. */
static int copy_again(struct making *m, struct error *err)
{
	struct clone_change change = { 0 };

	if (clone_take_back(m->clone, err) < 0 || survey(m, err) < 0)
		return -1;
	change.original = m->original;
	change.fingerprint = m->fingerprint;
	change.coverage = m->coverage;
	if (clone_note(m->clone, change, err) < 0)
		return -1;
	return copy(m, err);
}

/* ---- starting ---- */

/* A clone that was started, as an environment of a topology that has its addresses. */
struct started {
	const struct cloning *cloning;
	struct topology *topology;
	const struct environment *environment; /* in it */
};

static void started_done_p(struct started *s)
{
	topology_free(s->topology);
}

static int see_started(
	const struct cloning *k, struct clone *c, struct started *s, struct error *err)
{
	s->cloning = k;
	if (topology_read(k->config, k->store, &s->topology, err) < 0)
		return -1;
	s->environment = topology_environment(s->topology, clone_name(c));
	if (!s->environment)
		return error_set(err, ERR_NOT_FOUND, "there is no clone '%s'", clone_name(c));
	return 0;
}

/* The hosts of a clone, waited for side by side. */
struct wait {
	struct session_pool *pool;
	const struct environment_scan *scan; /* its places are those of the clone; no targets */
	struct error *errors;                /* one for each place; kind ERR_NONE when it answers */
};

static void wait_one(void *context, size_t index)
{
	struct wait *w = context;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	(void)!await_healthy(
		w->pool, &w->scan->places[index], START_LIMIT_MS, &inventory, &w->errors[index]);
	if (inventory)
		w->errors[index].kind = ERR_NONE;
}

static void collect_places(const struct environment *e, struct environment_scan *out)
{
	out->places = mem_new(environment_host_count(e), sizeof *out->places);
	for (struct place at = { 0 }; environment_next_host(e, &at);)
		out->places[out->count++] = at;
}

/* A service that does not come up is for the tests to judge; a host that cannot be reached is not. */
static int judge_wait(const struct wait *w, struct clone_trace *trace, struct error *err)
{
	struct jvalue *problems = jvalue_array();

	trace->details = jvalue_object();
	jvalue_set(trace->details, "problems", problems);
	for (size_t i = 0; i < w->scan->count; i++) {
		const struct error *e = &w->errors[i];

		if (e->kind && e->kind != ERR_SYSTEM) {
			*err = *e;
			return -1;
		}
		if (e->kind)
			jvalue_add_string(problems, e->text);
	}
	return 0;
}

static int act_wait(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct started *s = context;
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };

	(void)c;
	collect_places(s->environment, &scan);

	CLEANUP(free) struct error *errors = mem_new(scan.count, sizeof *errors);
	CLEANUP(session_pool_free)
	struct session_pool *pool = session_pool_new(&s->cloning->config->ssh, 0);
	struct wait wait = { pool, &scan, errors };

	workers_run(scan.count, session_pool_limit(pool), wait_one, &wait);
	return judge_wait(&wait, trace, err);
}

static int start(const struct cloning *k, struct clone *c, struct started *out, struct error *err)
{
	if (clone_start(c, err) < 0 || see_started(k, c, out, err) < 0)
		return -1;
	return clone_do(c, "wait", "", act_wait, out, err);
}

/* ---- proving ---- */

static const struct original_host *find_original(const struct original *o, const char *name)
{
	for (size_t i = 0; i < original_count(o); i++) {
		if (str_equal(original_at(o, i)->name, name))
			return original_at(o, i);
	}
	return NULL;
}

static int compare_host(struct store *store, const struct original *o, const struct place *place,
	const struct scan_target *target, struct differences *out, struct error *err)
{
	const char *name = host_plain_name(place->host);
	const struct original_host *then = find_original(o, name);
	CLEANUP(hoststate_free) struct hoststate *a = NULL;
	CLEANUP(hoststate_free) struct hoststate *b = NULL;

	if (!target->inventory)
		return error_set(err, ERR_UNREACHABLE, "%s", target->error.text);
	if (!then) {
		differences_add(out, "%s was not there when the clone was taken", name);
		return 0;
	}
	if (store_state_read(store, then->state, &a, err) < 0 ||
		store_state_read(store, inventory_state_digest(target->inventory), &b, err) < 0)
		return error_wrap(err, "'%s'", name);
	packages_compare(name, a, b, out);
	return 0;
}

static int tell_differences(const struct differences *d, struct error *err)
{
	CLEANUP(str_done) struct str text = { 0 };

	for (size_t i = 0; i < d->count && i < DIFFERENCES_TOLD; i++)
		str_addf(&text, "%s%s", i ? "; " : "", d->items[i]);
	if (d->count > DIFFERENCES_TOLD)
		str_addf(&text, "; and %zu more", d->count - DIFFERENCES_TOLD);
	return error_set(err, ERR_REFUSED,
		"the copies are not what their originals were: %s; remove the clone and make a new one",
		str_text(&text));
}

static int see_clone(const struct started *s, struct environment_scan *out, struct error *err)
{
	const struct cloning *k = s->cloning;
	struct environment_scan_options options = {
		.config = k->config,
		.environment = s->environment,
		.actor = k->actor,
	};

	return environment_scan_take(k->store, &options, out, err);
}

/* Each copy has the packages that its original had when it was taken. */
static int act_prove(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	const struct started *s = context;
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };
	CLEANUP(original_free) struct original *o = NULL;
	CLEANUP(differences_done) struct differences d = { 0 };

	(void)trace;
	if (see_clone(s, &scan, err) < 0 || original_read(clone_row_of(c)->original, &o, err) < 0)
		return -1;
	for (size_t i = 0; i < scan.count; i++) {
		if (compare_host(s->cloning->store, o, &scan.places[i], &scan.targets[i], &d, err) <
			0)
			return -1;
	}
	return d.count ? tell_differences(&d, err) : 0;
}

/* The clone's environment runs what its original ran. What was written down before stays. */
static int settle(const struct cloning *k, const struct clone_row *row, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row seen = { 0 };
	CLEANUP(environment_row_done) struct environment_row told = { 0 };

	if (store_environment_find(k->store, row->name, &seen, err) < 0)
		return -1;
	if (row->release && !str_equal(seen.release, row->release) &&
		store_environment_deployed(k->store, &seen, row->release, k->actor, err) < 0)
		return -1;
	if (store_environment_find(k->store, row->name, &told, err) < 0)
		return -1;
	if (told.status == ENVIRONMENT_CLEAN && (!row->set || str_equal(told.set, row->set)))
		return 0;
	return store_environment_settled(
		k->store, &told, ENVIRONMENT_CLEAN, row->set, k->actor, err);
}

/* ---- making ---- */

static int bring_up(const struct cloning *k, struct clone *c, struct error *err)
{
	CLEANUP(started_done) struct started started = { 0 };

	if (start(k, c, &started, err) < 0 ||
		clone_do(c, "prove", "", act_prove, &started, err) < 0 ||
		settle(k, clone_row_of(c), err) < 0)
		return -1;
	return clone_move(c, CLONE_RUNNING, NULL, err);
}

/* What sanitize programs write outside of declared data would come in with a swap: it is told then. */
static int keep_sanitized(const struct making *m, struct error *err)
{
	const struct environment *e = m->cloning->environment;
	CLEANUP(free) const char **hosts = mem_new(environment_host_count(e) + 1, sizeof *hosts);
	size_t count = 0;

	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		if (*at.group->sanitize)
			hosts[count++] = at.host->name;
	}
	return swap_diff_keep_sanitized(m->clone, hosts, err);
}

static int finish(struct making *m, struct error *err)
{
	if (clone_row_of(m->clone)->state == CLONE_MAKING) {
		if (clone_sanitize(m->clone, err) < 0 || keep_sanitized(m, err) < 0 ||
			clone_drop_inputs(m->clone, err) < 0 ||
			clone_move(m->clone, CLONE_MADE, NULL, err) < 0)
			return -1;
	}
	return bring_up(m->cloning, m->clone, err);
}

/* The lease of the clone, held while it is worked on. */
static int hold(const struct cloning *k, const char *clone, const char *verb, struct lease **out,
	struct error *err)
{
	CLEANUP(free) char *what = mem_printf("patchline %s %s", verb, clone);

	return lease_take(k->store, clone, what, k->actor, out, err);
}

static struct clone_row_draft draft_of(const struct making *m)
{
	const struct cloning *k = m->cloning;
	bool is_clean = m->environment.status == ENVIRONMENT_CLEAN;

	return (struct clone_row_draft){
		.release = m->environment.release,
		.set = is_clean ? m->environment.set : NULL,
		.fingerprint = m->fingerprint,
		.original = m->original,
		.coverage = m->coverage,
		.expires_at = k->expires ? clock_now() + k->expires : 0,
	};
}

int cloning_preview(const struct cloning *cloning, struct error *err)
{
	CLEANUP(making_done) struct making m = { .cloning = cloning };

	return survey(&m, err);
}

int cloning_run(const struct cloning *cloning, struct clone_row *out, struct error *err)
{
	CLEANUP(making_done) struct making m = { .cloning = cloning };
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (survey(&m, err) < 0)
		return -1;

	struct clone_request request = request_of(cloning);
	struct clone_row_draft draft = draft_of(&m);

	if (clone_begin(&request, &draft, &m.clone, err) < 0 ||
		hold(cloning, clone_name(m.clone), "clone", &lease, err) < 0)
		return -1;
	if (copy(&m, err) < 0 || finish(&m, err) < 0)
		return error_wrap(err, "%s", clone_name(m.clone));
	return store_clone_find(cloning->store, clone_name(m.clone), out, err);
}

/* The clone of that number, with its lease. */
static int take_up(const struct cloning *k, int64_t number, const char *verb, struct clone **out,
	struct lease **lease, struct error *err)
{
	CLEANUP(free)
	char *name = mem_printf("%s/clone-%lld", k->environment->name, (long long)number);
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct clone_request request = request_of(k);

	/* First whether it is there: a lease of nothing would be a riddle. */
	if (store_clone_find(k->store, name, &row, err) < 0 || hold(k, name, verb, lease, err) < 0)
		return -1;
	return clone_open(&request, number, out, err);
}

int cloning_resume(
	const struct cloning *cloning, int64_t number, struct clone_row *out, struct error *err)
{
	CLEANUP(making_done) struct making m = { .cloning = cloning };
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (take_up(cloning, number, "resume", &m.clone, &lease, err) < 0)
		return -1;

	enum clone_state state = clone_row_of(m.clone)->state;

	if (state != CLONE_MAKING && state != CLONE_MADE)
		return error_set(err, ERR_REFUSED, "%s is %s: there is nothing to go on with",
			clone_name(m.clone), clone_state_name(state));
	if (state == CLONE_MAKING && !is_copied(&m) && copy_again(&m, err) < 0)
		return error_wrap(err, "%s", clone_name(m.clone));
	if (finish(&m, err) < 0)
		return error_wrap(err, "%s", clone_name(m.clone));
	return store_clone_find(cloning->store, clone_name(m.clone), out, err);
}

/* ---- later ---- */

int cloning_stop(const struct cloning *cloning, int64_t number, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = NULL;
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (take_up(cloning, number, "clone stop", &c, &lease, err) < 0)
		return -1;

	enum clone_state state = clone_row_of(c)->state;

	if (state != CLONE_RUNNING && state != CLONE_STOPPED)
		return error_set(err, ERR_CONFLICT, "%s is %s: only one that runs can be stopped",
			clone_name(c), clone_state_name(state));
	if (clone_stop(c, err) < 0 ||
		(state == CLONE_RUNNING && clone_move(c, CLONE_STOPPED, NULL, err) < 0))
		return error_wrap(err, "%s", clone_name(c));
	return 0;
}

int cloning_start(const struct cloning *cloning, int64_t number, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = NULL;
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };
	CLEANUP(started_done) struct started started = { 0 };

	if (take_up(cloning, number, "clone start", &c, &lease, err) < 0)
		return -1;

	enum clone_state state = clone_row_of(c)->state;

	if (state != CLONE_RUNNING && state != CLONE_STOPPED)
		return error_set(err, ERR_CONFLICT,
			"%s is %s: only one that was stopped can be started%s", clone_name(c),
			clone_state_name(state),
			state == CLONE_MAKING || state == CLONE_MADE
				? "; 'patchline resume' goes on making it"
				: "");
	if (start(cloning, c, &started, err) < 0 || see_clone(&started, &scan, err) < 0 ||
		(state == CLONE_STOPPED && clone_move(c, CLONE_RUNNING, NULL, err) < 0))
		return error_wrap(err, "%s", clone_name(c));
	return 0;
}

/* Nobody can approve any more what was tried on a clone that is gone. */
static int end_rehearsal(const struct cloning *k, const struct clone_row *clone, struct error *err)
{
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };
	const struct rehearsal_change change = {
		.to = REHEARSAL_ENDED,
		.reason = clone->expires_at <= clock_now() ? "its clone expired"
							   : "its clone was removed",
	};

	if (store_rehearsal_of_clone(k->store, clone->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (!rehearsal_state_may_become(row.state, REHEARSAL_ENDED))
		return 0;
	return store_rehearsal_change(k->store, &row, &change, k->actor, err);
}

int cloning_remove(const struct cloning *cloning, int64_t number, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = NULL;
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (take_up(cloning, number, "clone remove", &c, &lease, err) < 0)
		return -1;
	if (clone_remove(c, err) < 0 || end_rehearsal(cloning, clone_row_of(c), err) < 0)
		return error_wrap(err, "%s", clone_name(c));
	return 0;
}
