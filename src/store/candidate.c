/* SPDX-License-Identifier: Apache-2.0 */
#include "store/candidate.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/store_private.h"

#define CANDIDATE_COLUMNS                                                                          \
	"id, release, set_digest, created_at, created_by, closed_at, closed_reason, lane"

static const struct row_field fields[] = {
	TEXT_OF(candidate_row, id),
	TEXT_OF(candidate_row, release),
	TEXT_OF(candidate_row, set),
	INTEGER_OF(candidate_row, created_at),
	TEXT_OF(candidate_row, created_by),
	INTEGER_OF(candidate_row, closed_at),
	TEXT_OR_NULL_OF(candidate_row, closed_reason),
	WORD_OF(candidate_row, lane, lane_names),
};

static const struct row_table candidate_table = ROW_TABLE("candidate", fields, candidate_row);

int release_check(const char *release, struct error *err)
{
	for (const char *c = release; *c; c++) {
		if ((unsigned char)*c <= ' ' || *c == 0x7f || *c == '+' || *c == '/')
			return error_set(err, ERR_USAGE,
				"the release '%s' has white space, a control character, '+' or '/'",
				release);
	}
	return *release ? 0 : error_set(err, ERR_USAGE, "a release wants a name");
}

/* Insert unless the pair has one. */
static NODISCARD int insert_candidate(
	struct store *store, const struct candidate_row *row, int64_t *added, struct error *err)
{
	static const char sql[] = "INSERT INTO candidate (" CANDIDATE_COLUMNS ", number)"
				  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
				  " (SELECT COALESCE(MAX(number), 0) + 1 FROM candidate))"
				  " ON CONFLICT (release, set_digest) DO NOTHING";
	struct db_value values[ROW_FIELDS_MAX];

	row_values(&candidate_table, row, values);
	return store_run(
		store, sql, &(struct db_values){ values, candidate_table.count }, added, err);
}

static NODISCARD int add_made_event(
	struct store *store, const struct candidate_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { row->created_by, "candidate.made", SUBJECT_CANDIDATE,
		row->id, payload };

	jvalue_set_string(payload, "release", row->release);
	jvalue_set_string(payload, "set", row->set);
	jvalue_set_string(payload, "lane", lane_name(row->lane));
	return store_event_add(store, &event, err);
}

static NODISCARD int find_pair(struct store *store, const char *release, const char *set,
	struct candidate_row *out, struct error *err)
{
	static const char sql[] = "SELECT " CANDIDATE_COLUMNS " FROM candidate"
				  " WHERE release = $1 AND set_digest = $2";

	return store_row(
		store, sql, VALUES(db_text(release), db_text(set)), &candidate_table, out, err);
}

/* What was tried on a clone is frozen with its release: from now on the release carries it, as its newest. */
static NODISCARD int join_line(
	struct store *store, const char *id, const char *actor, struct error *err)
{
	static const char sql[] = "UPDATE candidate SET lane = 'code-line',"
				  " number = (SELECT MAX(number) + 1 FROM candidate)"
				  " WHERE id = $1 AND lane <> 'code-line'";
	const struct event_draft event = { actor, "candidate.joined", SUBJECT_CANDIDATE, id, NULL };
	int64_t changed = 0;

	if (store_run(store, sql, VALUES(db_text(id)), &changed, err) < 0)
		return -1;
	return changed ? store_event_add(store, &event, err) : 0;
}

/* Insert the pair, or bring the one that is there onto its lane. */
static NODISCARD int insert_or_join(
	struct store *store, const struct candidate_row *row, struct error *err)
{
	int64_t added = 0;

	if (insert_candidate(store, row, &added, err) < 0)
		return -1;
	if (added)
		return add_made_event(store, row, err);
	return row->lane == LANE_CODE_LINE ? join_line(store, row->id, row->created_by, err) : 0;
}

int store_candidate_add(struct store *store, const struct candidate_draft *draft, const char *actor,
	struct candidate_row *out, struct error *err)
{
	const char *release = draft->release, *set = draft->set;
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(candidate_row_done) struct candidate_row found = { 0 };
	CLEANUP(free) char *id = mem_printf("%s+%.12s", release, set);
	const struct candidate_row row = { .id = id,
		.release = release,
		.set = set,
		.created_at = clock_now(),
		.created_by = actor,
		.lane = draft->lane };

	if (release_check(release, err) < 0)
		return -1;
	if (transaction_begin(&transaction, store, err) < 0 ||
		insert_or_join(store, &row, err) < 0 ||
		find_pair(store, release, set, &found, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "making the candidate '%s'", id);
	*out = STEAL(&found);
	return 0;
}

/* Why a candidate could not be closed. */
static NODISCARD int cannot_close(struct store *store, const char *id, struct error *err)
{
	static const char sql[] = "SELECT " CANDIDATE_COLUMNS " FROM candidate WHERE id = $1";
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	int found = store_row(store, sql, VALUES(db_text(id)), &candidate_table, &row, err);

	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "there is no candidate '%s'", id);
	return error_set(err, ERR_CONFLICT, "the candidate '%s' is closed already: %s", id,
		row.closed_reason ? row.closed_reason : "");
}

int store_candidate_close(struct store *store, const char *id, const char *reason,
	const char *actor, struct error *err)
{
	static const char sql[] = "UPDATE candidate SET closed_at = $2, closed_reason = $3"
				  " WHERE id = $1 AND closed_at = 0";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "candidate.closed", SUBJECT_CANDIDATE, id,
		payload };
	int64_t closed = 0;

	jvalue_set_string(payload, "reason", reason);
	if (transaction_begin(&transaction, store, err) < 0 ||
		store_run(store, sql, VALUES(db_text(id), db_integer(clock_now()), db_text(reason)),
			&closed, err) < 0)
		return error_wrap(err, "closing the candidate '%s'", id);
	if (!closed)
		return cannot_close(store, id, err);
	if (store_event_add(store, &event, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

int store_candidate_find(
	struct store *store, const char *text, struct candidate_row *out, struct error *err)
{
	static const char exact[] = "SELECT " CANDIDATE_COLUMNS " FROM candidate"
				    " WHERE id = $1 OR (release = $1 AND lane = 'code-line')"
				    " ORDER BY number DESC LIMIT 1";
	static const char begins[] = "SELECT " CANDIDATE_COLUMNS " FROM candidate"
				     " WHERE substr(id, 1, $2) = $1"
				     " AND (lane = 'code-line' OR CAST($1 AS TEXT) LIKE '%+%')"
				     " ORDER BY id LIMIT 6";
	int found = store_row(store, exact, VALUES(db_text(text)), &candidate_table, out, err);

	if (found < 0)
		return error_wrap(err, "finding the candidate '%s'", text);
	if (found)
		return 0;
	if (!*text)
		return error_set(err, ERR_USAGE, "a candidate wants a name");
	return store_unique(store, begins, text, &candidate_table, out, err);
}

int store_candidates(
	struct store *store, const char *release, struct candidate_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " CANDIDATE_COLUMNS " FROM candidate"
				  " WHERE CAST($1 AS TEXT) IS NULL"
				  " OR (release = $1 AND lane = 'code-line')"
				  " ORDER BY number DESC";

	if (store_rows(store, sql, VALUES(db_text(release)), &candidate_table, out, err) < 0)
		return error_wrap(err, "reading the candidates");
	return 0;
}

void candidate_row_done(struct candidate_row *row)
{
	row_done(&candidate_table, row);
}

void candidate_rows_done(struct candidate_rows *rows)
{
	rows_free(&candidate_table, rows);
}
