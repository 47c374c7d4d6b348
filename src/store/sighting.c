/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sighting.h"

#include "base/error.h"
#include "store/store_private.h"

#define SIGHTING_COLUMNS "platform, name, architecture, version, first_at"

static const struct row_field fields[] = {
	TEXT_OF(sighting_row, platform),
	TEXT_OF(sighting_row, name),
	TEXT_OF(sighting_row, architecture),
	TEXT_OF(sighting_row, version),
	INTEGER_OF(sighting_row, first_at),
};

static const struct row_table sighting_table = ROW_TABLE("sighting", fields, sighting_row);

int store_sightings_note(struct store *store, const struct sighting_rows *rows, struct error *err)
{
	static const char sql[] = "INSERT INTO sighting (" SIGHTING_COLUMNS
				  ") VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, store, err) < 0)
		return error_wrap(err, "noting what is pending");
	for (size_t i = 0; i < rows->count; i++) {
		if (store_insert(store, sql, &sighting_table, &rows->items[i], err) < 0)
			return error_wrap(err, "noting what is pending");
	}
	return transaction_commit(&transaction, err);
}

int store_sightings(struct store *store, struct sighting_rows *out, struct error *err)
{
	static const char sql[] = "SELECT " SIGHTING_COLUMNS
				  " FROM sighting ORDER BY platform, name, architecture, version";
	struct rows rows = { 0 };

	if (store_rows(store, sql, NULL, &sighting_table, &rows, err) < 0)
		return error_wrap(err, "reading since when patches are pending");
	*out = (struct sighting_rows){ rows.items, rows.count };
	return 0;
}

void sighting_rows_done(struct sighting_rows *rows)
{
	rows_free(&sighting_table, rows->items, rows->count);
	*rows = (struct sighting_rows){ 0 };
}
