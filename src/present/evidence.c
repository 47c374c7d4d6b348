/* SPDX-License-Identifier: Apache-2.0 */
#include "present/evidence.h"

#define TEST(target)     VIA(struct test_item, row, target)
#define ITEM(target)     AT(struct test_item, target)
#define APPROVAL(target) AT(struct approval_row, target)
#define TOLD(target)     AT(struct test_told, target)

/* clang-format off */
static const struct field test_fields[] = {
	{ "id",               "ID",          FIELD_NUMBER,   TEST(id) },
	{ "environment",      "ENVIRONMENT", FIELD_TEXT,     TEST(environment) },
	{ "candidate",        "CANDIDATE",   FIELD_TEXT,     TEST(candidate), .empty = NULL_IF_NONE },
	{ "release",          NULL,          FIELD_TEXT,     TEST(release), .empty = NULL_IF_EMPTY },
	{ "set",              NULL,          FIELD_DIGEST,   TEST(set), .empty = NULL_IF_NONE },
	{ "suite",            "TEST",        FIELD_TEXT,     TEST(suite) },
	{ "host",             "ON",          FIELD_TEXT,     ITEM(host) },
	{ "outcome",          "OUTCOME",     FIELD_TEXT,     TEST(outcome), .word = outcome_name },
	{ "passed",           "PASSED",      FIELD_NUMBER,   TEST(passed) },
	{ "failed",           "FAILED",      FIELD_NUMBER,   TEST(failed) },
	{ "skipped",          "SKIPPED",     FIELD_NUMBER,   TEST(skipped) },
	{ "started_at",       NULL,          FIELD_TIME,     TEST(started_at) },
	{ "ended_at",         "WHEN",        FIELD_TIME,     TEST(ended_at) },
	{ "duration_seconds", "TOOK",        FIELD_DURATION, ITEM(duration) },
	{ "format",           NULL,          FIELD_TEXT,     TEST(format) },
	{ "fingerprint",      NULL,          FIELD_TEXT,     TEST(fingerprint) },
};

static const struct field approval_fields[] = {
	{ "id",          "ID",          FIELD_NUMBER, APPROVAL(id) },
	{ "environment", "ENVIRONMENT", FIELD_TEXT,   APPROVAL(environment) },
	{ "candidate",   "CANDIDATE",   FIELD_TEXT,   APPROVAL(candidate) },
	{ "kind",        "WORD",        FIELD_TEXT,   APPROVAL(kind), .word = approval_name },
	{ "approver",    "BY",          FIELD_TEXT,   APPROVAL(approver) },
	{ "at",          "WHEN",        FIELD_TIME,   APPROVAL(at) },
	{ "comment",     "COMMENT",     FIELD_PROSE,  APPROVAL(comment) },
};

static const struct field tested_fields[] = {
	{ "id",               "ID",      FIELD_NUMBER,   TOLD(id) },
	{ "suite",            "TEST",    FIELD_TEXT,     OWNED(struct test_told, suite) },
	{ "host",             "ON",      FIELD_TEXT,     OWNED(struct test_told, host) },
	{ "outcome",          "OUTCOME", FIELD_TEXT,     TOLD(outcome), .word = outcome_name },
	{ "passed",           "PASSED",  FIELD_NUMBER,   TOLD(passed) },
	{ "failed",           "FAILED",  FIELD_NUMBER,   TOLD(failed) },
	{ "skipped",          "SKIPPED", FIELD_NUMBER,   TOLD(skipped) },
	{ "duration_seconds", "TOOK",    FIELD_DURATION, TOLD(elapsed) },
	{ "reason",           "REASON",  FIELD_PROSE,    OWNED(struct test_told, reason), .empty = NULL_IF_NONE },
};

const struct view test_item_view = VIEW_OF(struct test_item, test_fields);
const struct view approval_row_view = VIEW_OF(struct approval_row, approval_fields);
const struct view tested_item_view = VIEW_OF(struct test_told, tested_fields);

static const struct field evidence_fields[] = {
	{ "tests",     NULL, FIELD_LIST, LIST_AT(struct evidence, tests), .view = &test_item_view },
	{ "approvals", NULL, FIELD_LIST, LIST_AT(struct evidence, approvals), .view = &approval_row_view },
};

static const struct field answer_fields[] = {
	{ "environment",   NULL, FIELD_TEXT, AT(struct tests_answer, environment) },
	{ "candidate",     NULL, FIELD_TEXT, VIA(struct tests_answer, summary, candidate), .empty = NULL_IF_EMPTY },
	{ "contradiction", NULL, FIELD_TEXT, VIA(struct tests_answer, summary, contradiction) },
	{ "tests",         NULL, FIELD_LIST, LIST_AT(struct tests_answer, tests), .view = &tested_item_view },
};
/* clang-format on */

const struct view tests_answer_view = VIEW_OF(struct tests_answer, answer_fields);

const struct view evidence_view = VIEW_OF(struct evidence, evidence_fields);

static const char *host_words(const char *host)
{
	return *host ? host : "controller";
}

int evidence_read(struct store *store, const char *environment, const char *candidate,
	struct evidence *out, struct error *err)
{
	CLEANUP(evidence_done) struct evidence e = { 0 };

	if (store_tests(store, environment, candidate, &e.test_rows, err) < 0 ||
		store_approvals(store, environment, candidate, &e.approvals, err) < 0)
		return -1;
	for (size_t i = 0; i < e.test_rows.count; i++) {
		const struct test_row *row = &e.test_rows.items[i];
		const struct test_item item = { row, host_words(row->host),
			row->ended_at - row->started_at };

		view_rows_take(&e.tests, &test_item_view, &item);
	}
	*out = STEAL(&e);
	return 0;
}

void evidence_done(struct evidence *e)
{
	test_rows_done(&e->test_rows);
	view_rows_done(&e->tests);
	approval_rows_done(&e->approvals);
	*e = (struct evidence){ 0 };
}

void tested_add(struct view_rows *tested, const struct test_told *told)
{
	struct test_told row = *told;

	row.host = host_words(told->host);
	view_rows_copy(tested, &tested_item_view, &row);
}
