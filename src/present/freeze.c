/* SPDX-License-Identifier: Apache-2.0 */
#include "present/freeze.h"

#include "base/mem.h"
#include "model/config.h"
#include "pending/last_seen.h"
#include "present/set.h"

#include <stdlib.h>

#define ITEM(target)   AT(struct frozen_item, target)
#define FROZEN(target) AT(struct frozen_item, frozen.target)
#define PLACE(target)  AT(struct freeze_place, target)
#define CARD(target)   AT(struct freeze_card, target)
#define LIST(target)   LIST_AT(struct freeze_card, target)

/* clang-format off */
static const struct field item_fields[] = {
	{ "platform",          NULL,       FIELD_TEXT,   ITEM(platform) },
	{ "name",              "PACKAGE",  FIELD_TEXT,   ITEM(name) },
	{ "architecture",      NULL,       FIELD_TEXT,   ITEM(architecture) },
	{ "oldest",            "FROM",     FIELD_TEXT,   ITEM(oldest) },
	{ "version",           "TO",       FIELD_TEXT,   ITEM(version) },
	{ "hosts",             "HOSTS",    FIELD_NUMBER, FROZEN(hosts) },
	{ "first_environment", "FIRST IN", FIELD_TEXT,   ITEM(first), .empty = NULL_IF_NONE },
	{ "size",              "SIZE",     FIELD_SIZE,   FROZEN(size) },
	{ "is_security",       "SECURITY", FIELD_FLAG,   FROZEN(is_security) },
	{ "is_new",            NULL,       FIELD_FLAG,   FROZEN(is_new) },
	{ "advisories",        NULL,       FIELD_WORDS,  ITEM(advisories) },
	{ "why",               "WHY",      FIELD_PROSE,  ITEM(why) },
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
	{ "size",            NULL, FIELD_SIZE,   CARD(packages.size) },
	{ "packages",        NULL, FIELD_LIST,   LIST(packages), .view = &frozen_item_view },
	{ "environments",    NULL, FIELD_LIST,   LIST(places), .view = &freeze_place_view },
	{ "left_out",        NULL, FIELD_LIST,   LIST(left_out), .view = &left_out_view },
	{ "not_planned_for", NULL, FIELD_LIST,   LIST(unplanned), .view = &unplanned_view },
	{ "notes",           NULL, FIELD_WORDS,  CARD(notes) },
};
/* clang-format on */

const struct view freeze_card_view = VIEW_OF(struct freeze_card, card_fields);

struct frozen_items frozen_items_of(const struct freeze *f, bool tells_why)
{
	struct frozen_items list = { .items = mem_new(freeze_count(f), sizeof *list.items) };

	for (; list.count < freeze_count(f); list.count++) {
		const struct frozen *p = freeze_at(f, list.count);

		list.size += p->size;
		list.items[list.count] = (struct frozen_item){
			.frozen = *p,
			.platform = mem_strdup(p->platform),
			.name = mem_strdup(p->name),
			.architecture = mem_strdup(p->architecture),
			.oldest = mem_strdup(p->is_new ? "(new)" : p->oldest),
			.version = mem_strdup(p->version),
			.advisories = mem_strdup(p->advisories),
			.why = mem_strdup(tells_why ? p->why : NULL),
			.first = mem_strdup(p->first ? p->first->name : NULL),
		};
	}
	return list;
}

void frozen_items_done(struct frozen_items *f)
{
	for (size_t i = 0; i < f->count; i++) {
		struct frozen_item *item = &f->items[i];
		char *texts[] = { item->platform, item->name, item->architecture, item->oldest,
			item->version, item->advisories, item->why, item->first };

		for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
			free(texts[k]);
	}
	free(f->items);
	*f = (struct frozen_items){ 0 };
}

/* A package first met late in the line is one that no earlier test has exercised. */
static void add_places(struct freeze_card *card, const struct freeze *f, const struct config *c)
{
	card->places.items = mem_new(c->environment_count, sizeof *card->places.items);
	for (size_t i = 0; i < c->environment_count; i++) {
		const struct environment *e = &c->environments[i];
		struct freeze_place *place = &card->places.items[card->places.count++];

		place->environment = e->name;
		place->packages = freeze_environment_count(f, e);
		for (size_t k = 0; i > 0 && k < freeze_count(f); k++)
			place->late += freeze_at(f, k)->first == e;
	}
}

static void add_left_out(struct freeze_card *card, const struct patchset *set)
{
	size_t count = set ? patchset_left_out_count(set) : 0;

	card->left_out.items = mem_new(count, sizeof *card->left_out.items);
	for (; card->left_out.count < count; card->left_out.count++)
		card->left_out.items[card->left_out.count] =
			*patchset_left_out_at(set, card->left_out.count);
}

static void add_unplanned(struct freeze_card *card, const struct freeze *f)
{
	const struct seen_host *row = NULL;
	size_t count = 0;

	for (size_t at = 0; freeze_unplanned_next(f, &at);)
		count++;
	card->unplanned.items = mem_new(count, sizeof *card->unplanned.items);
	for (size_t at = 0; (row = freeze_unplanned_next(f, &at));)
		card->unplanned.items[card->unplanned.count++] =
			(struct unplanned){ row->name, row->environment, last_seen_why(row) };
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
	frozen_items_done(&c->packages);
	free(c->places.items);
	free(c->left_out.items);
	free(c->unplanned.items);
	free(c->notes);
	*c = (struct freeze_card){ 0 };
}
