/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/way_back_choose.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "clone/provider.h"
#include "content/pool.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/journal.h"
#include "rollout/rollback_set.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"
#include "store/rollout.h"
#include "store/step.h"

#include <stdlib.h>

int way_back_provider(
	const struct rollout_request *r, struct provider_session **out, struct error *err)
{
	const struct provider *p = config_provider(r->config, r->environment->clone.provider);

	if (!p)
		return error_set(err, ERR_REFUSED,
			"'%s' has no snapshot provider: name one under its 'clone'",
			r->environment->name);
	return provider_open(p, &r->config->ssh, NULL, out, err);
}

/* ---- can it be snapshots? ---- */

/* What is asked of the provider once for all hosts. */
struct choosing {
	struct run *run;
	struct pool *pool;
	struct rollout_host_rows rows;
	struct step_rows open;
	struct rollout_target **list; /* those that need a way; owned list */
	size_t count;
	struct error *refusals; /* why not by a snapshot, one a target of the list; owned */
};

static void choosing_done_p(struct choosing *c)
{
	rollout_host_rows_done(&c->rows);
	step_rows_done(&c->open);
	pool_close(c->pool);
	free(c->list);
	free(c->refusals);
}

static int open_provider(
	const struct choosing *c, struct provider_session **session, struct error *err)
{
	static const char *const needed[] = { "snapshot", "revert", "forget", "stop", "start",
		NULL };

	if (way_back_provider(c->run->request, session, err) < 0)
		return -1;
	return provider_check_originals(*session, needed, err);
}

/* Declared data stays as it is; what else no snapshot holds would not go back with the rest, or be lost. */
static int check_coverage(const struct coverage *coverage, struct error *err)
{
	CLEANUP(str_done) struct str paths = { 0 };

	for (size_t i = 0; i < coverage->count; i++) {
		const struct coverage_area *area = &coverage->areas[i];

		if (!area->is_covered && !str_equal(area->kind, "data"))
			str_addf(&paths, "%s%s (%s)", *str_text(&paths) ? ", " : "", area->path,
				*area->why ? area->why : area->kind);
	}
	if (!*str_text(&paths))
		return 0;
	return error_set(err, ERR_REFUSED, "a snapshot does not hold %s", str_text(&paths));
}

/* A snapshot takes back all that was written since; what customers write must lie elsewhere. */
static int check_snapshot(const struct choosing *c, struct provider_session *session,
	const struct rollout_target *m, struct error *err)
{
	const struct group *g = m->place.group;
	const char *const hosts[] = { m->place.host->name, NULL };
	const struct provider_target target = { .environment = c->run->request->environment,
		.hosts = hosts };
	CLEANUP(coverage_done) struct coverage coverage = { 0 };

	if (g->is_stateful && !*g->data)
		return error_set(err, ERR_REFUSED,
			"group '%s' keeps what customers write and declares no 'data:'", g->name);
	if (provider_coverage(session, &target, &coverage, err) < 0)
		return -1;
	return check_coverage(&coverage, err);
}

/* The provider is asked host by host: of one that it does not know it says so, of the others what it holds. */
static void ask_provider(struct choosing *c)
{
	CLEANUP(provider_close) struct provider_session *session = NULL;
	struct error refusal = { 0 };

	c->refusals = mem_new(c->count, sizeof *c->refusals);
	if (c->count && open_provider(c, &session, &refusal) == 0)
		refusal = (struct error){ 0 };
	for (size_t i = 0; i < c->count; i++) {
		struct error *own = &c->refusals[i];

		*own = refusal;
		if (c->list[i]->place.group->way_back != WAY_BACK_DOWNGRADE &&
			refusal.kind == ERR_NONE &&
			check_snapshot(c, session, c->list[i], own) == 0)
			*own = (struct error){ 0 };
	}
}

/* ---- one host ---- */

/* Without a way it goes only when a person said so; that is then its way. */
static void judge_lack(struct choosing *c, struct rollout_target *m, const char *words)
{
	if (!*c->run->waiver) {
		target_fail(m, FAILURE_PRECHECK,
			"no way back: %s; to put right: sync a source that has it, give the environment a "
			"provider that makes snapshots, declare as 'data:' what is to stay, or say "
			"--without-way-back REASON",
			words);
		return;
	}
	m->way->kind = WAY_BACK_IS_NONE;
	way_back_set(&m->way->waived_by, c->run->waived_by);
	way_back_set(&m->way->waiver, c->run->waiver);
}

static void choose_kind(struct choosing *c, struct rollout_target *m, const struct error *refusal)
{
	const struct group *g = m->place.group;

	m->way = way_back_new(m->plan, m->state);
	m->way->kind = refusal->kind == ERR_NONE && g->way_back != WAY_BACK_DOWNGRADE
			       ? WAY_BACK_IS_SNAPSHOT
			       : WAY_BACK_IS_DOWNGRADE;
	if (m->way->kind == WAY_BACK_IS_SNAPSHOT) {
		CLEANUP(free) char *name = mem_printf("rollout-%lld", (long long)c->run->id);

		way_back_set(&m->way->snapshot, name);
	} else if (g->way_back == WAY_BACK_SNAPSHOT) {
		judge_lack(c, m, refusal->text);
	}
}

