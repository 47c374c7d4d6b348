/* SPDX-License-Identifier: Apache-2.0 */
#include "store/set.h"

#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/show/show.h"
#include "cli/term/card.h"
#include "cli/term/table.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"
#include "store/candidate.h"

static const struct column platform_columns[] = {
	{ "name", "PLATFORM", COLUMN_TEXT },
	{ "packages", "PACKAGES", COLUMN_NUMBER },
	{ "security", "SECURITY", COLUMN_NUMBER },
	{ "size", "SIZE", COLUMN_SIZE },
	{ 0 },
};

static const struct column package_columns[] = {
	{ "platform", NULL, COLUMN_TEXT },
	{ "name", "PACKAGE", COLUMN_TEXT },
	{ "version", "VERSION", COLUMN_TEXT },
	{ "architecture", "ARCH", COLUMN_TEXT },
	{ "size", "SIZE", COLUMN_SIZE },
	{ "sha256", NULL, COLUMN_DIGEST },
	{ "source", NULL, COLUMN_TEXT },
	{ "is_security", "SECURITY", COLUMN_FLAG },
	{ "is_new", "NEW", COLUMN_FLAG },
	{ "advisories", "ADVISORIES", COLUMN_ABRIDGED },
	{ 0 },
};

static const struct column left_out_columns[] = {
	{ "platform", NULL, COLUMN_TEXT },
	{ "name", "PACKAGE", COLUMN_TEXT },
	{ "version", "VERSION", COLUMN_TEXT },
	{ "architecture", "ARCH", COLUMN_TEXT },
	{ "reason", "REASON", COLUMN_PROSE },
	{ 0 },
};

static const struct column unplanned_columns[] = {
	{ "host", "HOST", COLUMN_TEXT },
	{ "environment", "ENVIRONMENT", COLUMN_TEXT },
	{ "reason", "REASON", COLUMN_PROSE },
	{ 0 },
};

static const struct column source_columns[] = {
	{ "source", "SOURCE", COLUMN_TEXT },
	{ "suite", "SUITE", COLUMN_TEXT },
	{ "release_sha256", "RELEASE FILE", COLUMN_DIGEST },
	{ 0 },
};

static struct table *platforms(const struct patchset *set)
{
	struct table *t = table_new(platform_columns);
	size_t first = 0, count = 0;

	for (; first < patchset_count(set); first += count) {
		const char *name = patchset_at(set, first)->platform;
		int64_t security = 0, size = 0;

		count = patchset_platform(set, name, NULL);
		for (size_t i = first; i < first + count; i++) {
			security += patchset_at(set, i)->is_security;
			size += (int64_t)patchset_at(set, i)->size;
		}
		table_row(t);
		table_text(t, "name", name);
		table_number(t, "packages", (int64_t)count);
		table_number(t, "security", security);
		table_number(t, "size", size);
	}
	return t;
}

static struct table *packages(const struct patchset *set)
{
	struct table *t = table_new(package_columns);

	for (size_t i = 0; i < patchset_count(set); i++) {
		const struct package *p = patchset_at(set, i);

		table_row(t);
		table_text(t, "platform", p->platform);
		table_text(t, "name", p->name);
		table_text(t, "version", p->version);
		table_text(t, "architecture", p->architecture);
		table_number(t, "size", (int64_t)p->size);
		table_text(t, "sha256", p->sha256);
		table_text(t, "source", p->source);
		table_number(t, "is_security", p->is_security);
		table_number(t, "is_new", p->is_new);
		table_text(t, "advisories", p->advisories);
	}
	return t;
}

static struct table *left_out(const struct patchset *set)
{
	struct table *t = table_new(left_out_columns);

	for (size_t i = 0; i < patchset_left_out_count(set); i++) {
		const struct left_out *l = patchset_left_out_at(set, i);

		table_row(t);
		table_text(t, "platform", l->platform);
		table_text(t, "name", l->name);
		table_text(t, "version", l->version);
		table_text(t, "architecture", l->architecture);
		table_text(t, "reason", l->reason);
	}
	return t;
}

static struct table *unplanned(const struct patchset *set)
{
	struct table *t = table_new(unplanned_columns);

	for (size_t i = 0; i < patchset_unplanned_count(set); i++) {
		const struct unplanned *u = patchset_unplanned_at(set, i);

		table_row(t);
		table_text(t, "host", u->host);
		table_text(t, "environment", u->environment);
		table_text(t, "reason", u->reason);
	}
	return t;
}

static struct table *sources(const struct patchset *set)
{
	struct table *t = table_new(source_columns);

	for (size_t i = 0; i < patchset_source_count(set); i++) {
		const struct set_source *s = patchset_source_at(set, i);

		table_row(t);
		table_text(t, "source", s->source);
		table_text(t, "suite", s->suite);
		table_text(t, "release_sha256", s->release_sha256);
	}
	return t;
}

static void tell_candidates(
	struct card *card, const struct candidate_rows *rows, const char *digest)
{
	CLEANUP(free) const char **ids = mem_new(rows->count + 1, sizeof *ids);
	size_t count = 0;

	for (size_t i = 0; i < rows->count; i++) {
		if (str_equal(rows->items[i].set, digest))
			ids[count++] = rows->items[i].id;
	}
	card_words(card, "candidates", "candidates", ids);
}

int show_set(struct invocation *inv, const char *id, struct error *err)
{
	CLEANUP(candidate_rows_done) struct candidate_rows candidates = { 0 };
	CLEANUP(set_row_done) struct set_row row = { 0 };
	CLEANUP(patchset_free) struct patchset *set = NULL;
	const struct config *c = NULL;
	struct store *store = NULL;

	if (need_config(inv, &c, err) < 0 || need_store(inv, &store, err) < 0 ||
		store_set_find(store, id, &row, err) < 0 ||
		setfile_open(c->state, row.digest, &set, err) < 0 ||
		store_candidates(store, NULL, &candidates, err) < 0)
		return -1;

	struct card *card = card_begin(inv, "set");

	card_text(card, "digest", "set", row.digest);
	card_text(card, "release", "release", row.release);
	tell_candidates(card, &candidates, row.digest);
	card_text(card, "narrowed_by", "narrowed by", patchset_narrowed_by(set));
	card_time(card, "created_at", "frozen", row.created_at);
	card_text(card, "created_by", "by", row.created_by);
	card_number(card, "package_count", "packages", row.package_count);
	card_size(card, "total_size", "size", (uint64_t)row.total_size);
	card_table(card, "platforms", "PLATFORMS", platforms(set), NULL);
	card_table(card, "packages", "PACKAGES", packages(set), "The set is empty");
	card_table(card, "left_out", "LEFT OUT", left_out(set), NULL);
	card_table(card, "not_planned_for", "NOT PLANNED FOR", unplanned(set), NULL);
	card_table(card, "sources", "SOURCES", sources(set), NULL);
	card_end(card);
	return 0;
}
