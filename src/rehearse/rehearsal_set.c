/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"
#include "pending/freeze.h"
#include "rehearse/rehearsal_private.h"
#include "store/candidate.h"
#include "store/environment.h"

#include <stdlib.h>

void rehearsal_set_done(struct rehearsal_set *set)
{
	free(set->digest);
	free(set->candidate);
}

static int check_policy(const struct rehearsal_request *request, struct error *err)
{
	const struct environment *e = request->environment;

	if (e->original)
		return error_set(err, ERR_USAGE, "'%s' is a clone: rehearse '%s'", e->name,
			e->original->name);
	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"'%s' cannot be cloned: name a snapshot provider under its 'clone' in %s",
			e->name, request->config->path);
	if (!*e->clone.gate.tests)
		return error_set(err, ERR_USAGE,
			"nothing would be tested: name 'tests' in the gate of '%s', or under its 'clone', "
			"in %s",
			e->name, request->config->path);
	return 0;
}

static int find_release(const struct rehearsal_request *request, char **release, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	const char *name = request->environment->name;

	if (store_environment_find(request->store, name, &row, err) < 0)
		return -1;
	if (!row.release)
		return error_set(err, ERR_REFUSED,
			"which release '%s' runs is not known: 'patchline deployed RELEASE --to %s' tells it",
			name, name);
	*release = mem_strdup(row.release);
	return 0;
}

static struct freeze_request freeze_request_of(
	const struct rehearsal_request *request, const char *release)
{
	return (struct freeze_request){
		.config = request->config,
		.store = request->store,
		.release = release,
		.actor = request->actor,
		.environment = request->environment,
		.is_security_only = request->is_security_only,
		.fixes = request->fixes,
		.on_progress = request->watch.on_fetch,
		.context = request->watch.context,
	};
}

static int take_set(const struct rehearsal_request *request, const char *release,
	struct rehearsal_set *out, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	const struct candidate_draft draft = { release, request->set, LANE_SNAPSHOT };

	if (setfile_open(request->config->state, request->set, &set, err) < 0 ||
		store_candidate_add(request->store, &draft, request->actor, &row, err) < 0)
		return -1;
	out->digest = mem_strdup(row.set);
	out->candidate = mem_strdup(row.id);
	return 0;
}

static int freeze_set_of(const struct rehearsal_request *request, const char *release,
	struct rehearsal_set *out, struct error *err)
{
	CLEANUP(freeze_free) struct freeze *f = NULL;
	struct freeze_request freezing = freeze_request_of(request, release);

	if (freeze_make(&freezing, &f, err) < 0)
		return -1;
	out->digest = mem_strdup(patchset_digest(freeze_set(f)));
	out->candidate = mem_strdup(freeze_candidate(f));
	out->is_empty = !freeze_count(f);
	if (request->watch.on_frozen)
		request->watch.on_frozen(request->watch.context, f);
	return 0;
}

int rehearsal_set_make(const struct rehearsing *r, struct rehearsal_set *out, struct error *err)
{
	const struct rehearsal_request *request = r->request;
	CLEANUP(rehearsal_set_done) struct rehearsal_set set = { 0 };
	CLEANUP(free) char *release = NULL;

	if (check_policy(request, err) < 0 || find_release(request, &release, err) < 0)
		return -1;
	rehearsal_tell_stage(r, REHEARSE_FREEZE, request->environment->name);
	if ((request->set ? take_set : freeze_set_of)(request, release, &set, err) < 0)
		return -1;
	*out = STEAL(&set);
	return 0;
}

int rehearsal_preview(
	const struct rehearsal_request *request, struct freeze **out, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(free) char *release = NULL;

	if (check_policy(request, err) < 0 || find_release(request, &release, err) < 0)
		return -1;
	if (request->set) {
		*out = NULL;
		return setfile_open(request->config->state, request->set, &set, err);
	}

	struct freeze_request freezing = freeze_request_of(request, release);

	freezing.is_dry_run = true;
	return freeze_make(&freezing, out, err);
}
