/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/way_back_choose.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "clone/provider.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/journal.h"
#include "rollout/rollback_set.h"
#include "rollout/rollout.h"
#include "rollout/run_private.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"
#include "store/rollout.h"
#include "store/store.h"

#include <pthread.h>
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

/* How one host goes back, while that is chosen. */
struct choice {
	const char *host;
	const struct group *group;
	struct way_back *way; /* owned, until its host takes it */
	struct error refusal; /* why not by a snapshot; ERR_NONE when it can be one */
	struct error lack;    /* why there is none; ERR_NONE while there may be */
	bool is_short;        /* packages of it are nowhere but on the host itself */
};

/* Hosts for which that is chosen together. */
struct choosing {
	struct run *run;
	struct choice *items; /* owned */
	size_t count;
	struct session
		*session; /* with the only host, to build what is nowhere; NULL: none is touched */
};

struct ways_back {
	struct choosing choosing;
	struct workers *worker; /* owned; NULL: nothing is to be chosen */
	pthread_mutex_t lock;   /* of `is_over`, and held while packages are found and sealed */
	pthread_cond_t over;
	bool is_over;
};

static void choosing_done(struct choosing *c)
{
	for (size_t i = 0; i < c->count; i++)
		way_back_free(c->items[i].way);
	free(c->items);
}
CLEANUP_DONE(struct choosing, choosing_done)

static void choosing_add(struct choosing *c, const struct rollout_target *m)
{
	c->items[c->count++] = (struct choice){
		.host = m->place.host->name,
		.group = m->place.group,
		.way = way_back_new(m->plan, m->state),
	};
}

/* ---- one host ---- */

/* Without a way it goes only when a person said so; that is then its way. */
static void choice_fail(const struct run *run, struct choice *choice, const char *words)
{
	if (!*run->waiver) {
		(void)!error_set(&choice->lack, ERR_REFUSED,
			"no way back: %s; to put right: sync a source that has it, give the environment a "
			"provider that makes snapshots, declare as 'data:' what is to stay, or say "
			"--without-way-back REASON",
			words);
		return;
	}
	choice->way->kind = WAY_BACK_IS_NONE;
	way_back_set(&choice->way->waived_by, run->waived_by);
	way_back_set(&choice->way->waiver, run->waiver);
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
	const struct choice *choice, struct error *err)
{
	const struct group *g = choice->group;
	const char *const hosts[] = { choice->host, NULL };
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

	if (open_provider(c, &session, &refusal) == 0)
		refusal = (struct error){ 0 };
	for (size_t i = 0; i < c->count; i++) {
		struct choice *choice = &c->items[i];

		choice->refusal = refusal;
		if (choice->group->way_back != WAY_BACK_DOWNGRADE && refusal.kind == ERR_NONE &&
			check_snapshot(c, session, choice, &choice->refusal) == 0)
			choice->refusal = (struct error){ 0 };
	}
}

static void choose_kind(const struct choosing *c, const char *snapshot, struct choice *choice)
{
	const struct group *g = choice->group;

	choice->way->kind = choice->refusal.kind == ERR_NONE && g->way_back != WAY_BACK_DOWNGRADE
				    ? WAY_BACK_IS_SNAPSHOT
				    : WAY_BACK_IS_DOWNGRADE;
	if (choice->way->kind == WAY_BACK_IS_SNAPSHOT) {
		way_back_set(&choice->way->snapshot, snapshot);
	} else if (g->way_back == WAY_BACK_SNAPSHOT) {
		choice_fail(c->run, choice, choice->refusal.text);
	}
}

/* ---- exact downgrades ---- */

static int find_packages(struct choosing *c, struct rollback_sets *sets, struct error *err)
{
	struct ways_back *all = c->run->ways_back;
	int result = 0;

	pthread_mutex_lock(&all->lock);
	result = rollback_sets_find(sets, err);
	pthread_mutex_unlock(&all->lock);
	return result;
}

static void choices_complete(
	struct choosing *c, struct rollback_sets *sets, struct choice *const *list)
{
	for (size_t i = 0; i < sets->count; i++) {
		struct error lack;

		if (!rollback_set_lack(&sets->items[i]))
			continue;
		list[i]->is_short = !c->session;
		if (c->session &&
			rollback_set_rebuild(sets, &sets->items[i], c->session, &lack) < 0)
			choice_fail(c->run, list[i], lack.text);
	}
}

static int write_down(const struct choosing *c, struct error *err)
{
	const struct rollout_request *r = c->run->request;

	for (size_t i = 0; i < c->count; i++) {
		const struct choice *choice = &c->items[i];
		CLEANUP(free) char *text = way_back_write(choice->way);

		if (choice->lack.kind == ERR_NONE && !choice->is_short &&
			store_rollout_host_way(
				r->store, c->run->id, choice->host, text, r->actor, err) < 0)
			return -1;
	}
	return 0;
}

