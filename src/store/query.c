/* SPDX-License-Identifier: Apache-2.0 */
/* query.c - running statements; declared in store_private.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/store_private.h"

#include <assert.h>
#include <string.h>

struct store *store_hold(struct store *store)
{
	pthread_mutex_lock(&store->mutex);
	store->holder = pthread_self();
	store->depth++;
	return store;
}

void store_let_go(struct store *store)
{
	store->depth--;
	pthread_mutex_unlock(&store->mutex);
}

/* What another thread writes there meanwhile never makes this one the holder. */
bool store_is_held(struct store *store)
{
	return store->depth > 0 && pthread_equal(store->holder, pthread_self());
}

int store_run(struct store *store, const char *sql, const struct db_values *values,
	int64_t *changed, struct error *err)
{
	assert(store_is_held(store) &&
		store->in_transaction); /* whose beginning has looked at the leases */
	return db_run(store->db, sql, values, changed, err);
}

int store_insert(struct store *store, const char *sql, const struct row_table *table,
	const void *row, struct error *err)
{
	struct db_value values[ROW_FIELDS_MAX];

	row_values(table, row, values);
	return store_run(store, sql, &(struct db_values){ values, table->count }, NULL, err);
}

int store_integer(struct store *store, const char *sql, const struct db_values *values,
	int64_t *out, struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(db_finish) struct db_statement *statement = NULL;

	if (reading_join(&reading, store, err) < 0 ||
		db_query(reading_db(&reading), sql, values, &statement, err) < 0)
		return -1;

	int found = db_step(statement, err);

	if (found < 0)
		return -1;
	*out = found ? db_column_integer(statement, 0) : 0;
	return 0;
}

int store_text(struct store *store, const char *sql, const struct db_values *values, char **out,
	struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(db_finish) struct db_statement *statement = NULL;

	if (reading_join(&reading, store, err) < 0 ||
		db_query(reading_db(&reading), sql, values, &statement, err) < 0)
		return -1;

	int found = db_step(statement, err);

	if (found > 0)
		*out = mem_strdup(db_column_text(statement, 0));
	return found;
}

int store_row(struct store *store, const char *sql, const struct db_values *values,
	const struct row_table *table, void *row, struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(db_finish) struct db_statement *statement = NULL;

	if (reading_join(&reading, store, err) < 0 ||
		db_query(reading_db(&reading), sql, values, &statement, err) < 0)
		return -1;

	int found = db_step(statement, err);

	if (found > 0 && row_read(statement, table, row, err) < 0)
		return -1;
	return found;
}

/* Read on into *rows, which holds what was read also on failure. */
static NODISCARD int read_all(struct db_statement *statement, const struct row_table *table,
	struct rows *rows, struct error *err)
{
	size_t capacity = 0;
	int found = 0;

	while ((found = db_step(statement, err)) > 0) {
		rows->items = mem_room(rows->items, rows->count, &capacity, table->size);
		if (row_read(statement, table, (char *)rows->items + rows->count * table->size,
			    err) < 0)
			return -1;
		rows->count++;
	}
	return found;
}

int store_rows(struct store *store, const char *sql, const struct db_values *values,
	const struct row_table *table, void *out, struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(db_finish) struct db_statement *statement = NULL;
	struct rows rows = { 0 };

	if (reading_join(&reading, store, err) < 0 ||
		db_query(reading_db(&reading), sql, values, &statement, err) < 0)
		return -1;
	if (read_all(statement, table, &rows, err) < 0) {
		rows_free(table, &rows);
		return -1;
	}
	*(struct rows *)out = rows;
	return 0;
}

/* The names of rows, one after the other. */
static void name_all(const struct rows *rows, const struct row_table *table, struct str *out)
{
	for (size_t i = 0; i < rows->count; i++) {
		const char *name = NULL;

		memcpy(&name, (const char *)rows->items + i * table->size + table->fields->offset,
			sizeof name);
		str_addf(out, "%s%s", i ? ", " : "", name);
	}
}

int store_unique(struct store *store, const char *sql, const char *prefix,
	const struct row_table *table, void *row, struct error *err)
{
	CLEANUP(str_done) struct str names = { 0 };
	struct rows rows = { 0 };
	int64_t length = (int64_t)strlen(prefix);

	if (store_rows(store, sql, VALUES(db_text(prefix), db_integer(length)), table, &rows, err) <
		0)
		return -1;
	if (rows.count == 1) {
		memcpy(row, rows.items, table->size);
		free(rows.items);
		return 0;
	}

	size_t found = rows.count;

	name_all(&rows, table, &names);
	rows_free(table, &rows);
	if (found == 0)
		return error_set(err, ERR_NOT_FOUND, "there is no %s '%s'", table->noun, prefix);
	return error_set(err, ERR_USAGE, "'%s' may mean more than one %s: %s%s", prefix,
		table->noun, str_text(&names), found < 6 ? "" : " ...");
}
