/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/cloning.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/workers.h"
#include "clone/original.h"
#include "clone/swap_diff.h"
#include "model/config.h"
#include "rehearse/cloning_private.h"
#include "rehearse/fingerprint.h"
#include "rehearse/quiesce.h"
#include "store/lease.h"
#include "store/rehearsal.h"

#include <stdlib.h>

static void making_done(struct making *m)
{
	clone_close(m->clone);
	provider_close(m->provider);
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

static int provider_check_operations(const struct provider_session *s, struct error *err)
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

static int scan_check_hosts(
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
		scan_check_hosts(k, &m->scan, err) < 0 ||
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

static int open_provider(struct making *m, struct error *err)
{
	const struct cloning *k = m->cloning;
	const struct provider *p = config_provider(k->config, k->environment->clone.provider);
	struct provider_watch watch = { k->watch.clone.on_progress, k->watch.clone.context };

	if (!p)
		return error_set(err, ERR_USAGE, "there is no provider '%s' in %s",
			k->environment->clone.provider, k->config->path);
	return provider_open(p, &k->config->ssh, &watch, &m->provider, err);
}

static int see_coverage(struct making *m, struct coverage *out, struct error *err)
{
	struct provider_target target = { .environment = m->cloning->environment };

	if (open_provider(m, err) < 0 || provider_check_operations(m->provider, err) < 0)
		return -1;
	return provider_coverage(m->provider, &target, out, err);
}

/* What the original is, and what a copy of it would hold: neither waits for the other. */
struct survey {
	struct making *making;
	struct coverage coverage;
	struct error errors[2];
};

static void survey_done(struct survey *s)
{
	coverage_done(&s->coverage);
}
CLEANUP_DONE(struct survey, survey_done)

static void survey_part(void *context, size_t index)
{
	struct survey *s = context;

	if (index == 0)
		(void)!see_original(s->making, &s->errors[0]);
	else
		(void)!see_coverage(s->making, &s->coverage, &s->errors[1]);
}

static int original_survey(struct making *m, struct error *err)
{
	const struct cloning *k = m->cloning;
	CLEANUP(survey_done) struct survey s = { .making = m };

	if (check_policy(k, err) < 0)
		return -1;
	workers_run(2, 2, survey_part, &s);
	if (s.errors[0].kind || s.errors[1].kind) {
		*err = s.errors[s.errors[0].kind ? 0 : 1];
		return -1;
	}
	m->coverage = jvalue_write(s.coverage.json);
	if (k->watch.on_coverage)
		k->watch.on_coverage(k->watch.context, &s.coverage);
	return 0;
}

/* Take back what an earlier program copied in part, look at the original anew, and copy. */
static int copy_again(struct making *m, struct error *err)
{
	struct clone_change change = { 0 };

	if (clone_take_back(m->clone, err) < 0 || original_survey(m, err) < 0)
		return -1;
	clone_give_provider(m->clone, STEAL(&m->provider));
	change.original = m->original;
	change.fingerprint = m->fingerprint;
	change.coverage = m->coverage;
	if (clone_note(m->clone, change, err) < 0)
		return -1;
	return cloning_copy(m, err);
}

/* ---- making ---- */

/* Keep the list of what sanitize programs wrote outside of declared data: a swap tells it. */
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

static int cloning_finish(struct making *m, struct error *err)
{
	if (clone_row_of(m->clone)->state == CLONE_MAKING) {
		if (clone_sanitize(m->clone, err) < 0 || keep_sanitized(m, err) < 0 ||
			clone_drop_inputs(m->clone, err) < 0 ||
			clone_move(m->clone, CLONE_MADE, NULL, err) < 0)
			return -1;
	}
	return cloning_bring_up(m->cloning, m->clone, err);
}

/* The lease of the clone, held while it is worked on. */
static int clone_lease_take(const struct cloning *k, const char *clone, const char *verb,
	struct lease **out, struct error *err)
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

	return original_survey(&m, err);
}

int cloning_run(const struct cloning *cloning, struct clone_row *out, struct error *err)
{
	CLEANUP(making_done) struct making m = { .cloning = cloning };
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (original_survey(&m, err) < 0)
		return -1;

	struct clone_request request = request_of(cloning);
	struct clone_row_draft draft = draft_of(&m);

	if (clone_begin(&request, &draft, &m.clone, err) < 0 ||
		clone_lease_take(cloning, clone_name(m.clone), "clone", &lease, err) < 0)
		return -1;
	clone_give_provider(m.clone, STEAL(&m.provider));
	if (cloning_copy(&m, err) < 0 || cloning_finish(&m, err) < 0)
		return error_wrap(err, "%s", clone_name(m.clone));
	return store_clone_find(cloning->store, clone_name(m.clone), out, err);
}

/* The clone of that number, with its lease. */
static int clone_take_up(const struct cloning *k, int64_t number, const char *verb,
	struct clone **out, struct lease **lease, struct error *err)
{
	CLEANUP(free)
	char *name = mem_printf("%s/clone-%lld", k->environment->name, (long long)number);
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct clone_request request = request_of(k);

	/* A clone that is not there is an error before its lease is taken. */
	if (store_clone_find(k->store, name, &row, err) < 0 ||
		clone_lease_take(k, name, verb, lease, err) < 0)
		return -1;
	return clone_open(&request, number, out, err);
}

int cloning_resume(
	const struct cloning *cloning, int64_t number, struct clone_row *out, struct error *err)
{
	CLEANUP(making_done) struct making m = { .cloning = cloning };
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (clone_take_up(cloning, number, "resume", &m.clone, &lease, err) < 0)
		return -1;

	enum clone_state state = clone_row_of(m.clone)->state;

	if (state != CLONE_MAKING && state != CLONE_MADE)
		return error_set(err, ERR_REFUSED, "%s is %s: there is nothing to go on with",
			clone_name(m.clone), clone_state_name(state));
	if (state == CLONE_MAKING && !cloning_is_copied(&m) && copy_again(&m, err) < 0)
		return error_wrap(err, "%s", clone_name(m.clone));
	if (cloning_finish(&m, err) < 0)
		return error_wrap(err, "%s", clone_name(m.clone));
	return store_clone_find(cloning->store, clone_name(m.clone), out, err);
}

/* ---- later ---- */

int cloning_stop(const struct cloning *cloning, int64_t number, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = NULL;
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (clone_take_up(cloning, number, "clone stop", &c, &lease, err) < 0)
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

	if (clone_take_up(cloning, number, "clone start", &c, &lease, err) < 0)
		return -1;

	enum clone_state state = clone_row_of(c)->state;

	if (state != CLONE_RUNNING && state != CLONE_STOPPED)
		return error_set(err, ERR_CONFLICT,
			"%s is %s: only one that was stopped can be started%s", clone_name(c),
			clone_state_name(state),
			state == CLONE_MAKING || state == CLONE_MADE
				? "; 'patchline resume' goes on making it"
				: "");
	if (cloning_bring_up_again(cloning, c, err) < 0 ||
		(state == CLONE_STOPPED && clone_move(c, CLONE_RUNNING, NULL, err) < 0))
		return error_wrap(err, "%s", clone_name(c));
	return 0;
}

/* Nobody can approve any more what was rehearsed on a clone that is gone. */
int cloning_remove(const struct cloning *cloning, int64_t number, struct error *err)
{
	CLEANUP(clone_close) struct clone *c = NULL;
	CLEANUP(lease_free) struct lease *lease = NULL;

	if (clone_take_up(cloning, number, "clone remove", &c, &lease, err) < 0)
		return -1;

	const struct rehearsal_change end = {
		.to = REHEARSAL_ENDED,
		.reason = clone_row_of(c)->expires_at <= clock_now() ? "its clone expired"
								     : "its clone was removed",
	};

	if (clone_remove(c, err) < 0 ||
		store_rehearsal_end(cloning->store, clone_name(c), &end, cloning->actor, err) < 0)
		return error_wrap(err, "%s", clone_name(c));
	return 0;
}
