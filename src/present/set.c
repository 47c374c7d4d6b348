/* SPDX-License-Identifier: Apache-2.0 */
#include "present/set.h"

#include "base/mem.h"
#include "base/str.h"
#include "content/setfile.h"
#include "model/config.h"

#define ROW(target)       AT(struct set_row, target)
#define CARD(target)      AT(struct set_card, target)
#define LIST(target)      LIST_AT(struct set_card, target)
#define PLATFORM(target)  AT(struct set_platform, target)
#define PACKAGE(target)   AT(struct package, target)
#define LEFT_OUT(target)  AT(struct left_out, target)
#define UNPLANNED(target) AT(struct unplanned, target)
#define SOURCE(target)    AT(struct set_source, target)

/* clang-format off */
static const struct field row_fields[] = {
	{ "digest",     "SET",      FIELD_DIGEST, ROW(digest) },
	{ "release",    "RELEASE",  FIELD_TEXT,   ROW(release) },
	{ "packages",   "PACKAGES", FIELD_NUMBER, ROW(package_count) },
	{ "size",       "SIZE",     FIELD_SIZE,   ROW(total_size) },
	{ "created_at", "FROZEN",   FIELD_TIME,   ROW(created_at) },
	{ "created_by", "BY",       FIELD_TEXT,   ROW(created_by) },
	{ "cleaned_at", "CLEANED",  FIELD_TIME,   ROW(cleaned_at), .empty = NULL_IF_EMPTY },
};

static const struct field platform_fields[] = {
	{ "name",     "PLATFORM", FIELD_TEXT,   PLATFORM(name) },
	{ "packages", "PACKAGES", FIELD_NUMBER, PLATFORM(packages) },
	{ "security", "SECURITY", FIELD_NUMBER, PLATFORM(security) },
	{ "size",     "SIZE",     FIELD_SIZE,   PLATFORM(size) },
};

static const struct field package_fields[] = {
	{ "platform",     NULL,         FIELD_TEXT,     PACKAGE(platform) },
	{ "name",         "PACKAGE",    FIELD_TEXT,     PACKAGE(name) },
	{ "version",      "VERSION",    FIELD_TEXT,     PACKAGE(version) },
	{ "architecture", "ARCH",       FIELD_TEXT,     PACKAGE(architecture) },
	{ "size",         "SIZE",       FIELD_SIZE,     PACKAGE(size) },
	{ "sha256",       NULL,         FIELD_DIGEST,   PACKAGE(sha256) },
	{ "source",       NULL,         FIELD_TEXT,     PACKAGE(source) },
	{ "is_security",  "SECURITY",   FIELD_FLAG,     PACKAGE(is_security) },
	{ "is_new",       "NEW",        FIELD_FLAG,     PACKAGE(is_new) },
	{ "advisories",   "ADVISORIES", FIELD_ABRIDGED, PACKAGE(advisories) },
};

static const struct field left_out_fields[] = {
	{ "platform",     NULL,      FIELD_TEXT,  LEFT_OUT(platform) },
	{ "name",         "PACKAGE", FIELD_TEXT,  LEFT_OUT(name) },
	{ "version",      "VERSION", FIELD_TEXT,  LEFT_OUT(version) },
	{ "architecture", "ARCH",    FIELD_TEXT,  LEFT_OUT(architecture) },
	{ "reason",       "REASON",  FIELD_PROSE, LEFT_OUT(reason) },
};

static const struct field unplanned_fields[] = {
	{ "host",        "HOST",        FIELD_TEXT,  UNPLANNED(host) },
	{ "environment", "ENVIRONMENT", FIELD_TEXT,  UNPLANNED(environment) },
	{ "reason",      "REASON",      FIELD_PROSE, UNPLANNED(reason) },
};

static const struct field source_fields[] = {
	{ "source",         "SOURCE",       FIELD_TEXT,   SOURCE(source) },
	{ "suite",          "SUITE",        FIELD_TEXT,   SOURCE(suite) },
	{ "release_sha256", "RELEASE FILE", FIELD_DIGEST, SOURCE(release_sha256) },
};

const struct view set_row_view = VIEW_OF(struct set_row, row_fields);
const struct view left_out_view = VIEW_OF(struct left_out, left_out_fields);
const struct view unplanned_view = VIEW_OF(struct unplanned, unplanned_fields);
static const struct view platform_view = VIEW_OF(struct set_platform, platform_fields);
static const struct view package_view = VIEW_OF(struct package, package_fields);
static const struct view source_view = VIEW_OF(struct set_source, source_fields);

