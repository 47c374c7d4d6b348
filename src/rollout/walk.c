/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/walk.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/pool.h"
#include "content/repository.h"
#include "content/signature.h"
#include "fleet/census.h"
#include "fleet/connection.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "fleet/order.h"
#include "fleet/remote.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "model/patchset.h"
#include "plan/plan.h"
#include "rollout/complaint.h"
#include "rollout/fit.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "store/holding.h"
#include "store/rollout.h"
#include "store/step.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOG_LIMIT        ((size_t)256 * 1024)
#define PATIENCE         60 /* seconds a host waits for a lock or a starting service */
#define STAGE_LIMIT_MS   ((int64_t)30 * 60 * 1000)
#define RECONNECTS       5
#define REPOSITORY_FILES 3 /* Packages, InRelease, key */

/* One host on its way: what the steps share. */
struct stride {
	const struct walk *walk;
	struct member *member;
	struct order order;
	struct change *changes; /* owned; order.changes */
	struct str log;         /* of the step that runs */
	int64_t attempt;
	bool was_applied; /* an earlier attempt of this rollout changed packages */
};

static void stride_done_p(struct stride *s)
{
	free(s->changes);
	str_done(&s->log);
}

/* ---- the steps ---- */

/* What makes a finding an error goes into the error's text; all findings go into the log. */
static int check_findings(struct stride *s, const struct findings *found, struct error *err)
{
	CLEANUP(str_done) struct str errors = { 0 };

	for (size_t i = 0; i < findings_count(found); i++) {
		const struct finding *f = findings_at(found, i);

		str_addf(&s->log, "%s: %s: %s%s%s\n", severity_name(f->severity), f->check, f->what,
			*f->remedy ? "; " : "", f->remedy);
		if (f->severity == SEVERITY_ERROR)
			str_addf(&errors, "%s%s: %s%s%s", errors.size ? "; " : "", f->check,
				f->what, *f->remedy ? "; to put right: " : "", f->remedy);
	}
	if (findings_have_error(found))
		return error_set(err, ERR_REFUSED, "%s", str_text(&errors));
	return 0;
}

/* The files of the platform's repository that this host needs. */
struct staging {
	struct stage_file *files;
	size_t count;
};

static void staging_done_p(struct staging *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free((char *)(uintptr_t)g->files[i].path);
		free((char *)(uintptr_t)g->files[i].local);
		free((char *)(uintptr_t)g->files[i].sha256);
	}
	free(g->files);
}

static void staging_add(
	struct staging *g, const char *path, char *local, const char *sha256, uint64_t size)
{
	g->files[g->count++] =
		(struct stage_file){ mem_strdup(path), local, mem_strdup(sha256), size };
}

/* A file that is named by its place: what it holds now is what the host must get. */
static int staging_add_file(struct staging *g, const char *path, char *local, struct error *err)
{
	char sha256[DIGEST_HEX_SIZE];
	uint64_t size = 0;

	if (digest_file(local, sha256, &size, err) < 0) {
		free(local);
		return -1;
	}
	staging_add(g, path, local, sha256, size);
	return 0;
}

/* Every package of the plan, its bytes checked before they leave. */
static int staging_add_packages(
	struct staging *g, const struct stride *s, const struct pool *pool, struct error *err)
{
	const struct plan *plan = s->member->plan;

	for (size_t i = 0; i < plan_change_count(plan); i++) {
		const struct plan_change *c = plan_change_at(plan, i);
		const struct package *p = patchset_find(
			s->walk->request->set, s->member->platform, c->name, c->architecture);

		if (!p || pool_check(pool, p->sha256, err) < 0)
			return p ? error_wrap(err, "%s %s", c->name, c->to)
				 : error_set(err, ERR_CORRUPT, "%s %s is not in the set", c->name,
					   c->to);

		CLEANUP(free) char *path = mem_printf("pool/%s.deb", p->sha256);

		staging_add(g, path, pool_path(pool, p->sha256), p->sha256, p->size);
	}
	return 0;
}

static int staging_add_repository(
	struct staging *g, const struct stride *s, const struct pool *pool, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	const struct repository *repository = patchset_repository(r->set, s->member->platform);
	CLEANUP(free)
	char *directory =
		repository_dir(r->config->state, patchset_digest(r->set), s->member->platform);
	char *key = NULL;

	if (repository_check(r->config->state, r->set, s->member->platform, err) < 0)
		return -1;
	staging_add(g, "Packages", pool_path(pool, repository->packages_sha256),
		repository->packages_sha256, repository->packages_size);
	if (staging_add_file(g, "InRelease", path_join(directory, "InRelease"), err) < 0 ||
		signature_public_key(r->config->state, &key, err) < 0)
		return -1;
	return staging_add_file(g, "key.gpg", key, err);
}

