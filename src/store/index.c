/* SPDX-License-Identifier: Apache-2.0 */
#include "store/index.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "store/event.h"
#include "store/store_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INDEX_COLUMNS                                                                              \
	"source, suite, component, architecture, packages_sha256, packages_size,"                  \
	" inrelease_sha256, release_at, valid_until, origin, label, release_suite, codename,"      \
	" priority, synced_at"

static const struct row_field index_fields[] = {
	TEXT_OF(index_row, source),
	TEXT_OF(index_row, suite),
	TEXT_OF(index_row, component),
	TEXT_OF(index_row, architecture),
	TEXT_OF(index_row, packages_sha256),
	INTEGER_OF(index_row, packages_size),
	TEXT_OF(index_row, inrelease_sha256),
	INTEGER_OF(index_row, release_at),
	INTEGER_OF(index_row, valid_until),
	TEXT_OF(index_row, origin),
	TEXT_OF(index_row, label),
	TEXT_OF(index_row, release_suite),
	TEXT_OF(index_row, codename),
	INTEGER_OF(index_row, priority),
	INTEGER_OF(index_row, synced_at),
};

static const struct row_table index_table = ROW_TABLE("index", index_fields, index_row);

static const struct row_field sync_fields[] = {
	TEXT_OF(sync_row, source),
	INTEGER_OF(sync_row, at),
	INTEGER_OF(sync_row, good_at),
	TEXT_OR_NULL_OF(sync_row, error_kind),
	TEXT_OR_NULL_OF(sync_row, error),
};

static const struct row_table sync_table = ROW_TABLE("sync", sync_fields, sync_row);

/* How the sync ended; a bad one leaves the time of the last good one. */
static NODISCARD int put_sync(struct store *store, const struct sync_row *sync, struct error *err)
{
	static const char sql[] =
		"INSERT INTO source_sync (source, at, good_at, error_kind, error)"
		" VALUES ($1, $2, $3, $4, $5) ON CONFLICT (source) DO UPDATE SET"
		" at = excluded.at, error_kind = excluded.error_kind, error = excluded.error,"
		" good_at = CASE WHEN excluded.good_at = 0 THEN source_sync.good_at"
		" ELSE excluded.good_at END";

	return store_insert(store, sql, &sync_table, sync, err);
}

static NODISCARD int put_indexes(struct store *store, const char *source,
	const struct index_rows *rows, int64_t now, struct error *err)
{
	static const char emptying[] = "DELETE FROM source_index WHERE source = $1";
	static const char adding[] = "INSERT INTO source_index (" INDEX_COLUMNS ") VALUES"
				     " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,"
				     " $14, $15)";

	if (store_run(store, emptying, VALUES(db_text(source)), NULL, err) < 0)
		return -1;
	for (size_t i = 0; i < rows->count; i++) {
		struct index_row row = rows->items[i];

		row.source = source;
		row.synced_at = now;
		if (store_insert(store, adding, &index_table, &row, err) < 0)
			return error_wrap(
				err, "index %s/%s/%s", row.suite, row.component, row.architecture);
	}
	return 0;
}

/* The event names each index by its digest, so that the audit record vouches for them. */
static NODISCARD int tell_done(struct store *store, const char *source,
	const struct index_rows *rows, const char *actor, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "sync.done", SUBJECT_SOURCE, source, payload };
	struct jvalue *indexes = jvalue_object();

	for (size_t i = 0; i < rows->count; i++) {
		const struct index_row *row = &rows->items[i];
		CLEANUP(free)
		char *name = mem_printf("%s/%s/%s", row->suite, row->component, row->architecture);

		jvalue_set_string(indexes, name, row->packages_sha256);
	}
	jvalue_set(payload, "indexes", indexes);
	return store_event_add(store, &event, err);
}

static void note_change(struct jvalue *changes, const char *name, const char *was, const char *is)
{
	struct jvalue *change;

	if (strcmp(was, is) == 0)
		return;
	change = jvalue_object();
	jvalue_set_string(change, "from", was);
	jvalue_set_string(change, "to", is);
	jvalue_set(changes, name, change);
}

/* What a suite said of itself, and says now. A priority that was not known is no change. */
static struct jvalue *find_changes(const struct index_row *was, const struct index_row *is)
{
	struct jvalue *changes = jvalue_object();
	char before[24], now[24];

