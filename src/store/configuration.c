/* SPDX-License-Identifier: Apache-2.0 */
#include "store/configuration.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "store/store_private.h"

#include <string.h>

#define CONFIGURATION_COLUMNS "sha256, content, first_seen_at"
#define PREFIX_AT_LEAST       4

static const struct row_field fields[] = {
	TEXT_OF(configuration_row, sha256),
	TEXT_OF(configuration_row, content),
	INTEGER_OF(configuration_row, first_seen_at),
};

static const struct row_table configuration_table =
	ROW_TABLE("configuration", fields, configuration_row);

void store_configured(struct store *store, const char *text)
{
	CLEANUP(store_let_go) struct store *held = store_hold(store);

	free(held->configuration);
	held->configuration = mem_strdup(text);
	digest_bytes(text, strlen(text), held->configuration_sha256);
	held->is_configuration_kept = false;
}

int store_configuration_keep(struct store *store, struct error *err)
{
	static const char looking[] = "SELECT COUNT(*) FROM configuration WHERE sha256 = $1";
	static const char adding[] = "INSERT INTO configuration (" CONFIGURATION_COLUMNS ")"
				     " VALUES ($1, $2, $3) ON CONFLICT (sha256) DO NOTHING";
	const struct configuration_row row = { store->configuration_sha256, store->configuration,
		clock_now() };
	int64_t known = 0;

	if (!store->configuration || store->is_configuration_kept)
		return 0;
	if (store_integer(store, looking, VALUES(db_text(row.sha256)), &known, err) < 0 ||
		(!known && store_insert(store, adding, &configuration_table, &row, err) < 0))
		return -1;
	store->is_configuration_kept = true;
	return 0;
}

static NODISCARD int check_text(const struct configuration_row *row, struct error *err)
{
	char found[DIGEST_HEX_SIZE];

	if (strcmp(digest_bytes(row->content, strlen(row->content), found), row->sha256) == 0)
		return 0;
	return error_set(err, ERR_CORRUPT,
		"the configuration '%.12s' was changed: its digest is '%.12s' now", row->sha256,
		found);
}

int store_configuration_find(
	struct store *store, const char *prefix, struct configuration_row *out, struct error *err)
{
	static const char sql[] = "SELECT " CONFIGURATION_COLUMNS " FROM configuration"
				  " WHERE substr(sha256, 1, $2) = $1 ORDER BY sha256 LIMIT 6";
	CLEANUP(configuration_row_done) struct configuration_row row = { 0 };
	size_t length = strlen(prefix);

	if (strspn(prefix, "0123456789abcdef") != length || length < PREFIX_AT_LEAST ||
		length >= DIGEST_HEX_SIZE)
		return error_set(err, ERR_USAGE,
			"'%.80s' is no configuration: want %d to 64 digits of 0-9 and a-f", prefix,
			PREFIX_AT_LEAST);
	if (store_unique(store, sql, prefix, &configuration_table, &row, err) < 0 ||
		check_text(&row, err) < 0)
		return -1;
	*out = STEAL(&row);
	return 0;
}

int store_configurations_verify(struct store *store, struct error *err)
{
	static const char all[] = "SELECT " CONFIGURATION_COLUMNS " FROM configuration";
	static const char lost[] = "SELECT MIN(seq) FROM event WHERE configuration <> ''"
				   " AND configuration NOT IN (SELECT sha256 FROM configuration)";
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(db_finish) struct db_statement *statement = NULL;
	int64_t missing = 0;
	int found = 0;

	if (reading_begin(&reading, store, err) < 0 ||
		db_query(reading_db(&reading), all, NULL, &statement, err) < 0)
		return -1;
	while ((found = db_step(statement, err)) > 0) {
		CLEANUP(configuration_row_done) struct configuration_row row = { 0 };

		if (row_read(statement, &configuration_table, &row, err) < 0 ||
			check_text(&row, err) < 0)
			return -1;
	}
	if (found < 0 || store_integer(store, lost, NULL, &missing, err) < 0)
		return -1;
	if (missing)
		return error_set(err, ERR_CORRUPT,
			"the configuration that event %lld was made with is missing",
			(long long)missing);
	return 0;
}

void configuration_row_done(struct configuration_row *row)
{
	row_done(&configuration_table, row);
}
