/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "content/changelog.h"
#include "content/fetch.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"
#include "pending/freeze_private.h"

#include <stdio.h>
#include <stdlib.h>

#define READERS 4 /* threads that unpack changelogs */

/* ---- bytes ---- */

static struct package package_of(const struct entry *e)
{
	return (struct package){
		.platform = e->frozen.platform,
		.name = e->frozen.name,
		.version = e->frozen.version,
		.architecture = e->frozen.architecture,
		.sha256 = e->file.sha256,
		.size = e->frozen.size,
		.source = e->feed,
		.filename = e->file.filename,
		.advisories = e->frozen.advisories,
		.is_security = e->frozen.is_security,
		.is_new = e->frozen.is_new,
		.above = e->limit.above,
		.raises_nothing = e->limit.raises_nothing,
		.passed_by = e->passed_by,
	};
}

static void tell_progress(void *context, const struct fetch_progress *progress)
{
	const struct freeze_request *request = context;
	char words[80];

	snprintf(words, sizeof words, "%zu of %zu files", progress->files_done, progress->files);
	if (request->on_progress)
		request->on_progress(
			request->context, progress->bytes_done, progress->bytes, words);
}

void set_content_done(struct set_content *g)
{
	free(g->packages);
	free(g->pointers);
}

void set_content_fill(struct set_content *g, const struct freeze *f)
{
	g->count = f->count;
	g->packages = mem_new(f->count, sizeof *g->packages);
	g->pointers = mem_new(f->count, sizeof(struct package *));
	for (size_t i = 0; i < f->count; i++) {
		g->packages[i] = package_of(&f->entries[i]);
		g->pointers[i] = &g->packages[i];
	}
}

int freeze_fetch(const struct freeze *f, const struct freeze_request *request,
	const struct pool *pool, struct error *err)
{
	CLEANUP(set_content_done) struct set_content g = { 0 };
	struct freeze_request copy = *request;
	struct fetch_options options = { .on_progress = tell_progress, .context = &copy };

	set_content_fill(&g, f);
	if (packages_fetch(request->config, pool, g.pointers, g.count, &options, err) < 0)
		return error_wrap(err, "fetching the packages");
	return 0;
}

/* ---- advisories, from the changelogs inside the packages ---- */

/*
 * Packages of one source share its changelog, and unpacking it is what freezing takes longest for: it is read
 * from the smallest of them, whose text the pool keeps; the others then cost next to nothing.
 */
struct reading_changelogs {
	struct freeze *freeze;
	const struct pool *pool;
	struct changelog_package *others;
	const struct entry **changelog_entries; /* for each entry, the one whose file is read */
	struct error *errors;
	enum changelog_part part;
	bool is_over_own; /* this pass is over entries whose own file is read */
};

static const struct entry *find_changelog_entry(const struct freeze *f, const struct entry *e)
{
	const struct entry *changelog_entry = e;

	for (size_t i = 0; i < f->count; i++) {
		const struct entry *other = &f->entries[i];

		if (other->platform == e->platform && str_equal(other->source, e->source) &&
			str_equal(other->source_version, e->source_version) &&
			str_equal(other->frozen.version, e->frozen.version) &&
			other->frozen.size < changelog_entry->frozen.size)
			changelog_entry = other;
	}
	return changelog_entry;
}

static int ask_changelog(const struct reading_changelogs *r, const struct entry *e,
	const struct entry *changelog_entry, struct changelog_summary *out, struct error *err)
{
	bool is_news = r->part == CHANGELOG_NEWS;
	struct changelog_question question = {
		.name = changelog_entry->frozen.name,
		.sha256 = changelog_entry->file.sha256,
		.from = is_news ? e->frozen.oldest : "",
		.to = is_news ? e->frozen.version : e->frozen.oldest,
		.others = r->others,
		.other_count = r->freeze->count,
	};

	return changelog_of_package(r->pool, &question, out, err);
}

static void keep_advisories(struct entry *e, enum changelog_part part, char *advisories)
{
	char **place = part == CHANGELOG_NEWS ? &e->advisories : &e->history;

	free(*place);
	*place = advisories;
	if (part == CHANGELOG_NEWS)
		e->frozen.advisories = advisories;
}

static int read_changelog(struct reading_changelogs *r, struct entry *e,
	const struct entry *changelog_entry, struct error *err)
{
	CLEANUP(changelog_summary_done) struct changelog_summary sum = { 0 };

	/* What no host has yet has no old version to be compared with: all its history is not news. */
	if (e->frozen.is_new)
		return 0;
	if (ask_changelog(r, e, changelog_entry, &sum, err) < 0)
		return error_wrap(err, "changelog of %s %s", e->frozen.name, e->frozen.version);
	if (!sum.entries && changelog_entry != e) {
		changelog_summary_done(&sum);
		if (ask_changelog(r, e, e, &sum, err) < 0)
			return error_wrap(
				err, "changelog of %s %s", e->frozen.name, e->frozen.version);
	}
	free(e->unread);
	e->unread = STEAL(&sum.unread);
	keep_advisories(e, r->part, STEAL(&sum.advisories));
	return 0;
}

static void changelog_task(void *context, size_t index)
{
	struct reading_changelogs *r = context;
	struct entry *e = &r->freeze->entries[index];

	if ((r->changelog_entries[index] == e) == r->is_over_own &&
		read_changelog(r, e, r->changelog_entries[index], &r->errors[index]) == 0)
		r->errors[index].kind = ERR_NONE;
}

int freeze_read_changelogs(
	struct freeze *f, const struct pool *pool, enum changelog_part part, struct error *err)
{
	CLEANUP(free) struct changelog_package *others = mem_new(f->count, sizeof *others);
	CLEANUP(free)
	const struct entry **changelog_entries = mem_new(f->count, sizeof(struct entry *));
	CLEANUP(free) struct error *errors = mem_new(f->count, sizeof *errors);
	struct reading_changelogs r = { f, pool, others, changelog_entries, errors, part, true };

	for (size_t i = 0; i < f->count; i++) {
		others[i] = (struct changelog_package){ f->entries[i].frozen.name,
			f->entries[i].file.sha256 };
		changelog_entries[i] = find_changelog_entry(f, &f->entries[i]);
	}
	workers_run(f->count, READERS, changelog_task, &r);
	r.is_over_own = false;
	workers_run(f->count, READERS, changelog_task, &r);
	for (size_t i = 0; i < f->count; i++) {
		if (errors[i].kind != ERR_NONE) {
			*err = errors[i];
			return -1;
		}
	}
	return 0;
}

void freeze_note_unread(struct freeze *f)
{
	for (size_t i = 0; i < f->count; i++) {
		const struct entry *e = &f->entries[i];

		if (e->unread)
			freeze_add_note(f,
				mem_printf(
					"the changelog of %s %s cannot be unpacked, so no advisory of it is known: %s",
					e->frozen.name, e->frozen.version, e->unread));
	}
}
