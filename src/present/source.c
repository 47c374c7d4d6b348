/* SPDX-License-Identifier: Apache-2.0 */
#include "present/source.h"

#include "base/error.h"
#include "base/str.h"
#include "model/config.h"

#define INDEX(target)  AT(struct index_row, target)
#define CARD(target)   AT(struct source_card, target)
#define SOURCE(target) VIA(struct source_card, source, target)

/* clang-format off */
static const struct field index_fields[] = {
	{ "suite",           "SUITE",     FIELD_TEXT,   INDEX(suite) },
	{ "component",       "COMPONENT", FIELD_TEXT,   INDEX(component) },
	{ "architecture",    "ARCH",      FIELD_TEXT,   INDEX(architecture) },
	{ "packages_sha256", "INDEX",     FIELD_DIGEST, INDEX(packages_sha256) },
	{ "packages_size",   "SIZE",      FIELD_SIZE,   INDEX(packages_size) },
	{ "release_at",      "RELEASED",  FIELD_TIME,   INDEX(release_at) },
	{ "valid_until",     NULL,        FIELD_TIME,   INDEX(valid_until) },
	{ "origin",          NULL,        FIELD_TEXT,   INDEX(origin) },
	{ "label",           "LABEL",     FIELD_TEXT,   INDEX(label) },
	{ "codename",        "CODENAME",  FIELD_TEXT,   INDEX(codename) },
	{ "priority",        NULL,        FIELD_NUMBER, INDEX(priority) },
	{ "synced_at",       "SYNCED",    FIELD_TIME,   INDEX(synced_at) },
};
static const struct view index_view = VIEW_OF(struct index_row, index_fields);

static const struct field unread_fields[] = {
	{ "source", "SOURCE", FIELD_TEXT,   AT(struct unread_stanza, source) },
	{ "index",  "INDEX",  FIELD_TEXT,   AT(struct unread_stanza, index) },
	{ "reason", "REASON", FIELD_PROSE,  AT(struct unread_stanza, reason) },
	{ "count",  "STANZAS", FIELD_NUMBER, AT(struct unread_stanza, count) },
};
const struct view unread_stanza_view = VIEW_OF(struct unread_stanza, unread_fields);

static const struct field card_fields[] = {
	{ "name",          "source",         FIELD_TEXT,  SOURCE(name) },
	{ "uri",           "uri",            FIELD_TEXT,  SOURCE(public_uri) },
	{ "suites",        "suites",         FIELD_WORDS, SOURCE(suites) },
	{ "components",    "components",     FIELD_WORDS, SOURCE(components) },
	{ "architectures", "for",            FIELD_WORDS, SOURCE(architectures) },
	{ "keyring",       "keyring",        FIELD_TEXT,  SOURCE(keyring) },
	{ "synced_at",     "last sync",      FIELD_TIME,  CARD(last.at) },
	{ "good_at",       "last good",      FIELD_TIME,  CARD(last.good_at) },
	{ "error_kind",    NULL,             FIELD_TEXT,  CARD(last.error_kind), .empty = NULL_IF_NONE },
	{ "error",         "problem",        FIELD_TEXT,  CARD(last.error), .empty = NULL_IF_NONE },
	{ "left_out",      NULL,             FIELD_NUMBER, CARD(left_out) },
	{ "indexes",       "INDEXES IN USE", FIELD_LIST,  LIST_AT(struct source_card, indexes), .view = &index_view,
		.none = "It was never synced: patchline sync" },
	{ "unread",        "LEFT OUT, BECAUSE IT CANNOT BE READ", FIELD_LIST, LIST_AT(struct source_card, unread), .view = &unread_stanza_view },
};
/* clang-format on */

const struct view source_card_view = VIEW_OF_KIND("source", struct source_card, card_fields);

int64_t unread_of(const struct unread_stanzas *all, const char *source, struct view_rows *out)
{
	int64_t count = 0;

	for (size_t i = 0; i < all->count; i++) {
		if (!str_equal(all->items[i].source, source))
			continue;
		view_rows_take(out, &unread_stanza_view, &all->items[i]);
		count += (int64_t)all->items[i].count;
	}
	return count;
}

int source_card_read(const struct config *c, struct store *store, const char *name,
	struct source_card *out, struct error *err)
{
	CLEANUP(source_card_done) struct source_card card = { .source = config_source(c, name) };
	struct error ignored;

	if (store_indexes(store, name, &card.indexes, err) < 0 ||
		store_syncs(store, &card.syncs, err) < 0)
		return -1;
	/* An index that is not there any more is told by who plans with it. */
	(void)!indexes_unread(c, store, name, &card.unread, &ignored);
	for (size_t i = 0; i < card.unread.count; i++)
		card.left_out += card.unread.items[i].count;
	for (size_t i = 0; i < card.syncs.count; i++) {
		if (str_equal(card.syncs.items[i].source, name))
			card.last = card.syncs.items[i];
	}
	*out = STEAL(&card);
	return 0;
}

void source_card_done(struct source_card *c)
{
	sync_rows_done(&c->syncs);
	index_rows_done(&c->indexes);
	unread_stanzas_done(&c->unread);
	*c = (struct source_card){ 0 };
}