	snprintf(before, sizeof before, "%" PRId64, was->priority);
	snprintf(now, sizeof now, "%" PRId64, is->priority);
	note_change(changes, "origin", was->origin, is->origin);
	note_change(changes, "label", was->label, is->label);
	note_change(changes, "release_suite", was->release_suite, is->release_suite);
	note_change(changes, "codename", was->codename, is->codename);
	if (was->priority)
		note_change(changes, "priority", before, now);
	return changes;
}

static NODISCARD int tell_change(struct store *store, const char *source,
	const struct index_row *was, const struct index_row *is, const char *actor,
	struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "source.changed", SUBJECT_SOURCE, source,
		payload };
	struct jvalue *changes = find_changes(was, is);
	bool is_same = jvalue_count(changes) == 0;

	jvalue_set_string(payload, "suite", is->suite);
	jvalue_set(payload, "changes", changes);
	return is_same ? 0 : store_event_add(store, &event, err);
}

static const struct index_row *find_suite(const struct index_rows *rows, const char *suite)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (strcmp(rows->items[i].suite, suite) == 0)
			return &rows->items[i];
	}
	return NULL;
}

/* Compare each suite with what is in use; the first of its indexes speaks for all. */
static NODISCARD int tell_changes(struct store *store, const char *source,
	const struct index_rows *rows, const char *actor, struct error *err)
{
	CLEANUP(index_rows_done) struct index_rows old = { 0 };

	if (store_indexes(store, source, &old, err) < 0)
		return -1;
	for (size_t i = 0; i < rows->count; i++) {
		const struct index_row *row = &rows->items[i], *was = find_suite(&old, row->suite);

		if (was && find_suite(rows, row->suite) == row &&
			tell_change(store, source, was, row, actor, err) < 0)
			return -1;
	}
	return 0;
}

int store_index_replace(struct store *store, const char *source, const struct index_rows *rows,
	const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t now = clock_now();
	const struct sync_row sync = { .source = source, .at = now, .good_at = now };

	if (transaction_begin(&transaction, store, err) < 0 ||
		tell_changes(store, source, rows, actor, err) < 0 ||
		put_indexes(store, source, rows, now, err) < 0 || put_sync(store, &sync, err) < 0 ||
		tell_done(store, source, rows, actor, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "keeping the indexes of '%s'", source);
	return 0;
}

int store_sync_failed(struct store *store, const char *source, const struct error *cause,
	const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { actor, "sync.failed", SUBJECT_SOURCE, source, payload };
	const struct sync_row sync = { .source = source,
		.at = clock_now(),
		.error_kind = error_kind_name(cause->kind),
		.error = cause->text };

	jvalue_set_string(payload, "error_kind", sync.error_kind);
	jvalue_set_string(payload, "error", sync.error);
	if (transaction_begin(&transaction, store, err) < 0 || put_sync(store, &sync, err) < 0 ||
		store_event_add(store, &event, err) < 0 ||
		transaction_commit(&transaction, err) < 0)
		return error_wrap(err, "keeping the failed sync of '%s'", source);
	return 0;
}

int store_indexes(
	struct store *store, const char *source, struct index_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " INDEX_COLUMNS " FROM source_index"
				  " WHERE CAST($1 AS TEXT) IS NULL OR source = $1"
				  " ORDER BY source, suite, component, architecture";

	if (store_rows(store, sql, VALUES(db_text(source)), &index_table, out, err) < 0)
		return error_wrap(err, "reading the indexes in use");
	return 0;
}

char *store_index_path(const char *state, const char *sha256)
{
	return mem_printf("%s/indexes/%s", state, sha256);
}

int store_syncs(struct store *store, struct sync_rows *out, struct error *err)
{
	static const char sql[] = "SELECT source, at, good_at, error_kind, error FROM source_sync"
				  " ORDER BY source";

	if (store_rows(store, sql, NULL, &sync_table, out, err) < 0)
		return error_wrap(err, "reading the syncs");
	return 0;
}

void index_rows_done(struct index_rows *rows)
{
	rows_free(&index_table, rows);
}

void sync_rows_done(struct sync_rows *rows)
{
	rows_free(&sync_table, rows);
}