static int step_stage(struct stride *s, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;
	CLEANUP(staging_done) struct staging g = { 0 };
	struct stage_options options = { .timeout_ms = STAGE_LIMIT_MS };

	g.files = mem_new(plan_change_count(s->member->plan) + REPOSITORY_FILES, sizeof *g.files);
	if (pool_open(s->walk->request->config->state, &pool, err) < 0 ||
		staging_add_repository(&g, s, pool, err) < 0 ||
		staging_add_packages(&g, s, pool, err) < 0)
		return -1;
	options.files = g.files;
	options.count = g.count;
	for (size_t i = 0; i < g.count; i++)
		str_addf(&s->log, "%s %llu %s\n", g.files[i].sha256,
			(unsigned long long)g.files[i].size, g.files[i].path);
	return hoststep_stage(s->member->connection, &s->order, &options, err);
}

static int step_precheck(struct stride *s, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;

	if (hoststep_precheck(s->member->connection, &s->order, &found, err) < 0)
		return -1;
	return check_findings(s, found, err);
}

/* The host goes on alone when the connection is lost: ask again until it can be asked. */
static int reconnect(struct stride *s, struct error *err)
{
	const struct rollout_request *r = s->walk->request;

	connection_close(STEAL(&s->member->connection));
	return connection_open(s->member->place.host, &r->config->ssh, &s->member->connection, err);
}

static int apply_once(struct stride *s, struct remote_step_result *result, struct error *err)
{
	CLEANUP(free) char *rollout = mem_printf("rollout-%lld", (long long)s->walk->rollout);
	CLEANUP(free) char *step = mem_printf("apply-%lld", (long long)s->attempt);

	if (!connection_is_usable(s->member->connection) && reconnect(s, err) < 0)
		return -1;
	return hoststep_apply(s->member->connection, rollout, step, &s->order, NULL, result, err);
}

