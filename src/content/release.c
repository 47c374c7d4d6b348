/* SPDX-License-Identifier: Apache-2.0 */
#include "content/release.h"

#include "base/clock.h"
#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct release {
	struct release_facts facts;
	char *text;                 /* owned: what the strings of facts point into */
	char *sums;                 /* owned: what the strings of files point into */
	struct release_file *files; /* owned; sorted by path */
	size_t count, capacity;
};

static bool is_digest(const char *list, const char *text)
{
	size_t size = (str_equal(list, "SHA256") ? DIGEST_HEX_SIZE : DIGEST_SHA512_HEX_SIZE) - 1;

	return strlen(text) == size && strspn(text, "0123456789abcdef") == size;
}

/* "<digest> <size> <path>", cut up in place. */
static int read_file_line(const char *list, char *line, struct release_file *out, struct error *err)
{
	char *digest = strsep(&line, " \t"), *size = NULL, *end = NULL;

	while (line && isspace((unsigned char)*line))
		line++;
	size = line ? strsep(&line, " \t") : NULL;
	errno = 0;
	if (!line || !is_digest(list, digest) || !isdigit((unsigned char)*size))
		return error_set(err, ERR_CORRUPT,
			"'%.130s' in its %s list; want digest, size, path", digest, list);
	out->size = strtoull(size, &end, 10);
	out->path = str_trim(line);
	out->digest = digest;
	if (*end || errno || !*out->path)
		return error_set(err, ERR_CORRUPT, "size '%.40s' of '%.100s' in its %s list", size,
			out->path, list);
	return 0;
}

static int compare_paths(const void *a, const void *b)
{
	const struct release_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int read_sums(struct release *r, const char *sums, struct error *err)
{
	char *rest = r->sums = mem_strdup(sums);

	while (rest) {
		char *line = str_trim(strsep(&rest, "\n"));

		if (!*line)
			continue;
		r->files = mem_room(r->files, r->count, &r->capacity, sizeof *r->files);
		if (read_file_line(r->facts.digests, line, &r->files[r->count], err) < 0)
			return -1;
		r->count++;
	}
	if (r->count)
		qsort(r->files, r->count, sizeof *r->files, compare_paths);
	return 0;
}

/* Copy a field to where *room stands and step over it. */
static const char *keep_field(const struct deb822 *d, const char *field, char **room)
{
	const char *value = deb822_get(d, field);
	char *kept = *room;

	*room = stpcpy(kept, value ? value : "") + 1;
	return kept;
}

static bool has_word(const char *words, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = words; *at; at += strcspn(at, " \t\n")) {
		at += strspn(at, " \t\n");
		if (strcspn(at, " \t\n") == size && strncmp(at, word, size) == 0)
			return true;
	}
	return false;
}

/* 1 and 0 for yes and no in the words that apt knows; -1 for any other. */
static int flag_of(const char *value)
{
	static const char *const words[2][6] = {
		{ "no", "false", "without", "off", "disable", "0" },
		{ "yes", "true", "with", "on", "enable", "1" },
	};

	for (size_t i = 0; value && i < sizeof words[0] / sizeof *words[0]; i++) {
		for (int flag = 0; flag < 2; flag++) {
			if (strcasecmp(value, words[flag][i]) == 0)
				return flag;
		}
	}
	return value && *value ? -1 : 0;
}

/* What forbids is refused when it is neither yes nor no. */
static int read_flag(const struct deb822 *d, const char *field, bool *out, struct error *err)
{
	int flag = flag_of(deb822_get(d, field));

	*out = flag == 1;
	return flag < 0 ? error_set(err, ERR_CORRUPT, "its %s: '%.40s' is neither yes nor no",
				  field, deb822_get(d, field))
			: 0;
}

static int read_priority(const struct deb822 *d, int *out, struct error *err)
{
	bool is_asked_for = false, has_upgrades = false;

	if (read_flag(d, "NotAutomatic", &is_asked_for, err) < 0 ||
		read_flag(d, "ButAutomaticUpgrades", &has_upgrades, err) < 0)
		return -1;
	*out = !is_asked_for ? 500 : has_upgrades ? 100 : 1;
	return 0;
}

static int read_facts(struct release *r, const struct deb822 *d, struct error *err)
{
	const char *date = deb822_get(d, "Date"), *until = deb822_get(d, "Valid-Until");
	const char *no_all;
	size_t raw_size = 0;

	if (!date)
		return error_set(err, ERR_CORRUPT, "it has no Date");
	if (clock_parse_date(date, &r->facts.date, err) < 0)
		return error_wrap(err, "its Date");
	if (until && clock_parse_date(until, &r->facts.valid_until, err) < 0)
		return error_wrap(err, "its Valid-Until");
	if (read_priority(d, &r->facts.priority, err) < 0)
		return -1;
	deb822_raw(d, &raw_size);

	char *room = r->text = mem_new(raw_size + 8, 1);

	r->facts.origin = keep_field(d, "Origin", &room);
	r->facts.label = keep_field(d, "Label", &room);
	r->facts.suite = keep_field(d, "Suite", &room);
	r->facts.codename = keep_field(d, "Codename", &room);
	r->facts.has_by_hash = flag_of(deb822_get(d, "Acquire-By-Hash")) == 1;
	r->facts.architectures = keep_field(d, "Architectures", &room);
	no_all = keep_field(d, "No-Support-for-Architecture-all", &room);
	r->facts.has_all_index =
		has_word(r->facts.architectures, "all") && !has_word(no_all, "Packages");
	return 0;
}

int release_read(const char *text, size_t size, struct release **out, struct error *err)
{
	CLEANUP(release_free) struct release *r = mem_new(1, sizeof *r);
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, size);
	int found = deb822_next(d, err);

	if (found < 0)
		return error_wrap(err, "reading the Release file");
	if (!found)
		return error_set(err, ERR_CORRUPT, "the Release file is empty");
	if (read_facts(r, d, err) < 0)
		return error_wrap(err, "reading the Release file");

	const char *sums = deb822_get(d, r->facts.digests = "SHA256");

	if (!sums)
		sums = deb822_get(d, r->facts.digests = "SHA512");
	if (!sums)
		return error_set(err, ERR_CORRUPT,
			"the Release file has no list of SHA256 or SHA512; weaker digests are not believed");
	if (read_sums(r, sums, err) < 0)
		return error_wrap(err, "reading the Release file");
	*out = STEAL(&r);
	return 0;
}

const struct release_facts *release_facts(const struct release *r)
{
	return &r->facts;
}

bool release_serves(const struct release *r, const char *architecture)
{
	return !*r->facts.architectures || has_word(r->facts.architectures, architecture);
}

const struct release_file *release_find(const struct release *r, const char *path)
{
	struct release_file key = { .path = path };

	return r->count ? bsearch(&key, r->files, r->count, sizeof key, compare_paths) : NULL;
}

void release_free(struct release *r)
{
	if (!r)
		return;
	free(r->text);
	free(r->sums);
	free(r->files);
	free(r);
}
