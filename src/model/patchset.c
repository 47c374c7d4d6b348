/* SPDX-License-Identifier: Apache-2.0 */
#include "model/patchset.h"

#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/manifest_private.h"
#include "model/version.h"

#include <stdlib.h>
#include <string.h>

struct patchset {
	struct manifest manifest;
	char *strings; /* owned: all texts, one behind the other */
	char digest[DIGEST_HEX_SIZE];
};

/* Where the next text goes; there is room for every byte of the manifest. */
struct arena {
	char *next;
};

static void keep_in_arena(void *context, const char **text)
{
	struct arena *arena = context;
	size_t size = strlen(*text) + 1;

	/* An optional field that is not there has a text of its own: no byte of the manifest. */
	if (size == 1) {
		*text = "";
		return;
	}
	memcpy(arena->next, *text, size);
	*text = arena->next;
	arena->next += size;
}

static int check_order(const struct manifest *m, enum paragraph kind, enum paragraph latest,
	size_t line, struct error *err)
{
	size_t count = m->records[kind].count;

	if (m->records[PARAGRAPH_HEAD].count > 1)
		return error_set(err, ERR_CORRUPT, "line %zu: a second 'Format' paragraph", line);
	if (!m->records[PARAGRAPH_HEAD].count)
		return error_set(err, ERR_CORRUPT, "line %zu: does not start with 'Format'", line);
	if (kind < latest)
		return error_set(err, ERR_CORRUPT,
			"line %zu: out of order: want Source, Repository, Package, Left-Out", line);
	if (count < 2)
		return 0;

	int order = paragraph_compare(
		kind, manifest_at(m, kind, count - 2), manifest_at(m, kind, count - 1));

	if (order == 0)
		return error_set(err, ERR_CORRUPT, "line %zu: there twice", line);
	if (order > 0)
		return error_set(err, ERR_CORRUPT,
			"line %zu: not sorted by platform, name, architecture", line);
	return 0;
}

static int read_records(struct patchset *set, struct deb822 *d, struct error *err)
{
	struct arena arena = { .next = set->strings };
	enum paragraph kind = PARAGRAPH_HEAD, latest = PARAGRAPH_HEAD;
	union record record;
	int more;

	while ((more = deb822_next(d, err)) > 0) {
		if (paragraph_read(d, &kind, &record, err) < 0)
			return -1;
		paragraph_texts(kind, &record, keep_in_arena, &arena);
		memcpy(manifest_add(&set->manifest, kind), &record, paragraph_size(kind));
		if (check_order(&set->manifest, kind, latest, deb822_line(d), err) < 0)
			return -1;
		latest = kind;
	}
	if (more == 0 && !set->manifest.records[PARAGRAPH_HEAD].count)
		return error_set(err, ERR_CORRUPT, "line 1: empty; want 'Format'");
	return more;
}

/* What is not written exactly so was not written by sealing: spaces, comments, leading zeros, ... */
static int check_form(const struct patchset *set, const char *text, size_t size, struct error *err)
{
	CLEANUP(str_done) struct str form = { 0 };
	size_t line = 1, at = 0;

	manifest_write(&set->manifest, &form);
	if (form.size == size && memcmp(form.text, text, size) == 0)
		return 0;
	for (; at < size && at < form.size && text[at] == form.text[at]; at++)
		line += text[at] == '\n';
	return error_set(
		err, ERR_CORRUPT, "line %zu: not in the form in which sets are sealed", line);
}

int patchset_read(
	const char *text, size_t size, const char *digest, struct patchset **out, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (size > PATCHSET_TEXT_MAX)
		return error_set(err, ERR_CORRUPT, "a manifest of %zu bytes; want at most %zu",
			size, PATCHSET_TEXT_MAX);
	set = mem_new(1, sizeof *set);
	digest_bytes(text, size, set->digest);
	if (digest && strcmp(digest, set->digest) != 0)
		return error_set(err, ERR_CORRUPT,
			"the manifest of set %.12s has digest %.12s: it was changed", digest,
			set->digest);
	set->strings = mem_new(1, size + 1);

	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, size);

	if (read_records(set, d, err) < 0 || check_form(set, text, size, err) < 0)
		return -1;
	*out = STEAL(&set);
	return 0;
}

static const struct head *head(const struct patchset *set)
{
	return manifest_at(&set->manifest, PARAGRAPH_HEAD, 0);
}

const char *patchset_digest(const struct patchset *set)
{
	return set->digest;
}

const char *patchset_release(const struct patchset *set)
{
	return head(set)->release;
}

const char *patchset_narrowed_by(const struct patchset *set)
{
	return head(set)->narrowed_by;
}