static int apply_until_known(struct stride *s, struct remote_step_result *result, struct error *err)
{
	for (unsigned tries = 0; apply_once(s, result, err) < 0; tries++) {
		struct timespec pause = { .tv_sec = 2 };

		if ((err->kind != ERR_UNCERTAIN && err->kind != ERR_UNREACHABLE) ||
			tries == RECONNECTS)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

static int step_apply(struct stride *s, struct error *err)
{
	CLEANUP(remote_step_result_done) struct remote_step_result result = { 0 };

	if (apply_until_known(s, &result, err) < 0)
		return -1;
	str_add(&s->log, result.output);

	CLEANUP(free) char *words = complaint_find(result.output);

	if (result.end == STEP_END_INTERRUPTED)
		return error_set(err, ERR_UNCERTAIN,
			"the host stopped in the middle of it; last said: %s", words);
	if (result.exit_status == APPLY_REFUSED)
		return error_set(err, ERR_REFUSED, "nothing was changed: %s", words);
	if (result.exit_status)
		return error_set(err, ERR_SYSTEM, "exit status %d: %s", result.exit_status, words);
	s->member->changed = plan_change_count(s->member->plan);
	return 0;
}

/* The host's own list of packages against the set: what the host program found is not enough. */
static int prove_state(struct stride *s, const struct inventory *inventory, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	CLEANUP(fits_free) struct fits *fits = NULL;
	size_t size = 0;
	const char *text = inventory_state(inventory, &size);

	if (hoststate_read(text, size, &state, err) < 0 ||
		fits_new(r->set, r->config->state, (const struct hoststate *const[]){ state }, 1,
			&fits, err) < 0)
		return -1;
	if (fits_verdict(fits, 0) != FIT_AT_SET)
		return error_set(err, ERR_REFUSED, "not at the set: %s", fits_words(fits, 0));
	return 0;
}

static int step_verify(struct stride *s, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	if (hoststep_verify(s->member->connection, &s->order, &found, &inventory, err) < 0 ||
		census_record(r->store, &s->member->place, inventory, r->actor, err) < 0)
		return -1;
	s->member->state_after = mem_strdup(inventory_state_digest(inventory));
	if (check_findings(s, found, err) < 0)
		return -1;
	return prove_state(s, inventory, err);
}

/* In this order; a host with nothing to change only has to prove it. */
static const struct {
	enum step step;
	int (*run)(struct stride *s, struct error *err);
	bool is_for_changes;
} steps[] = {
	{ STEP_STAGE, step_stage, true },
	{ STEP_PRECHECK, step_precheck, true },
	{ STEP_APPLY, step_apply, true },
	{ STEP_VERIFY, step_verify, false },
};

/* ---- the walk ---- */

static void tell_step(
	const struct stride *s, enum step step, enum step_state state, int64_t elapsed_ms)
{
	const struct rollout_watch *watch = &s->walk->request->watch;

	if (!watch->on_step)
		return;
	pthread_mutex_lock(s->walk->watch);
	watch->on_step(watch->context, s->member->place.host->name, step, state, elapsed_ms);
	pthread_mutex_unlock(s->walk->watch);
}

/*
 * One step, between its two journal entries. *failed says whether the step itself failed (and how);
 * -1 means the journal could not be written.
 */
static int run_step(struct stride *s, size_t index, struct error *failed, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	struct step_key key = { s->walk->rollout, s->member->place.host->name, s->attempt,
		steps[index].step };
	int64_t started = clock_monotonic_ms();

	str_done(&s->log);
	if (holding_renew(s->walk->lock, err) < 0 ||
		store_step_start(r->store, &key, r->actor, err) < 0)
		return -1;
	tell_step(s, key.step, STEP_STATE_STARTED, 0);

	bool is_good = steps[index].run(s, failed) == 0;

	if (s->log.size > LOG_LIMIT)
		s->log.text[LOG_LIMIT] = '\0';
	if (store_step_end(
		    r->store, &key, is_good ? NULL : failed, str_text(&s->log), r->actor, err) < 0)
		return -1;
	tell_step(s, key.step, is_good ? STEP_STATE_SUCCEEDED : STEP_STATE_FAILED,
		clock_monotonic_ms() - started);
	return 0;
}

static int run_steps(struct stride *s, struct error *err)
{
	bool has_changes = plan_change_count(s->member->plan);

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct error failed = { 0 };

		if (steps[i].is_for_changes && !has_changes)
			continue;
		if (run_step(s, i, &failed, err) < 0)
			return -1;
		if (failed.kind == ERR_NONE)
			continue;
		member_judge(s->member,
			failed.kind == ERR_UNREACHABLE ? HOST_UNREACHABLE : HOST_FAILED, "%s: %s",
			step_name(steps[i].step), failed.text);
		return 0;
	}
	member_judge(s->member, has_changes || s->was_applied ? HOST_DONE : HOST_NOTHING_TO_DO,
		"%s", "");
	return 0;
}

static void fill_order(struct stride *s)
{
	const struct rollout_request *r = s->walk->request;
	const struct member *m = s->member;
	size_t changes = plan_change_count(m->plan), kept = plan_kept_count(m->plan);

	s->changes = mem_new(changes + kept, sizeof *s->changes);
	s->order = (struct order){
		.set = patchset_digest(r->set),
		.platform = m->platform,
		.changes = s->changes,
		.change_count = changes + kept,
		.services = m->place.group->services,
		.health = m->place.group->health,
		.release_check = m->place.group->release_check,
		.patience = PATIENCE,
	};
	for (size_t i = 0; i < changes; i++) {
		const struct plan_change *c = plan_change_at(m->plan, i);
		s->changes[i] = (struct change){ c->is_new ? CHANGE_NEW : CHANGE_UPGRADE, c->name,
			c->architecture, c->from, c->to };
	}
	for (size_t i = 0; i < kept; i++) {
		const struct plan_kept *k = plan_kept_at(m->plan, i);

		s->changes[changes + i] =
			(struct change){ CHANGE_KEEP, k->name, k->architecture, "", k->installed };
	}
}

/* Attempts are counted over the whole rollout: a continued one must not find its old steps. */
static int find_attempt(struct stride *s, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows rows = { 0 };

	if (store_steps(s->walk->request->store, s->walk->rollout, s->member->place.host->name,
		    &rows, err) < 0)
		return -1;
	s->attempt = 1;
	for (size_t i = 0; i < rows.count; i++) {
		s->was_applied = s->was_applied || rows.items[i].step == STEP_APPLY;
		if (rows.items[i].attempt >= s->attempt)
			s->attempt = rows.items[i].attempt + 1;
	}
	return 0;
}

static int move(const struct walk *w, const struct member *m, enum host_verdict from,
	enum host_verdict to, struct error *err)
{
	struct rollout_host_move move = {
		.rollout = w->rollout,
		.host = m->place.host->name,
		.from = from,
		.to = to,
		.reason = to == HOST_RUNNING ? NULL : m->reason,
		.state_before = m->state_before,
		.state_after = m->state_after,
	};

	return store_rollout_host_move(w->request->store, &move, w->request->actor, err);
}

int walk_host(const struct walk *w, struct member *m, struct error *err)
{
	CLEANUP(stride_done) struct stride s = { .walk = w, .member = m };
	const struct rollout_watch *watch = &w->request->watch;

	fill_order(&s);
	if (find_attempt(&s, err) < 0 || move(w, m, m->verdict, HOST_RUNNING, err) < 0 ||
		run_steps(&s, err) < 0 || move(w, m, HOST_RUNNING, m->verdict, err) < 0)
		return error_wrap(err, "host '%s'", m->place.host->name);
	connection_close(STEAL(&m->connection));
	if (watch->on_verdict) {
		pthread_mutex_lock(w->watch);
		watch->on_verdict(watch->context, m->place.host->name, m->verdict, m->reason);
		pthread_mutex_unlock(w->watch);
	}
	return 0;
}
