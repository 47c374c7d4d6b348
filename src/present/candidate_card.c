/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "model/config.h"
#include "present/candidate.h"
#include "store/environment.h"
#include "store/evidence.h"

#define PLACE(target) AT(struct candidate_place, target)
#define CARD(target)  AT(struct candidate_card, target)

/* clang-format off */
static const struct field place_fields[] = {
	{ "name",         "ENVIRONMENT",  FIELD_TEXT,   PLACE(environment) },
	{ "is_here",      "RUNS IT",      FIELD_FLAG,   PLACE(is_here) },
	{ "entered_at",   "SINCE",        FIELD_TIME,   PLACE(entered_at) },
	{ "tests_passed", "TESTS PASSED", FIELD_NUMBER, PLACE(passed) },
	{ "tests_failed", "FAILED",       FIELD_NUMBER, PLACE(failed) },
	{ "approvals",    "APPROVALS",    FIELD_NUMBER, PLACE(approvals) },
	{ "rejections",   "REJECTIONS",   FIELD_NUMBER, PLACE(rejections) },
};
static const struct view place_view = VIEW_OF(struct candidate_place, place_fields);

static const struct field card_fields[] = {
	{ "id",            "candidate",    FIELD_TEXT,   CARD(row.id) },
	{ "release",       "release",      FIELD_TEXT,   CARD(row.release) },
	{ "lane",          "lane",         FIELD_TEXT,   CARD(row.lane), .word = lane_name },
	{ "set",           "set",          FIELD_TEXT,   CARD(row.set) },
	{ "package_count", "packages",     FIELD_NUMBER, CARD(set.package_count) },
	{ "total_size",    "size",         FIELD_SIZE,   CARD(set.total_size) },
	{ "created_at",    "made",         FIELD_TIME,   CARD(row.created_at) },
	{ "created_by",    "by",           FIELD_TEXT,   CARD(row.created_by) },
	{ "closed_at",     "closed",       FIELD_TIME,   CARD(row.closed_at) },
	{ "closed_reason", "because",      FIELD_TEXT,   CARD(row.closed_reason), .empty = NULL_IF_NONE },
	{ "environments",  "ENVIRONMENTS", FIELD_LIST,   LIST_AT(struct candidate_card, places), .view = &place_view },
};
/* clang-format on */

const struct view candidate_card_view =
	VIEW_OF_KIND("candidate", struct candidate_card, card_fields);

/* What the store has of a candidate anywhere. */
struct history {
	struct environment_rows environments;
	struct test_rows tests;
	struct approval_rows approvals;
};

static void history_done(struct history *h)
{
	environment_rows_done(&h->environments);
	test_rows_done(&h->tests);
	approval_rows_done(&h->approvals);
}
CLEANUP_DONE(struct history, history_done)

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

static void add_place(struct candidate_card *c, const struct history *h, const char *environment)
{
	struct candidate_place place = { .environment = environment };

	place.entered_at = runs_since(h, environment, c->row.id);
	place.is_here = place.entered_at > 0;
	for (size_t i = 0; i < h->tests.count; i++) {
		const struct test_row *row = &h->tests.items[i];

		if (str_equal(row->environment, environment))
			++*(row->outcome == OUTCOME_PASSED ? &place.passed : &place.failed);
	}
	for (size_t i = 0; i < h->approvals.count; i++) {
		const struct approval_row *row = &h->approvals.items[i];

		if (str_equal(row->environment, environment))
			++*(row->kind == APPROVAL_APPROVE ? &place.approvals : &place.rejections);
	}
	view_rows_take(&c->places, &place_view, &place);
}

/* Clones that were removed count too: their evidence stays. */
static int read_places(const struct config *config, struct store *store, struct candidate_card *c,
	struct error *err)
{
	CLEANUP(history_done) struct history h = { 0 };

	if (store_environments(store, &h.environments, err) < 0 ||
		store_tests(store, NULL, c->row.id, &h.tests, err) < 0 ||
		store_approvals(store, NULL, c->row.id, &h.approvals, err) < 0 ||
		store_clones(store, NULL, true, &c->clones, err) < 0)
		return -1;
	for (size_t i = 0; i < config->environment_count; i++)
		add_place(c, &h, config->environments[i].name);
	for (size_t i = 0; i < c->clones.count; i++) {
		if (str_equal(c->clones.items[i].candidate, c->row.id))
			add_place(c, &h, c->clones.items[i].name);
	}
	return 0;
}

int candidate_card_read(const struct config *c, struct store *store, const char *id,
	struct candidate_card *out, struct error *err)
{
	CLEANUP(candidate_card_done) struct candidate_card card = { 0 };

	if (store_candidate_find(store, id, &card.row, err) < 0 ||
		store_set_find(store, card.row.set, &card.set, err) < 0 ||
		read_places(c, store, &card, err) < 0)
		return -1;
	*out = STEAL(&card);
	return 0;
}

void candidate_card_done(struct candidate_card *c)
{
	candidate_row_done(&c->row);
	set_row_done(&c->set);
	clone_rows_done(&c->clones);
	view_rows_done(&c->places);
	*c = (struct candidate_card){ 0 };
}
