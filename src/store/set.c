/* SPDX-License-Identifier: Apache-2.0 */
#include "store/set.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "store/event.h"
#include "store/store_private.h"

#include <string.h>

#define SET_COLUMNS                                                                                \
	"digest, created_at, created_by, release, package_count, total_size, summary, cleaned_at"
#define PREFIX_AT_LEAST 4

static const struct row_field fields[] = {
	TEXT_OF(set_row, digest),
	INTEGER_OF(set_row, created_at),
	TEXT_OF(set_row, created_by),
	TEXT_OF(set_row, release),
	INTEGER_OF(set_row, package_count),
	INTEGER_OF(set_row, total_size),
	TEXT_OF(set_row, summary),
	INTEGER_OF(set_row, cleaned_at),
};

static const struct row_table set_table = ROW_TABLE("patch set", fields, set_row);

/* Insert unless it is there; one that was cleaned is kept again, and as old as it is from now on. */
static NODISCARD int insert_set(
	struct store *store, const struct set_row *set, int64_t *added, struct error *err)
{
	static const char sql[] =
		"INSERT INTO patch_set (" SET_COLUMNS ", number)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
		" (SELECT COALESCE(MAX(number), 0) + 1 FROM patch_set))"
		" ON CONFLICT (digest) DO UPDATE SET cleaned_at = 0,"
		" created_at = excluded.created_at, created_by = excluded.created_by"
		" WHERE patch_set.cleaned_at <> 0";
	struct db_value values[ROW_FIELDS_MAX];

	row_values(&set_table, set, values);
	return store_run(store, sql, &(struct db_values){ values, set_table.count }, added, err);
}

static NODISCARD int add_sealed_event(
	struct store *store, const struct set_row *set, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { set->created_by, "set.sealed", SUBJECT_SET, set->digest,
		payload };

	jvalue_set_string(payload, "release", set->release);
	jvalue_set_integer(payload, "packages", set->package_count);
	jvalue_set_integer(payload, "size", set->total_size);
	return store_event_add(store, &event, err);
}

int store_set_add(
	struct store *store, const struct set_row *set, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct set_row row = *set;
	int64_t added = 0;

	row.created_at = clock_now();
	row.created_by = actor;
	row.cleaned_at = 0;
	if (!row.digest || !digest_is_valid(row.digest))
		return error_set(err, ERR_USAGE, "'%s' is not the digest of a patch set",
			row.digest ? row.digest : "");
	if (transaction_begin(&transaction, store, err) < 0 ||
		insert_set(store, &row, &added, err) < 0 ||
		(added && add_sealed_event(store, &row, err) < 0))
		return error_wrap(err, "keeping the patch set '%.12s'", row.digest);
	return transaction_commit(&transaction, err);
}

int store_set_find(struct store *store, const char *prefix, struct set_row *out, struct error *err)
{
	static const char sql[] = "SELECT " SET_COLUMNS " FROM patch_set"
				  " WHERE substr(digest, 1, $2) = $1 ORDER BY digest LIMIT 6";
	size_t length = strlen(prefix);

	if (strspn(prefix, "0123456789abcdef") != length || length >= DIGEST_HEX_SIZE)
		return error_set(err, ERR_USAGE,
			"'%s' is no patch set: want up to 64 digits of 0-9 and a-f", prefix);
	if (length < PREFIX_AT_LEAST)
		return error_set(err, ERR_USAGE,
			"'%s' is too short for a patch set: want at least %d digits", prefix,
			PREFIX_AT_LEAST);
	return store_unique(store, sql, prefix, &set_table, out, err);
}

int store_sets(struct store *store, struct set_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " SET_COLUMNS " FROM patch_set ORDER BY number DESC";

	if (store_rows(store, sql, NULL, &set_table, out, err) < 0)
		return error_wrap(err, "reading the patch sets");
	return 0;
}

int store_candidate_check_kept(struct store *store, const char *candidate, struct error *err)
{
	static const char sql[] = "SELECT " SET_COLUMNS " FROM patch_set"
				  " WHERE cleaned_at <> 0 AND digest ="
				  " (SELECT set_digest FROM candidate WHERE id = $1)";
	CLEANUP(set_row_done) struct set_row set = { 0 };
	char at[CLOCK_TEXT_SIZE];
	int found = store_row(store, sql, VALUES(db_text(candidate)), &set_table, &set, err);

	if (found <= 0)
		return found;
	return error_set(err, ERR_REFUSED, "its patch set was cleaned on %s; freeze it again",
		clock_format(set.cleaned_at, at));
}

void set_row_done(struct set_row *row)
{
	row_done(&set_table, row);
}

void set_rows_done(struct set_rows *rows)
{
	rows_free(&set_table, rows);
}
