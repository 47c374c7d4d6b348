/* SPDX-License-Identifier: Apache-2.0 */
#include "store/evidence.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/store_private.h"

#include <string.h>

#define TEST_COLUMNS                                                                               \
	"id, environment, candidate, release, set_digest, suite, host, outcome, passed, failed,"   \
	" skipped, started_at, ended_at, format, output, details, fingerprint"
#define APPROVAL_COLUMNS "id, environment, candidate, kind, approver, at, comment"

static const struct row_field test_fields[] = {
	INTEGER_OF(test_row, id),
	TEXT_OF(test_row, environment),
	TEXT_OR_NULL_OF(test_row, candidate),
	TEXT_OF(test_row, release),
	TEXT_OR_NULL_OF(test_row, set),
	TEXT_OF(test_row, suite),
	TEXT_OF(test_row, host),
	WORD_OF(test_row, outcome, outcome_names),
	INTEGER_OF(test_row, passed),
	INTEGER_OF(test_row, failed),
	INTEGER_OF(test_row, skipped),
	INTEGER_OF(test_row, started_at),
	INTEGER_OF(test_row, ended_at),
	TEXT_OF(test_row, format),
	TEXT_OF(test_row, output),
	TEXT_OF(test_row, details),
	TEXT_OF(test_row, fingerprint),
};

static const struct row_table test_table = ROW_TABLE("test result", test_fields, test_row);

static const struct row_field approval_fields[] = {
	INTEGER_OF(approval_row, id),
	TEXT_OF(approval_row, environment),
	TEXT_OF(approval_row, candidate),
	WORD_OF(approval_row, kind, approval_names),
	TEXT_OF(approval_row, approver),
	INTEGER_OF(approval_row, at),
	TEXT_OF(approval_row, comment),
};

static const struct row_table approval_table = ROW_TABLE("approval", approval_fields, approval_row);

/* Of all, of an environment, of a candidate, of both: each is a statement of its own, and has an index of its own. */
#define CHOICE_OF(select)                                                                          \
	select " ORDER BY id DESC", select " WHERE environment = $1 ORDER BY id DESC",             \
		select " WHERE candidate = $1 ORDER BY id DESC",                                   \
		select " WHERE environment = $1 AND candidate = $2 ORDER BY id DESC"

struct choice {
	size_t which;
	struct db_values values; /* items: what the caller gave */
};

/* @param items  Room for two. */
static struct choice choose_rows(
	const char *environment, const char *candidate, struct db_value items[2])
{
	size_t count = 0, which = 0;

	if (environment) {
		items[count++] = db_text(environment);
		which += 1;
	}
	if (candidate) {
		items[count++] = db_text(candidate);
		which += 2;
	}
	return (struct choice){ which, { items, count } };
}

static NODISCARD int insert_test(struct store *store, struct test_row *row, struct error *err)
{
	static const char numbering[] = "SELECT COALESCE(MAX(id), 0) + 1 FROM test_result";
	static const char adding[] = "INSERT INTO test_result (" TEST_COLUMNS ") VALUES"
				     " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
				     " $14, $15, $16, $17)";

	if (store_integer(store, numbering, NULL, &row->id, err) < 0)
		return -1;
	return store_insert(store, adding, &test_table, row, err);
}

static NODISCARD int tell_test(
	struct store *store, const struct test_row *row, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	CLEANUP(free) char *kind = mem_printf("test.%s", outcome_name(row->outcome));
	const struct event_draft event = { actor, kind, SUBJECT_ENVIRONMENT, row->environment,
		payload };
	const char *output = row->output ? row->output : "";
	char digest[DIGEST_HEX_SIZE];

	jvalue_set_integer(payload, "test", row->id);
	jvalue_set_string(payload, "suite", row->suite);
	jvalue_set_string(payload, "host", row->host);
	jvalue_set_string(payload, "candidate", row->candidate);
	jvalue_set_string(payload, "release", row->release);
	jvalue_set_string(payload, "set", row->set);
	jvalue_set_integer(payload, "passed", row->passed);
	jvalue_set_integer(payload, "failed", row->failed);
	jvalue_set_integer(payload, "skipped", row->skipped);
	jvalue_set_string(payload, "fingerprint", row->fingerprint);
	jvalue_set_string(payload, "output_sha256", digest_bytes(output, strlen(output), digest));
	return store_event_add(store, &event, err);
}

