/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/promote.h"

#include "base/error.h"
#include "base/str.h"
#include "content/setfile.h"
#include "gate/admission.h"
#include "gate/entry.h"
#include "model/config.h"
#include "model/patchset.h"
#include "promote/wavetests.h"
#include "rollout/readiness.h"
#include "rollout/targets.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/rollout.h"

#include <string.h>

static int promotion_check_entry(const struct promotion *p, const struct candidate_row *candidate,
	const char *actor, const char *release, struct error *err)
{
	const struct admission asked = { p->config, p->store, candidate->id, p->environment };

	return entry_check(&asked, candidate, actor, release, err);
}

/* A clone is patched while it runs, and its row says from then on what is tried in it. */
static int settle_clone(
	const struct promotion *p, const struct candidate_row *candidate, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };

	if (!p->environment->original)
		return 0;
	if (store_clone_find(p->store, p->environment->name, &row, err) < 0)
		return -1;
	if (row.state != CLONE_RUNNING)
		return error_set(err, ERR_REFUSED,
			"'%s' is %s: only a running clone can be patched", row.name,
			clone_state_name(row.state));
	if (str_equal(row.candidate, candidate->id))
		return 0;

	struct clone_change change = { .to = row.state, .candidate = candidate->id };

	return store_clone_change(p->store, &row, &change, p->actor, err);
}

/* True when a program died while it rolled this candidate out here: its gate was asked, and the rollout goes on. */
static int promotion_is_under_way(
	const struct promotion *p, const char *candidate, bool *out, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	*out = false;
	if (store_rollout_unfinished(p->store, p->environment->name, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*out = !p->begins_anew && row.state == ROLLOUT_RUNNING &&
	       str_equal(row.candidate, candidate);
	return 0;
}

struct rollout_request promotion_request(
	const struct promotion *p, const char *candidate, const struct patchset *set)
{
	return (struct rollout_request){
		.config = p->config,
		.environment = p->environment,
		.store = p->store,
		.set = set,
		.candidate = candidate,
		.actor = p->actor,
		.run_tests = wavetests_run,
		.waiver = p->waiver,
		.begins_anew = p->begins_anew,
		.watch = p->watch,
	};
}

static int promotion_enter(const struct promotion *p, const struct candidate_row *candidate,
	const char *release, struct rollout_summary *summary, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	bool goes_on = false;

	if (promotion_is_under_way(p, candidate->id, &goes_on, err) < 0 ||
		(!goes_on && promotion_check_entry(p, candidate, p->actor, release, err) < 0) ||
		setfile_open(p->config->state, candidate->set, &set, err) < 0 ||
		settle_clone(p, candidate, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(p, candidate->id, set);

	return rollout_run(&request, summary, err);
}

static int preview_candidate(const struct promotion *p, const struct candidate_row *candidate,
	const char *release, struct targets **out, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (promotion_check_entry(p, candidate, NULL, release, err) < 0 ||
		setfile_open(p->config->state, candidate->set, &set, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(p, candidate->id, set);

	return rollout_preview(&request, out, err);
}

/* What was asked for, and what runs there now. */
static int promotion_find(const struct promotion *p, const char *text,
	struct candidate_row *candidate, struct environment_row *now, struct error *err)
{
	if (store_candidate_find(p->store, text, candidate, err) < 0)
		return -1;
	return store_environment_find(p->store, p->environment->name, now, err);
}

int promotion_run(const struct promotion *p, const char *candidate, struct rollout_summary *summary,
	struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	if (promotion_find(p, candidate, &row, &now, err) < 0)
		return -1;
	return promotion_enter(p, &row, now.release, summary, err);
}

static int check_continued(const struct promotion *p, const struct rollout_row *row,
	const struct candidate_row *candidate, struct error *err)
{
	if (!str_equal(row->environment, p->environment->name))
		return error_set(err, ERR_USAGE, "rollout-%lld is of '%s'", (long long)row->id,
			row->environment);
	if (candidate->lane == LANE_SNAPSHOT && !p->environment->original)
		return error_set(err, ERR_REFUSED,
			"rollout-%lld brings a clone's set to '%s': 'patchline promote %s/clone-N "
			"--patch-original' goes on with it, and proves both equal",
			(long long)row->id, row->environment, row->environment);
	return 0;
}

int promotion_continue(const struct promotion *p, const struct rollout_row *row,
	struct rollout_summary *summary, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (store_candidate_find(p->store, row->candidate, &candidate, err) < 0 ||
		check_continued(p, row, &candidate, err) < 0 ||
		setfile_open(p->config->state, candidate.set, &set, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(p, candidate.id, set);

	request.continues = row->id;
	return rollout_run(&request, summary, err);
}

int promotion_preview(
	const struct promotion *p, const char *candidate, struct targets **out, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	CLEANUP(environment_row_done) struct environment_row now = { 0 };

	if (promotion_find(p, candidate, &row, &now, err) < 0)
		return -1;
	return preview_candidate(p, &row, now.release, out, err);
}

int promotion_check(
	const struct promotion *p, const char *candidate, struct readiness **out, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (store_candidate_find(p->store, candidate, &row, err) < 0 ||
		setfile_open(p->config->state, row.set, &set, err) < 0)
		return -1;

	struct rollout_request request = promotion_request(p, row.id, set);

	return readiness_find(&request, out, err);
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

/* What follows from what was told: nothing, nothing any more, or a rollout of the newest candidate. */
static enum deployed_outcome foresee(
	const struct candidate_rows *candidates, const struct environment_row *now)
{
	if (!candidates->count)
		return DEPLOYED_RECORDED;
	if (now->status == ENVIRONMENT_CLEAN && str_equal(now->set, candidates->items[0].set))
		return DEPLOYED_COMPLETE;
	return DEPLOYED_FOLLOWED;
}

int deployed_tell(const struct promotion *p, const char *release, enum deployed_outcome *outcome,
	struct rollout_summary *summary, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	CLEANUP(candidate_rows_done) struct candidate_rows candidates = { 0 };

	if (record_deployed(p, release, &now, err) < 0 ||
		store_candidates(p->store, release, &candidates, err) < 0)
		return -1;

	enum deployed_outcome follows = foresee(&candidates, &now);

	if (follows == DEPLOYED_FOLLOWED &&
		promotion_enter(p, &candidates.items[0], release, summary, err) < 0)
		return error_wrap(
			err, "release %s is recorded; its set may not follow yet", release);
	*outcome = follows;
	return 0;
}

int deployed_preview(const struct promotion *p, const char *release, enum deployed_outcome *outcome,
	struct targets **targets, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row now = { 0 };
	CLEANUP(candidate_rows_done) struct candidate_rows candidates = { 0 };
	struct targets *made = NULL;

	if (release_check(release, err) < 0 ||
		store_environment_find(p->store, p->environment->name, &now, err) < 0 ||
		store_candidates(p->store, release, &candidates, err) < 0)
		return -1;

	enum deployed_outcome follows = foresee(&candidates, &now);

	if (follows == DEPLOYED_FOLLOWED &&
		preview_candidate(p, &candidates.items[0], release, &made, err) < 0)
		return -1;
	*outcome = follows;
	*targets = made;
	return 0;
}
