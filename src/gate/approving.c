/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/approving.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/drift.h"
#include "model/config.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/store.h"

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
	CLEANUP(drift_done) struct drift drift = { .first = "" };

	if (drift_find(a->config, a->store, a->environment, &drift, err) < 0)
		return -1;
	if (str_equal(drift_candidate(&drift), candidate->id))
		return 0;
	if (drift.contradicted)
		return error_set(err, ERR_REFUSED,
			"'%s' is not as it was told: %s; put that right, then 'patchline scan %s'",
			a->environment->name, drift.first, a->environment->name);
	return error_set(err, ERR_REFUSED,
		"'%s' runs %s, not %s: only what is there can be approved there",
		a->environment->name, drift.row.candidate ? drift.row.candidate : "no candidate",
		candidate->id);
}

/* On a clone the word is also bound to what the original was when it was copied. */
static int bind_to_original(
	const struct approving *a, const struct candidate_row *candidate, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	struct event_draft event = { a->actor,
		a->kind == APPROVAL_APPROVE ? "clone.approved" : "clone.rejected", SUBJECT_CLONE,
		a->environment->name, payload };

	if (!a->environment->original)
		return 0;
	if (store_clone_find(a->store, a->environment->name, &row, err) < 0)
		return -1;
	jvalue_set_string(payload, "candidate", candidate->id);
	jvalue_set_string(payload, "set", candidate->set);
	jvalue_set_string(payload, "original", row.fingerprint);
	return store_event_add(a->store, &event, err);
}

static int approving_record(
	const struct approving *a, const struct candidate_row *candidate, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct approval_row row = {
		.environment = a->environment->name,
		.candidate = candidate->id,
		.kind = a->kind,
		.comment = a->comment,
	};

	if (transaction_begin(&transaction, a->store, err) < 0 ||
		store_approval_add(a->store, &row, a->actor, err) < 0 ||
		bind_to_original(a, candidate, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

int approving_give(const struct approving *a, char **id, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };

	if (store_candidate_find(a->store, a->candidate, &candidate, err) < 0 ||
		check_person(a, err) < 0 || check_running(a, &candidate, err) < 0)
		return -1;
	if (!a->is_dry_run && approving_record(a, &candidate, err) < 0)
		return -1;
	*id = mem_strdup(candidate.id);
	return 0;
}