int store_test_add(struct store *store, const struct test_row *test, const char *actor, int64_t *id,
	struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct test_row row = *test;

	row.details = test->details ? test->details : "{}";
	if (transaction_begin(&transaction, store, err) < 0 || insert_test(store, &row, err) < 0 ||
		tell_test(store, &row, actor, err) < 0 || transaction_commit(&transaction, err) < 0)
		return error_wrap(
			err, "keeping the result of '%s' in '%s'", test->suite, test->environment);
	*id = row.id;
	return 0;
}

int store_test_find(struct store *store, int64_t id, struct test_row *out, struct error *err)
{
	static const char sql[] = "SELECT " TEST_COLUMNS " FROM test_result WHERE id = $1";
	int found = store_row(store, sql, VALUES(db_integer(id)), &test_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding the test result %lld", (long long)id);
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "there is no test result %lld", (long long)id);
	return 0;
}

int store_tests(struct store *store, const char *environment, const char *candidate,
	struct test_rows *out, struct error *err)
{
	static const char *const sql[] = { CHOICE_OF("SELECT " TEST_COLUMNS " FROM test_result") };
	const struct choice c = choose_rows(environment, candidate, (struct db_value[2]){ 0 });

	if (store_rows(store, sql[c.which], &c.values, &test_table, out, err) < 0)
		return error_wrap(err, "reading the test results");
	return 0;
}

static NODISCARD int insert_approval(
	struct store *store, struct approval_row *row, struct error *err)
{
	static const char numbering[] = "SELECT COALESCE(MAX(id), 0) + 1 FROM approval";
	static const char adding[] = "INSERT INTO approval (" APPROVAL_COLUMNS ")"
				     " VALUES ($1, $2, $3, $4, $5, $6, $7)";

	if (store_integer(store, numbering, NULL, &row->id, err) < 0)
		return -1;
	return store_insert(store, adding, &approval_table, row, err);
}

static NODISCARD int tell_approval(
	struct store *store, const struct approval_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	bool is_given = row->kind == APPROVAL_APPROVE;
	const struct event_draft event = { row->approver,
		is_given ? "approval.given" : "approval.refused", SUBJECT_CANDIDATE, row->candidate,
		payload };

	jvalue_set_integer(payload, "approval", row->id);
	jvalue_set_string(payload, "environment", row->environment);
	jvalue_set_string(payload, "comment", row->comment);
	return store_event_add(store, &event, err);
}

int store_approval_add(struct store *store, const struct approval_row *approval, const char *actor,
	struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct approval_row row = *approval;

	row.approver = actor;
	row.at = clock_now();
	if (transaction_begin(&transaction, store, err) < 0 ||
		insert_approval(store, &row, err) < 0 || tell_approval(store, &row, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "keeping what %s said of '%s' in '%s'", actor ? actor : "",
			approval->candidate, approval->environment);
	return 0;
}

int store_approvals(struct store *store, const char *environment, const char *candidate,
	struct approval_rows *out, struct error *err)
{
	static const char *const sql[] = { CHOICE_OF("SELECT " APPROVAL_COLUMNS " FROM approval") };
	const struct choice c = choose_rows(environment, candidate, (struct db_value[2]){ 0 });

	if (store_rows(store, sql[c.which], &c.values, &approval_table, out, err) < 0)
		return error_wrap(err, "reading the approvals");
	return 0;
}

void test_row_done(struct test_row *row)
{
	row_done(&test_table, row);
}

void test_rows_done(struct test_rows *rows)
{
	rows_free(&test_table, rows);
}

void approval_rows_done(struct approval_rows *rows)
{
	rows_free(&approval_table, rows);
}
