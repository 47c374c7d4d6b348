/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/table.h"
#include "model/config.h"
#include "store/index.h"

static const struct column columns[] = {
	{ "suite", "SUITE", COLUMN_TEXT },
	{ "component", "COMPONENT", COLUMN_TEXT },
	{ "architecture", "ARCH", COLUMN_TEXT },
	{ "packages_sha256", "INDEX", COLUMN_DIGEST },
	{ "packages_size", "SIZE", COLUMN_SIZE },
	{ "release_at", "RELEASED", COLUMN_TIME },
	{ "valid_until", NULL, COLUMN_TIME },
	{ "origin", NULL, COLUMN_TEXT },
	{ "label", "LABEL", COLUMN_TEXT },
	{ "codename", "CODENAME", COLUMN_TEXT },
	{ "synced_at", "SYNCED", COLUMN_TIME },
	{ 0 },
};

static struct table *indexes(const struct index_rows *rows)
{
	struct table *t = table_new(columns);

	for (size_t i = 0; i < rows->count; i++) {
		const struct index_row *row = &rows->items[i];

		table_row(t);
		table_text(t, "suite", row->suite);
		table_text(t, "component", row->component);
		table_text(t, "architecture", row->architecture);
		table_text(t, "packages_sha256", row->packages_sha256);
		table_number(t, "packages_size", row->packages_size);
		table_number(t, "release_at", row->release_at);
		table_number(t, "valid_until", row->valid_until);
		table_text(t, "origin", row->origin);
		table_text(t, "label", row->label);
		table_text(t, "codename", row->codename);
		table_number(t, "synced_at", row->synced_at);
	}
	return t;
}

static struct sync_row last_sync(const struct sync_rows *rows, const char *source)
{
	for (size_t i = 0; i < rows->count; i++) {
		if (str_equal(rows->items[i].source, source))
			return rows->items[i];
	}
	return (struct sync_row){ 0 };
}

int show_source(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };
	CLEANUP(sync_rows_done) struct sync_rows syncs = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_indexes(store, id, &rows, err) < 0 || store_syncs(store, &syncs, err) < 0)
		return -1;

	const struct source *source = config_source(c, id);
	struct sync_row sync = last_sync(&syncs, id);
	struct card *card = card_begin(inv, "source");

	card_text(card, "name", "source", source->name);
	card_text(card, "uri", "uri", source->uri);
	card_words(card, "suites", "suites", source->suites);
	card_words(card, "components", "components", source->components);
	card_words(card, "architectures", "for", source->architectures);
	card_text(card, "keyring", "keyring", source->keyring);
	card_time(card, "synced_at", "last sync", sync.at);
	card_time(card, "good_at", "last good", sync.good_at);
	card_text(card, "error_kind", NULL, sync.error_kind);
	card_text(card, "error", "problem", sync.error);
	card_table(card, "indexes", "INDEXES IN USE", indexes(&rows),
		"It was never synced: patchline sync");
	card_end(card);
	return 0;
}