/* ---- exact downgrades ---- */

struct rebuilding {
	const struct choosing *choosing;
	struct rollback_set *bundles;
};

static void rebuild_one(void *context, size_t index)
{
	struct rebuilding *r = context;

	rollback_set_rebuild(r->choosing->run->request, r->choosing->pool, &r->bundles[index]);
}

static int fill_rollback_sets(
	struct choosing *c, struct rollback_set *bundles, size_t count, struct error *err)
{
	const struct rollout_request *r = c->run->request;
	struct rebuilding rebuilding = { c, bundles };

	if (!count)
		return 0;
	if (pool_open(r->config->state, &c->pool, err) < 0 ||
		rollback_sets_find(r, c->pool, bundles, count, err) < 0)
		return -1;
	workers_run(count, r->config->ssh.parallel, rebuild_one, &rebuilding);
	return rollback_sets_seal(r, c->pool, c->run->id, bundles, count, err);
}

static int choose_downgrades(struct choosing *c, struct error *err)
{
	CLEANUP(free) struct rollback_set *bundles = mem_new(c->count, sizeof *bundles);
	CLEANUP(free)
	struct rollout_target **list = mem_new(c->count, sizeof(struct rollout_target *));
	size_t count = 0;

	for (size_t i = 0; i < c->count; i++) {
		struct rollout_target *m = c->list[i];

		if (m->verdict != HOST_WAITING || m->way->kind != WAY_BACK_IS_DOWNGRADE)
			continue;
		list[count] = m;
		bundles[count++] = rollback_set_of(m->way, m->place.host->name, m->session);
	}

	int result = fill_rollback_sets(c, bundles, count, err);

	for (size_t i = 0; i < count; i++) {
		if (bundles[i].lack.kind != ERR_NONE)
			judge_lack(c, list[i], bundles[i].lack.text);
		rollback_set_done(&bundles[i]);
	}
	return result;
}

/* ---- all of them ---- */

/* Nothing is built on a host for its way back while it may be at work. */
static bool is_at_work(const struct choosing *c, const struct rollout_target *m)
{
	for (size_t i = 0; i < c->open.count; i++) {
		if (str_equal(c->open.items[i].host, m->place.host->name))
			return true;
	}
	return false;
}

static bool is_to_change(const struct rollout_target *m)
{
	return m->verdict == HOST_WAITING && m->plan && plan_change_count(m->plan);
}

/*
 * A way that was written down stays: what a host that was changed is now is not what it is to go back to, and one that
 * was not is looked at again when its turn comes.
 */
static int keep_or_list(struct choosing *c, struct rollout_target *m, struct error *err)
{
	const struct rollout_request *r = c->run->request;
	const struct rollout_host_row *row = rollout_hosts_find(&c->rows, m->place.host->name);
	struct journal j;

	if (journal_read(r->store, c->run->id, m->place.host->name, DIRECTION_FORWARD, &j, err) < 0)
		return -1;
	m->was_changed = j.progress.now.is_changed;
	if (row && *row->way_back)
		return way_back_read(row->way_back, &m->way, err);
	if (!c->run->is_held && !is_at_work(c, m) && is_to_change(m))
		c->list[c->count++] = m;
	return 0;
}

static int write_down(struct choosing *c, struct error *err)
{
	const struct rollout_request *r = c->run->request;

	for (size_t i = 0; i < c->count; i++) {
		const struct rollout_target *m = c->list[i];
		CLEANUP(free) char *text = way_back_write(m->way);

		if (m->verdict == HOST_WAITING &&
			store_rollout_host_way(
				r->store, c->run->id, m->place.host->name, text, r->actor, err) < 0)
			return -1;
	}
	return 0;
}

static int choose(struct choosing *c, struct error *err)
{
	ask_provider(c);
	for (size_t i = 0; i < c->count; i++)
		choose_kind(c, c->list[i], &c->refusals[i]);
	if (choose_downgrades(c, err) < 0)
		return error_wrap(err, "finding the way back");
	return write_down(c, err);
}

int ways_back_choose(struct run *run, struct error *err)
{
	CLEANUP(choosing_done) struct choosing c = { .run = run };
	const struct rollout_request *r = run->request;

	if (r->environment->original) /* a clone is thrown away */
		return 0;
	c.list = mem_new(targets_count(run->targets), sizeof(struct rollout_target *));
	if (store_rollout_hosts(r->store, run->id, &c.rows, err) < 0 ||
		store_steps_open(r->store, r->environment->name, &c.open, err) < 0)
		return -1;
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		if (keep_or_list(&c, targets_at(run->targets, i), err) < 0)
			return -1;
	}
	return choose(&c, err);
}

int way_back_choose(struct run *run, struct rollout_target *m, struct error *err)
{
	CLEANUP(choosing_done) struct choosing c = { .run = run, .count = 1 };
	int result = 0;

	if (run->request->environment->original || !is_to_change(m))
		return 0;
	c.list = mem_new(1, sizeof(struct rollout_target *));
	*c.list = m;
	pthread_mutex_lock(&run->ways);
	way_back_free(STEAL(&m->way));
	result = choose(&c, err);
	pthread_mutex_unlock(&run->ways);
	return result;
}
