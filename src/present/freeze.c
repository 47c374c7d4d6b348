/* SPDX-License-Identifier: Apache-2.0 */
#include "present/freeze.h"

#include "base/mem.h"
#include "model/config.h"
#include "pending/last_seen.h"
#include "present/set.h"

#define TEXT(target)   OWNED(struct frozen_item, frozen.target)
#define FROZEN(target) AT(struct frozen_item, frozen.target)
#define PLACE(target)  AT(struct freeze_place, target)
#define CARD(target)   AT(struct freeze_card, target)
#define LIST(target)   LIST_AT(struct freeze_card, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "platform",          NULL,       FIELD_TEXT,   TEXT(platform) },
	{ "name",              "PACKAGE",  FIELD_TEXT,   TEXT(name) },
	{ "architecture",      NULL,       FIELD_TEXT,   TEXT(architecture) },
	{ "oldest",            "FROM",     FIELD_TEXT,   TEXT(oldest) },
	{ "version",           "TO",       FIELD_TEXT,   TEXT(version) },
	{ "hosts",             "HOSTS",    FIELD_NUMBER, FROZEN(hosts) },
	{ "first_environment", "FIRST IN", FIELD_TEXT,   OWNED(struct frozen_item, first), .empty = NULL_IF_NONE },
	{ "size",              "SIZE",     FIELD_SIZE,   FROZEN(size) },
	{ "is_security",       "SECURITY", FIELD_FLAG,   FROZEN(is_security) },
	{ "is_new",            NULL,       FIELD_FLAG,   FROZEN(is_new) },
	{ "advisories",        NULL,       FIELD_WORDS,  TEXT(advisories) },
	{ "why",               "WHY",      FIELD_PROSE,  TEXT(why) },
};

static const struct field place_fields[] = {
	{ "environment",       "ENVIRONMENT",          FIELD_TEXT,   PLACE(environment) },
	{ "packages",          "PACKAGES",             FIELD_NUMBER, PLACE(packages) },
	{ "only_from_here_on", "NOT EXERCISED BEFORE", FIELD_NUMBER, PLACE(late) },
};

const struct view frozen_item_view = VIEW_OF(struct frozen_item, item_fields);
const struct view freeze_place_view = VIEW_OF(struct freeze_place, place_fields);

static const struct field card_fields[] = {
	{ "release",         NULL, FIELD_TEXT,   CARD(release) },
	{ "set",             NULL, FIELD_DIGEST, CARD(digest), .empty = NULL_IF_NONE },
	{ "candidate",       NULL, FIELD_TEXT,   CARD(candidate), .empty = NULL_IF_NONE },
	{ "is_unchanged",    NULL, FIELD_FLAG,   CARD(is_unchanged) },
	{ "size",            NULL, FIELD_SIZE,   CARD(size) },
	{ "packages",        NULL, FIELD_LIST,   LIST(packages), .view = &frozen_item_view },
	{ "environments",    NULL, FIELD_LIST,   LIST(places), .view = &freeze_place_view },
	{ "left_out",        NULL, FIELD_LIST,   LIST(left_out), .view = &left_out_view },
	{ "not_planned_for", NULL, FIELD_LIST,   LIST(unplanned), .view = &unplanned_view },
	{ "notes",           NULL, FIELD_WORDS,  OWNED(struct freeze_card, notes) },
};
/* clang-format on */

const struct view freeze_card_view = VIEW_OF(struct freeze_card, card_fields);

struct view_rows frozen_items_of(const struct freeze *f, bool tells_why)
{
	struct view_rows items = { 0 };

	for (size_t i = 0; i < freeze_count(f); i++) {
		struct frozen_item item = { .frozen = *freeze_at(f, i) };

		item.first = item.frozen.first ? item.frozen.first->name : NULL;
		if (item.frozen.is_new)
			item.frozen.oldest = "(new)";
		if (!tells_why)
			item.frozen.why = NULL;
		view_rows_copy(&items, &frozen_item_view, &item);
	}
	return items;
}

uint64_t frozen_size(const struct freeze *f)
{
	uint64_t size = 0;

	for (size_t i = 0; i < freeze_count(f); i++)
		size += freeze_at(f, i)->size;
	return size;
}

/* A package first met late in the line is one that no earlier test has exercised. */
static void add_places(struct freeze_card *card, const struct freeze *f, const struct config *c)
{
	for (size_t i = 0; i < c->environment_count; i++) {
		const struct environment *e = &c->environments[i];
		struct freeze_place place = { e->name, freeze_environment_count(f, e), 0 };

		for (size_t k = 0; i > 0 && k < freeze_count(f); k++)
			place.late += freeze_at(f, k)->first == e;
		view_rows_take(&card->places, &freeze_place_view, &place);
	}
}

static void add_left_out(struct freeze_card *card, const struct patchset *set)
{
	for (size_t i = 0; set && i < patchset_left_out_count(set); i++)
		view_rows_take(&card->left_out, &left_out_view, patchset_left_out_at(set, i));
}

static void add_unplanned(struct freeze_card *card, const struct freeze *f)
{
	const struct seen_host *row = NULL;

	for (size_t at = 0; (row = freeze_unplanned_next(f, &at));)
		view_rows_take(&card->unplanned, &unplanned_view,
			&(struct unplanned){ row->name, row->environment, last_seen_why(row) });
}

struct freeze_card freeze_card_of(
	const struct freeze *f, const struct config *c, const char *release, bool tells_why)
{
	const struct patchset *set = freeze_set(f);
	struct freeze_card card = {
		.release = release,
		.digest = set ? patchset_digest(set) : NULL,
		.candidate = set ? freeze_candidate(f) : NULL,
		.is_unchanged = freeze_is_unchanged(f),
		.size = frozen_size(f),
		.packages = frozen_items_of(f, tells_why),
		.notes = mem_new(freeze_note_count(f) + 1, sizeof *card.notes),
	};

	add_places(&card, f, c);
	add_left_out(&card, set);
	add_unplanned(&card, f);
	for (size_t i = 0; i < freeze_note_count(f); i++)
		card.notes[i] = freeze_note_at(f, i);
	return card;
}

void freeze_card_done(struct freeze_card *c)
{
	view_row_done(&freeze_card_view, c);
}
