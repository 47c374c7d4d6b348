/* SPDX-License-Identifier: Apache-2.0 */
#include "store/first_seen.h"

#include "base/error.h"
#include "store/store_private.h"

#define FIRST_SEEN_COLUMNS "platform, name, architecture, version, first_at"

static const struct row_field fields[] = {
	TEXT_OF(first_seen_row, platform),
	TEXT_OF(first_seen_row, name),
	TEXT_OF(first_seen_row, architecture),
	TEXT_OF(first_seen_row, version),
	INTEGER_OF(first_seen_row, first_at),
};

static const struct row_table first_seen_table = ROW_TABLE("sighting", fields, first_seen_row);

int store_first_seen_note(
	struct store *store, const struct first_seen_rows *rows, struct error *err)
{
	static const char sql[] = "INSERT INTO sighting (" FIRST_SEEN_COLUMNS
				  ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, store, err) < 0)
		return error_wrap(err, "noting what is pending");
	for (size_t i = 0; i < rows->count; i++) {
		if (store_insert(store, sql, &first_seen_table, &rows->items[i], err) < 0)
			return error_wrap(err, "noting what is pending");
	}
	return transaction_commit(&transaction, err);
}

int store_first_seen(struct store *store, struct first_seen_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " FIRST_SEEN_COLUMNS
				  " FROM sighting ORDER BY platform, name, architecture, version";

	if (store_rows(store, sql, NULL, &first_seen_table, out, err) < 0)
		return error_wrap(err, "reading since when patches are pending");
	return 0;
}

void first_seen_rows_done(struct first_seen_rows *rows)
{
	rows_free(&first_seen_table, rows);
}
