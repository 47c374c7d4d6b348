/* SPDX-License-Identifier: Apache-2.0 */
#include "line/approving.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "line/truth.h"
#include "model/config.h"
#include "store/candidate.h"
#include "store/evidence.h"

#include <stdbool.h>

static int check_person(const struct approving *a, struct error *err)
{
	const char *const *names = a->environment->gate.approvers;
	CLEANUP(str_done) struct str known = { 0 };

	for (const char *const *name = names; *name; name++) {
		if (str_equal(*name, a->actor))
			return 0;
		str_addf(&known, "%s%s", known.size ? ", " : "", *name);
	}
	if (!*names)
		return 0;
	return error_set(err, ERR_DENIED, "'%s' is no approver of '%s'; its gate names %s",
		a->actor, a->environment->name, str_text(&known));
}

/* One can only vouch for what is there to be looked at. */
static int check_running(
	const struct approving *a, const struct candidate_row *candidate, struct error *err)
{
	CLEANUP(truth_done) struct truth truth = { .first = "" };

	if (truth_find(a->config, a->store, a->environment, &truth, err) < 0)
		return -1;
	if (str_equal(truth_candidate(&truth), candidate->id))
		return 0;
	if (truth.contradicted)
		return error_set(err, ERR_REFUSED,
			"'%s' is not as it was told: %s; put that right, then 'patchline scan %s'",
			a->environment->name, truth.first, a->environment->name);
	return error_set(err, ERR_REFUSED,
		"'%s' runs %s, not %s: only what is there can be approved there",
		a->environment->name, truth.row.candidate ? truth.row.candidate : "no candidate",
		candidate->id);
}

int approving_give(const struct approving *a, char **id, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };
	struct approval_row row = {
		.environment = a->environment->name,
		.kind = a->kind,
		.comment = a->comment,
	};

	if (store_candidate_find(a->store, a->candidate, &candidate, err) < 0 ||
		check_person(a, err) < 0 || check_running(a, &candidate, err) < 0)
		return -1;
	row.candidate = candidate.id;
	if (!a->is_dry_run && store_approval_add(a->store, &row, a->actor, err) < 0)
		return -1;
	*id = mem_strdup(candidate.id);
	return 0;
}
