/* SPDX-License-Identifier: Apache-2.0 */
#include "store/candidate.h"

#include "base/str.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/evidence.h"
#include "store/set.h"

static const struct column columns[] = {
	{ "name", "ENVIRONMENT", COLUMN_TEXT },
	{ "is_here", "RUNS IT", COLUMN_FLAG },
	{ "entered_at", "SINCE", COLUMN_TIME },
	{ "tests_passed", "TESTS PASSED", COLUMN_NUMBER },
	{ "tests_failed", "FAILED", COLUMN_NUMBER },
	{ "approvals", "APPROVALS", COLUMN_NUMBER },
	{ "rejections", "REJECTIONS", COLUMN_NUMBER },
	{ 0 },
};

/* Everything that is known of a candidate. */
struct history {
	struct environment_rows environments;
	struct test_rows tests;
	struct approval_rows approvals;
	struct clone_rows clones; /* of all environments, removed ones too: their evidence stays */
};

static void history_done(struct history *h)
{
	environment_rows_done(&h->environments);
	test_rows_done(&h->tests);
	approval_rows_done(&h->approvals);
	clone_rows_done(&h->clones);
}
CLEANUP_DONE(struct history, history_done)

static int history_read(struct store *store, const char *id, struct history *h, struct error *err)
{
	if (store_environments(store, &h->environments, err) < 0 ||
		store_tests(store, NULL, id, &h->tests, err) < 0 ||
		store_approvals(store, NULL, id, &h->approvals, err) < 0 ||
		store_clones(store, NULL, true, &h->clones, err) < 0)
		return -1;
	return 0;
}

/* Since when an environment runs it; 0: it does not. */
static int64_t runs_since(const struct history *h, const char *environment, const char *id)
{
	for (size_t i = 0; i < h->environments.count; i++) {
		const struct environment_row *row = &h->environments.items[i];

		if (str_equal(row->name, environment) && str_equal(row->candidate, id))
			return row->entered_at;
	}
	return 0;
}

static void add_environment(
	struct table *t, const struct history *h, const char *environment, const char *id)
{
	int64_t since = runs_since(h, environment, id), passed = 0, failed = 0;
	int64_t words[APPROVAL_COUNT] = { 0 };

	for (size_t i = 0; i < h->tests.count; i++) {
		bool is_here = str_equal(h->tests.items[i].environment, environment);

		passed += is_here && h->tests.items[i].outcome == OUTCOME_PASSED;
		failed += is_here && h->tests.items[i].outcome != OUTCOME_PASSED;
	}
	for (size_t i = 0; i < h->approvals.count; i++) {
		if (str_equal(h->approvals.items[i].environment, environment))
			words[h->approvals.items[i].kind]++;
	}
	table_row(t);
	table_text(t, "name", environment);
	table_number(t, "is_here", since > 0);
	table_number(t, "entered_at", since);
	table_number(t, "tests_passed", passed);
	table_number(t, "tests_failed", failed);
	table_number(t, "approvals", words[APPROVAL_APPROVE]);
	table_number(t, "rejections", words[APPROVAL_REJECT]);
}

int show_candidate(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	CLEANUP(set_row_done) struct set_row set = { 0 };
	CLEANUP(history_done) struct history h = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_candidate_find(store, id, &row, err) < 0 ||
		store_set_find(store, row.set, &set, err) < 0 ||
		history_read(store, row.id, &h, err) < 0)
		return -1;

	struct table *t = table_new(columns);

	for (size_t i = 0; i < c->environment_count; i++)
		add_environment(t, &h, c->environments[i].name, row.id);
	for (size_t i = 0; i < h.clones.count; i++) {
		if (str_equal(h.clones.items[i].candidate, row.id))
			add_environment(t, &h, h.clones.items[i].name, row.id);
	}

	struct card *card = card_begin(inv, "candidate");

	card_text(card, "id", "candidate", row.id);
	card_text(card, "release", "release", row.release);
	card_text(card, "lane", "lane", lane_name(row.lane));
	card_text(card, "set", "set", row.set);
	card_number(card, "package_count", "packages", set.package_count);
	card_size(card, "total_size", "size", (uint64_t)set.total_size);
	card_time(card, "created_at", "made", row.created_at);
	card_text(card, "created_by", "by", row.created_by);
	card_time(card, "closed_at", "closed", row.closed_at);
	card_text(card, "closed_reason", "because", row.closed_reason);
	card_table(card, "environments", "ENVIRONMENTS", t, NULL);
	card_end(card);
	return 0;
}