int64_t patchset_created_at(const struct patchset *set)
{
	return head(set)->created_at;
}

size_t patchset_count(const struct patchset *set)
{
	return set->manifest.records[PARAGRAPH_PACKAGE].count;
}

const struct package *patchset_at(const struct patchset *set, size_t index)
{
	return manifest_at(&set->manifest, PARAGRAPH_PACKAGE, index);
}

/* The first index whose record does not stand before the key. */
static size_t lower_bound(const struct patchset *set, enum paragraph kind, const void *key)
{
	size_t low = 0, high = set->manifest.records[kind].count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (paragraph_compare(kind, manifest_at(&set->manifest, kind, middle), key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static const void *find_record(const struct patchset *set, enum paragraph kind, const void *key)
{
	size_t index = lower_bound(set, kind, key);

	if (index == set->manifest.records[kind].count ||
		paragraph_compare(kind, manifest_at(&set->manifest, kind, index), key) != 0)
		return NULL;
	return manifest_at(&set->manifest, kind, index);
}

/* Of one platform, name and architecture. */
static bool package_is_same(const struct package *a, const struct package *b)
{
	return str_equal(a->platform, b->platform) && str_equal(a->name, b->name) &&
	       str_equal(a->architecture, b->architecture);
}

size_t patchset_platform(const struct patchset *set, const char *platform, size_t *first)
{
	/* No name is empty, and none has a byte above '~': these two enclose a platform's packages. */
	struct package before = {
		.platform = platform, .name = "", .architecture = "", .version = ""
	};
	struct package behind = {
		.platform = platform, .name = "\x7f", .architecture = "", .version = ""
	};
	size_t start = lower_bound(set, PARAGRAPH_PACKAGE, &before);

	if (first)
		*first = start;
	return lower_bound(set, PARAGRAPH_PACKAGE, &behind) - start;
}

static const struct package *find_newest(const struct patchset *set, const struct package *key)
{
	const struct version_order *order = version_order_of(key->platform);
	const struct package *newest = NULL;

	for (size_t i = lower_bound(set, PARAGRAPH_PACKAGE, key); i < patchset_count(set); i++) {
		const struct package *p = patchset_at(set, i);

		if (!package_is_same(p, key))
			break;
		if (!newest || version_compare(order, p->version, newest->version) > 0)
			newest = p;
	}
	return newest;
}

const struct package *patchset_find(const struct patchset *set, const char *platform,
	const char *name, const char *architecture, const char *version)
{
	struct package key = {
		.platform = platform,
		.name = name,
		.architecture = architecture,
		.version = version ? version : "",
	};

	return version ? find_record(set, PARAGRAPH_PACKAGE, &key) : find_newest(set, &key);
}

size_t patchset_repository_count(const struct patchset *set)
{
	return set->manifest.records[PARAGRAPH_REPOSITORY].count;
}

const struct repository *patchset_repository_at(const struct patchset *set, size_t index)
{
	return manifest_at(&set->manifest, PARAGRAPH_REPOSITORY, index);
}

const struct repository *patchset_repository(const struct patchset *set, const char *platform)
{
	struct repository key = { .platform = platform };

	return find_record(set, PARAGRAPH_REPOSITORY, &key);
}

size_t patchset_left_out_count(const struct patchset *set)
{
	return set->manifest.records[PARAGRAPH_LEFT_OUT].count;
}

const struct left_out *patchset_left_out_at(const struct patchset *set, size_t index)
{
	return manifest_at(&set->manifest, PARAGRAPH_LEFT_OUT, index);
}

size_t patchset_unplanned_count(const struct patchset *set)
{
	return set->manifest.records[PARAGRAPH_UNPLANNED].count;
}

const struct unplanned *patchset_unplanned_at(const struct patchset *set, size_t index)
{
	return manifest_at(&set->manifest, PARAGRAPH_UNPLANNED, index);
}

const char *patchset_unplanned(const struct patchset *set, const char *host)
{
	const struct unplanned key = { .host = host };
	const struct unplanned *found = find_record(set, PARAGRAPH_UNPLANNED, &key);

	return found ? found->reason : NULL;
}

size_t patchset_source_count(const struct patchset *set)
{
	return set->manifest.records[PARAGRAPH_SOURCE].count;
}

const struct set_source *patchset_source_at(const struct patchset *set, size_t index)
{
	return manifest_at(&set->manifest, PARAGRAPH_SOURCE, index);
}

void patchset_free(struct patchset *set)
{
	if (!set)
		return;
	manifest_done(&set->manifest);
	free(set->strings);
	free(set);
}