static const struct field card_fields[] = {
	{ "digest",          "set",             FIELD_TEXT,   CARD(row.digest) },
	{ "release",         "release",         FIELD_TEXT,   CARD(row.release) },
	{ "candidates",      "candidates",      FIELD_WORDS,  OWNED(struct set_card, candidates) },
	{ "narrowed_by",     "narrowed by",     FIELD_TEXT,   CARD(narrowed_by) },
	{ "created_at",      "frozen",          FIELD_TIME,   CARD(row.created_at) },
	{ "created_by",      "by",              FIELD_TEXT,   CARD(row.created_by) },
	{ "cleaned_at",      "cleaned",         FIELD_TIME,   CARD(row.cleaned_at), .empty = NULL_IF_EMPTY },
	{ "package_count",   "packages",        FIELD_NUMBER, CARD(row.package_count) },
	{ "total_size",      "size",            FIELD_SIZE,   CARD(row.total_size) },
	{ "platforms",       "PLATFORMS",       FIELD_LIST,   LIST(platforms), .view = &platform_view },
	{ "packages",        "PACKAGES",        FIELD_LIST,   LIST(packages), .view = &package_view, .none = "It has no packages, or they were cleaned away" },
	{ "left_out",        "LEFT OUT",        FIELD_LIST,   LIST(left_out), .view = &left_out_view },
	{ "not_planned_for", "NOT PLANNED FOR", FIELD_LIST,   LIST(unplanned), .view = &unplanned_view },
	{ "sources",         "SOURCES",         FIELD_LIST,   LIST(sources), .view = &source_view },
};
/* clang-format on */

const struct view set_card_view = VIEW_OF_KIND("set", struct set_card, card_fields);

static void add_candidates(struct set_card *c)
{
	size_t count = 0;

	c->candidates = mem_new(c->rows.count + 1, sizeof *c->candidates);
	for (size_t i = 0; i < c->rows.count; i++) {
		if (str_equal(c->rows.items[i].set, c->row.digest))
			c->candidates[count++] = c->rows.items[i].id;
	}
}

/* The packages of a platform stand together. */
static void add_set_packages(struct set_card *c)
{
	struct set_platform platform = { 0 };

	for (size_t i = 0; i < patchset_count(c->set); i++) {
		const struct package *p = patchset_at(c->set, i);

		if (platform.name && !str_equal(platform.name, p->platform)) {
			view_rows_take(&c->platforms, &platform_view, &platform);
			platform = (struct set_platform){ 0 };
		}
		platform.name = p->platform;
		platform.packages++;
		platform.security += p->is_security;
		platform.size += (int64_t)p->size;
		view_rows_take(&c->packages, &package_view, p);
	}
	if (platform.name)
		view_rows_take(&c->platforms, &platform_view, &platform);
}

static void add_rest(struct set_card *c)
{
	for (size_t i = 0; i < patchset_left_out_count(c->set); i++)
		view_rows_take(&c->left_out, &left_out_view, patchset_left_out_at(c->set, i));
	for (size_t i = 0; i < patchset_unplanned_count(c->set); i++)
		view_rows_take(&c->unplanned, &unplanned_view, patchset_unplanned_at(c->set, i));
	for (size_t i = 0; i < patchset_source_count(c->set); i++)
		view_rows_take(&c->sources, &source_view, patchset_source_at(c->set, i));
}

/* What is in the files of a set that are kept. */
static int add_contents(const struct config *c, struct set_card *card, struct error *err)
{
	if (setfile_open(c->state, card->row.digest, &card->set, err) < 0)
		return -1;
	card->narrowed_by = patchset_narrowed_by(card->set);
	add_set_packages(card);
	add_rest(card);
	return 0;
}

int set_card_read(const struct config *c, struct store *store, const char *prefix,
	struct set_card *out, struct error *err)
{
	CLEANUP(set_card_done) struct set_card card = { .narrowed_by = "" };

	if (store_set_find(store, prefix, &card.row, err) < 0 ||
		store_candidates(store, NULL, &card.rows, err) < 0)
		return -1;
	add_candidates(&card);
	if (!card.row.cleaned_at && add_contents(c, &card, err) < 0)
		return -1;
	*out = STEAL(&card);
	return 0;
}

void set_card_done(struct set_card *c)
{
	set_row_done(&c->row);
	patchset_free(c->set);
	candidate_rows_done(&c->rows);
	view_row_done(&set_card_view, c);
	*c = (struct set_card){ 0 };
}
