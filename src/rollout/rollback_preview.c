/* SPDX-License-Identifier: Apache-2.0 */
/* rollback_preview.c - what is to go back, and how; declared in rollback.h. */
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "rollout/journal.h"
#include "rollout/rollback.h"
#include "rollout/rollback_set.h"
#include "rollout/rollout.h"
#include "rollout/way_back.h"
#include "store/environment.h"
#include "store/rollout.h"

#include <stdbool.h>
#include <stdlib.h>

/* What is known of the rollout that is to be undone. */
struct undone {
	const struct rollout_request *request;
	struct rollout_row row;
	struct rollout_host_rows hosts;
	bool is_code_newer; /* a release was deployed since it began */
};

static void undone_done_p(struct undone *u)
{
	rollout_row_done(&u->row);
	rollout_host_rows_done(&u->hosts);
}

static int undone_look(struct undone *u, int64_t undoes, struct error *err)
{
	const struct rollout_request *r = u->request;
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	if (store_rollout_find(r->store, undoes, &u->row, err) < 0 ||
		store_rollout_hosts(r->store, undoes, &u->hosts, err) < 0 ||
		store_environment_find(r->store, r->environment->name, &now, err) < 0)
		return -1;
	u->is_code_newer = now.told_at > u->row.started_at;
	return 0;
}

/* ---- one host ---- */

static int preview_add(struct undone *u, const struct rollout_host_row *row,
	struct rollback_preview *plan, struct error *err)
{
	const struct rollout_request *r = u->request;
	struct rollback_host *host = &plan->hosts[plan->count];
	CLEANUP(way_back_free) struct way_back *way = NULL;
	struct journal j;

	if (journal_read(r->store, u->row.id, row->host, DIRECTION_FORWARD, &j, err) < 0)
		return -1;
	if (!j.progress.now.is_changed)
		return 0;
	if (*row->way_back && way_back_read(row->way_back, &way, err) < 0)
		return -1;
	*host = (struct rollback_host){
		.host = mem_strdup(row->host),
		.group = mem_strdup(row->group),
		.wave = row->wave,
		.position = row->position,
		.way = STEAL(&way),
	};
	plan->count++;
	if (!host->way)
		(void)!error_set(&host->lack, ERR_REFUSED, "no way back was written down");
	else if (host->way->kind == WAY_BACK_IS_NONE)
		(void)!error_set(
			&host->lack, ERR_REFUSED, "it went without one: %s", host->way->waiver);
	return 0;
}

/* What was patched last goes back first. */
static void turn_waves(struct rollback_preview *plan)
{
	int64_t last = plan->count ? plan->hosts[plan->count - 1].wave : 0;

	for (size_t i = 0; i < plan->count / 2; i++) {
		struct rollback_host kept = plan->hosts[i];

		plan->hosts[i] = plan->hosts[plan->count - 1 - i];
		plan->hosts[plan->count - 1 - i] = kept;
	}
	for (size_t i = 0; i < plan->count; i++)
		plan->hosts[i].wave = last + 1 - plan->hosts[i].wave;
}

/* ---- downgrades in the place of snapshots ---- */

static bool is_snapshot_of_no_use(const struct undone *u, const struct rollback_host *host)
{
	return host->way && host->way->kind == WAY_BACK_IS_SNAPSHOT &&
	       (host->way->is_forgotten || u->is_code_newer);
}

static void judge_lack(struct rollback_host *host, const struct rollback_set *b)
{
	const struct package *lacking = rollback_set_lack(b);

	if (lacking)
		(void)!error_set(&host->lack, ERR_REFUSED,
			"its snapshot %s, and %s %s is in no set and no source any more",
			host->way->is_forgotten ? "was dropped" : "has older code than runs now",
			lacking->name, lacking->version);
}

static int stand_in(struct undone *u, struct rollback_preview *plan, struct error *err)
{
	CLEANUP(rollback_sets_done) struct rollback_sets sets = { 0 };
	CLEANUP(free)
	struct rollback_host **hosts = mem_new(plan->count, sizeof(struct rollback_host *));

	if (rollback_sets_open(u->request, plan->count, &sets, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->count; i++) {
		struct rollback_host *host = &plan->hosts[i];

		if (!is_snapshot_of_no_use(u, host))
			continue;
		host->way->kind = WAY_BACK_IS_DOWNGRADE;
		hosts[sets.count] = host;
		rollback_sets_add(&sets, host->way, host->host);
	}
	if (!sets.count)
		return 0;
	if (rollback_sets_find(&sets, err) < 0)
		return -1;
	for (size_t i = 0; i < sets.count; i++)
		judge_lack(hosts[i], &sets.items[i]);
	return rollback_sets_seal(&sets, u->row.id, err);
}

/* ---- */

int rollback_preview_make(const struct rollout_request *request, int64_t undoes,
	struct rollback_preview *out, struct error *err)
{
	CLEANUP(undone_done) struct undone u = { .request = request };
	CLEANUP(rollback_preview_done) struct rollback_preview plan = { 0 };

	if (undone_look(&u, undoes, err) < 0)
		return -1;
	plan.hosts = mem_new(u.hosts.count, sizeof *plan.hosts);
	for (size_t i = 0; i < u.hosts.count; i++) {
		if (preview_add(&u, &u.hosts.items[i], &plan, err) < 0)
			return -1;
	}
	if (!plan.count)
		return error_set(err, ERR_REFUSED,
			"rollout-%lld changed nothing that is still changed", (long long)undoes);
	turn_waves(&plan);
	if (stand_in(&u, &plan, err) < 0)
		return -1;
	for (size_t i = 0; i < plan.count; i++)
		plan.lacking += plan.hosts[i].lack.kind != ERR_NONE;
	*out = STEAL(&plan);
	return 0;
}

int rollback_preview_check(const struct rollback_preview *plan, struct error *err)
{
	CLEANUP(str_done) struct str words = { 0 };

	if (!plan->lacking)
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->hosts[i].lack.kind != ERR_NONE)
			str_addf(&words, "%s%s: %s", words.size ? "; " : "", plan->hosts[i].host,
				plan->hosts[i].lack.text);
	}
	return error_set(err, ERR_REFUSED,
		"%zu of %zu hosts have no way back: %s; nothing was changed; a newer set that puts "
		"things right is the way on",
		plan->lacking, plan->count, str_text(&words));
}

void rollback_preview_done(struct rollback_preview *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		free(plan->hosts[i].host);
		free(plan->hosts[i].group);
		way_back_free(plan->hosts[i].way);
	}
	free(plan->hosts);
	*plan = (struct rollback_preview){ 0 };
}
