/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/way_on.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "gate/admission.h"
#include "gate/entry.h"
#include "model/config.h"
#include "model/rollout_policy.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/debt.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rollout.h"

#include <stdlib.h>
#include <string.h>

/* One environment, and its last rollout. */
struct way_on {
	const struct config *config;
	struct store *store;
	const struct environment *environment;
	struct environment_row now;
	struct candidate_row candidate; /* of that rollout */
	struct str words;
};

static void way_on_done(struct way_on *w)
{
	environment_row_done(&w->now);
	candidate_row_done(&w->candidate);
	str_done(&w->words);
}
CLEANUP_DONE(struct way_on, way_on_done)

/* May its candidate enter, once nobody holds the environment? */
static int check_gate(const struct way_on *w, struct error *err)
{
	const struct admission asked = { w->config, w->store, w->candidate.id, w->environment };

	return entry_check_lifted(&asked, &w->candidate, NULL, w->now.release, err);
}

/* Of a clone on which the candidate was tried, into its original. */
static int add_clone_entry(struct way_on *w, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows clones = { 0 };

	if (store_clones(w->store, w->environment->name, false, &clones, err) < 0)
		return -1;
	for (size_t i = 0; i < clones.count; i++) {
		if (str_equal(clones.items[i].candidate, w->candidate.id)) {
			str_addf(&w->words,
				"'patchline promote %s --patch-original' does what is left",
				clones.items[i].name);
			return 0;
		}
	}
	str_add(&w->words, "the clone that it came from is gone: nothing goes on with it");
	return 0;
}

/* Where the configuration says otherwise by now: that, and how it counts. */
static int add_difference(struct way_on *w, const struct rollout_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *inputs = NULL;
	CLEANUP(free) char *differs = NULL;
	struct error kept_out = { 0 };

	if (jvalue_parse(row->inputs, strlen(row->inputs), &inputs, err) < 0)
		return -1;
	if (!jvalue_get(inputs, "policy"))
		return 0;
	if (rollout_policy_difference(jvalue_get(inputs, "policy"), w->environment, &differs, err) <
		0)
		return -1;
	if (!*differs)
		return 0;
	str_addf(&w->words, " as it began; %s says otherwise by now (%s), ", w->config->path,
		differs);
	if (check_gate(w, &kept_out) == 0)
		str_addf(&w->words, "and 'patchline promote %s --to %s --anew' begins anew by that",
			w->candidate.id, w->environment->name);
	else
		str_addf(&w->words, "and nothing may begin anew by that yet: %s", kept_out.text);
	return 0;
}

/* True when hosts are to go back to what they were, and have not. */
static int owes_way_back(const struct way_on *w, bool *out, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };

	*out = false;
	if (store_debts(w->store, w->environment->name, &debts, err) < 0)
		return -1;
	for (size_t i = 0; i < debts.count; i++)
		*out |= debts.items[i].debt == DEBT_WAY_BACK;
	return 0;
}

static void add_lift(struct way_on *w)
{
	if (w->now.held_at)
		str_addf(&w->words, "'patchline lift %s --reason TEXT' lets it go on; then ",
			w->environment->name);
}

/* Forward, and nobody drives it. */
static int add_forward(struct way_on *w, const struct rollout_row *row, struct error *err)
{
	bool is_owed = false;

	if (owes_way_back(w, &is_owed, err) < 0)
		return -1;
	if (is_owed) { /* held as it is */
		str_addf(&w->words, "'patchline resume rollout-%lld' takes back what is to go back",
			(long long)row->id);
		return 0;
	}
	if (row->state != ROLLOUT_RUNNING)
		add_lift(w);
	if (w->candidate.lane == LANE_SNAPSHOT && !w->environment->original)
		return add_clone_entry(w, err);
	str_addf(&w->words, "'patchline %s rollout-%lld' does what is left",
		row->state == ROLLOUT_RUNNING ? "resume" : "retry", (long long)row->id);
	return add_difference(w, row, err);
}

static int add_unfinished(struct way_on *w, const struct rollout_row *row, struct error *err)
{
	const char *name = w->environment->name;
	bool is_driven = false;

	if (row->state == ROLLOUT_RUNNING && lease_is_held(w->store, name, &is_driven, err) < 0)
		return -1;
	if (is_driven)
		str_addf(&w->words, "it is under way: 'patchline watch %s' shows it", name);
	else if (row->direction == DIRECTION_BACK)
		str_addf(&w->words, "'patchline rollback %s' does what is left", name);
	else
		return add_forward(w, row, err);
	return 0;
}

/* Nothing is unfinished: the candidate of the last rollout again. */
static int add_again(struct way_on *w, struct error *err)
{
	struct error kept_out = { 0 };
	bool is_owed = false;

	if (owes_way_back(w, &is_owed, err) < 0)
		return -1;
	if (is_owed) {
		str_addf(&w->words, "'patchline rollback %s' takes back what is to go back",
			w->environment->name);
		return 0;
	}
	add_lift(w);
	if (w->candidate.lane == LANE_SNAPSHOT && !w->environment->original)
		return add_clone_entry(w, err);
	if (check_gate(w, &kept_out) < 0)
		str_addf(&w->words, "nothing may enter yet: %s", kept_out.text);
	else
		str_addf(&w->words, "'patchline promote %s --to %s' begins a rollout",
			w->candidate.id, w->environment->name);
	return 0;
}

/* Nothing was rolled out there yet: the newest candidate that may come. */
static int add_first(struct way_on *w, struct error *err)
{
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };
	const char *id = NULL;

	if (store_candidates(w->store, NULL, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count && !id; i++) {
		if (!rows.items[i].closed_at && rows.items[i].lane == LANE_CODE_LINE)
			id = rows.items[i].id;
	}
	if (!id) {
		str_add(&w->words,
			"'patchline freeze RELEASE' makes a candidate that can enter it");
		return 0;
	}
	if (store_candidate_find(w->store, id, &w->candidate, err) < 0)
		return -1;
	return add_again(w, err);
}

static int add_way(struct way_on *w, struct error *err)
{
	CLEANUP(rollout_rows_done) struct rollout_rows rows = { 0 };
	const struct rollout_row *last = NULL;

	if (store_rollouts(w->store, w->environment->name, 1, &rows, err) < 0)
		return -1;
	if (!rows.count)
		return add_first(w, err);
	last = &rows.items[0];
	if (store_candidate_find(w->store, last->candidate, &w->candidate, err) < 0)
		return -1;
	return rollout_state_is_final(last->state) ? add_again(w, err)
						   : add_unfinished(w, last, err);
}

int way_on_find(const struct config *config, struct store *store,
	const struct environment *environment, char **out, struct error *err)
{
	CLEANUP(way_on_done)
	struct way_on w = { .config = config, .store = store, .environment = environment };

	if (store_environment_find(store, environment->name, &w.now, err) < 0 ||
		add_way(&w, err) < 0)
		return error_wrap(err, "finding how '%s' goes on", environment->name);
	*out = str_take(&w.words);
	return 0;
}