/* In one transaction: a commit for each of thousands of hosts would keep the others waiting. */
static int seal_and_write_down(struct choosing *c, struct rollback_sets *sets, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (rollback_sets_seal(sets, c->run->id, err) < 0 ||
		transaction_begin(&transaction, c->run->request->store, err) < 0 ||
		write_down(c, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int choices_finish(struct choosing *c, struct rollback_sets *sets, struct error *err)
{
	struct ways_back *all = c->run->ways_back;
	int result = 0;

	pthread_mutex_lock(&all->lock);
	result = seal_and_write_down(c, sets, err);
	pthread_mutex_unlock(&all->lock);
	return result;
}

static int choose_all(struct choosing *c, struct error *err)
{
	CLEANUP(rollback_sets_done) struct rollback_sets sets = { 0 };
	CLEANUP(free) struct choice **list = mem_new(c->count + 1, sizeof(struct choice *));
	CLEANUP(free) char *snapshot = NULL;

	ask_provider(c);
	if (store_rollout_known_as(c->run->request->store, c->run->id, &snapshot, err) < 0 ||
		rollback_sets_open(c->run->request, c->count, &sets, err) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		struct choice *choice = &c->items[i];

		choose_kind(c, snapshot, choice);
		if (choice->lack.kind != ERR_NONE || choice->way->kind != WAY_BACK_IS_DOWNGRADE)
			continue;
		list[sets.count] = choice;
		rollback_sets_add(&sets, choice->way, choice->host);
	}
	if (sets.count && find_packages(c, &sets, err) < 0)
		return -1;
	choices_complete(c, &sets, list);
	return choices_finish(c, &sets, err);
}

/* ---- beside the first steps ---- */

/* What comes to nothing here is chosen once more by its host. */
static void choose_beside(void *context, size_t index)
{
	struct ways_back *all = context;
	struct choosing *c = &all->choosing;
	struct error ignored = { 0 };

	(void)index;
	if (choose_all(c, &ignored) < 0) {
		for (size_t i = 0; i < c->count; i++)
			c->items[i].is_short = true;
	}
	pthread_mutex_lock(&all->lock);
	all->is_over = true;
	pthread_cond_broadcast(&all->over);
	pthread_mutex_unlock(&all->lock);
}

static bool is_to_change(const struct rollout_target *m)
{
	return m->verdict == HOST_WAITING && m->plan && plan_change_count(m->plan);
}

/*
 * A way that was written down stays: what a host that was changed is now is not what it is to go back to, and one that
 * was not is looked at again when its turn comes.
 */
static int keep_or_add(struct run *run, struct rollout_target *m,
	const struct rollout_host_rows *rows, struct error *err)
{
	const struct rollout_host_row *row = rollout_hosts_find(rows, m->place.host->name);
	struct journal j;

	if (journal_read(run->request->store, run->id, m->place.host->name, DIRECTION_FORWARD, &j,
		    err) < 0)
		return -1;
	m->was_changed = j.progress.now.is_changed;
	if (row && *row->way_back)
		return way_back_read(row->way_back, &m->way, err);
	if (!run->is_held && is_to_change(m))
		choosing_add(&run->ways_back->choosing, m);
	return 0;
}

int ways_back_begin(struct run *run, struct error *err)
{
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows rows = { 0 };
	const struct rollout_request *r = run->request;
	struct ways_back *all = NULL;

	if (r->environment->original) /* a clone is thrown away */
		return 0;
	all = run->ways_back = mem_new(1, sizeof *all);
	pthread_mutex_init(&all->lock, NULL);
	pthread_cond_init(&all->over, NULL);
	all->choosing = (struct choosing){ .run = run };
	all->choosing.items = mem_new(targets_count(run->targets), sizeof *all->choosing.items);
	if (store_rollout_hosts(r->store, run->id, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < targets_count(run->targets); i++) {
		if (keep_or_add(run, targets_at(run->targets, i), &rows, err) < 0)
			return -1;
	}
	if (all->choosing.count)
		all->worker = workers_begin(1, 1, choose_beside, all);
	return 0;
}

void ways_back_end(struct ways_back *all)
{
	if (!all)
		return;
	workers_end(all->worker);
	choosing_done(&all->choosing);
	pthread_cond_destroy(&all->over);
	pthread_mutex_destroy(&all->lock);
	free(all);
}

/* ---- before a host is changed ---- */

static struct choice *await_choice(struct ways_back *all, const char *host)
{
	struct choosing *c = &all->choosing;

	pthread_mutex_lock(&all->lock);
	while (all->worker && !all->is_over)
		pthread_cond_wait(&all->over, &all->lock);
	pthread_mutex_unlock(&all->lock);
	for (size_t i = 0; i < c->count; i++) {
		if (str_equal(c->items[i].host, host))
			return c->items[i].is_short ? NULL : &c->items[i];
	}
	return NULL;
}

static int choice_take(struct rollout_target *m, struct choice *choice, struct error *err)
{
	if (choice->lack.kind != ERR_NONE) {
		*err = choice->lack;
		return -1;
	}
	way_back_free(m->way);
	m->way = STEAL(&choice->way);
	return 0;
}

static int choose_now(struct run *run, struct rollout_target *m, struct error *err)
{
	CLEANUP(choosing_done)
	struct choosing c = { .run = run, .session = m->session };

	c.items = mem_new(1, sizeof *c.items);
	choosing_add(&c, m);
	if (choose_all(&c, err) < 0)
		return error_wrap(err, "finding the way back");
	return choice_take(m, c.items, err);
}

/* It may have been seen again since that was chosen, and be another. */
static bool is_of_now(const struct way_back *way, const struct rollout_target *m)
{
	return way && str_equal(way->state_before, m->state_before);
}

int way_back_await(struct run *run, struct rollout_target *m, struct error *err)
{
	struct choice *choice = NULL;

	if (!run->ways_back || m->was_changed || is_of_now(m->way, m))
		return 0;
	choice = await_choice(run->ways_back, m->place.host->name);
	return choice && is_of_now(choice->way, m) ? choice_take(m, choice, err)
						   : choose_now(run, m, err);
}
