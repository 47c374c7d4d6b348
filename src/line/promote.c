/* SPDX-License-Identifier: Apache-2.0 */
#include "line/promote.h"

#include "base/error.h"
#include "base/str.h"
#include "content/setfile.h"
#include "line/passage.h"
#include "model/config.h"
#include "model/patchset.h"
#include "rollout/roster.h"
#include "store/candidate.h"
#include "store/environment.h"

#include <string.h>

/* The candidate may enter: it is open, its gate is, its code is where the order wants it. */
static int check_entry(
	const struct promotion *p, const struct candidate_row *candidate, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	const struct environment *e = p->environment;

	if (candidate->closed_at)
		return error_set(err, ERR_REFUSED, "candidate %s was closed: %s", candidate->id,
			candidate->closed_reason ? candidate->closed_reason : "no reason told");
	if (passage_check(p->config, p->store, candidate->id, e, p->actor, err) < 0 ||
		store_environment_find(p->store, e->name, &row, err) < 0)
		return -1;
	if (e->order == ORDER_CODE_FIRST && !str_equal(row.release, candidate->release))
		return error_set(err, ERR_WAITING,
			"'%s' takes the code first, and runs release %s: deploy %s there, then 'patchline deployed "
			"%s --to %s' brings the patches",
			e->name, row.release ? row.release : "unknown", candidate->release,
			candidate->release, e->name);
	return 0;
}

static struct rollout_request request_of(const struct promotion *p,
	const struct candidate_row *candidate, const struct patchset *set)
{
	return (struct rollout_request){
		.config = p->config,
		.environment = p->environment,
		.store = p->store,
		.set = set,
		.candidate = candidate->id,
		.actor = p->actor,
		.watch = p->watch,
	};
}

static int enter(const struct promotion *p, const struct candidate_row *candidate,
	struct rollout_summary *summary, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (check_entry(p, candidate, err) < 0 ||
		setfile_open(p->config->state, candidate->set, &set, err) < 0)
		return -1;

	struct rollout_request request = request_of(p, candidate, set);

	return rollout_run(&request, summary, err);
}

int promotion_run(const struct promotion *p, const char *candidate, struct rollout_summary *summary,
	struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };

	if (store_candidate_find(p->store, candidate, &row, err) < 0)
		return -1;
	return enter(p, &row, summary, err);
}

int promotion_preview(
	const struct promotion *p, const char *candidate, struct roster **out, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (store_candidate_find(p->store, candidate, &row, err) < 0 ||
		check_entry(p, &row, err) < 0 ||
		setfile_open(p->config->state, row.set, &set, err) < 0)
		return -1;

	struct rollout_request request = request_of(p, &row, set);

	return rollout_preview(&request, out, err);
}

static int record_deployed(const struct promotion *p, const char *release,
	struct environment_row *after, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row seen = { 0 };

	if (store_environment_find(p->store, p->environment->name, &seen, err) < 0 ||
		store_environment_deployed(p->store, &seen, release, p->actor, err) < 0)
		return -1;
	return store_environment_find(p->store, p->environment->name, after, err);
}

int deployed_tell(const struct promotion *p, const char *release, enum deployed_outcome *outcome,
	struct rollout_summary *summary, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	CLEANUP(candidate_rows_done) struct candidate_rows candidates = { 0 };

	if (record_deployed(p, release, &now, err) < 0 ||
		store_candidates(p->store, release, &candidates, err) < 0)
		return -1;
	if (!candidates.count) {
		*outcome = DEPLOYED_RECORDED;
		return 0;
	}

	const struct candidate_row *newest = &candidates.items[0];

	if (now.status == ENVIRONMENT_CLEAN && str_equal(now.set, newest->set)) {
		*outcome = DEPLOYED_COMPLETE;
		return 0;
	}
	if (enter(p, newest, summary, err) < 0)
		return error_wrap(
			err, "release %s is recorded; its set may not follow yet", release);
	*outcome = DEPLOYED_FOLLOWED;
	return 0;
}
