/* SPDX-License-Identifier: Apache-2.0 */
#include "content/repository.h"

#include "base/deb822.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "content/archive.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "content/signature.h"
#include "model/patchset.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARALLEL    4
#define RELEASE_MAX ((size_t)1024 * 1024)

/* One paragraph of the index. */
struct stanza {
	const struct package *package;
	struct str text;
	struct error error;
};

struct stanzas {
	const struct pool *pool;
	struct stanza *items; /* owned */
	size_t count;
};

static void stanzas_done(struct stanzas *s)
{
	for (size_t i = 0; i < s->count; i++)
		str_done(&s->items[i].text);
	free(s->items);
}
CLEANUP_DONE(struct stanzas, stanzas_done)

/* The file must be what the set says it is: an index can promise anything. */
static int check_control(const struct deb822 *d, const struct package *p, struct error *err)
{
	const struct {
		const char *field, *want;
	} checks[] = {
		{ "Package", p->name },
		{ "Version", p->version },
		{ "Architecture", p->architecture },
	};
	static const char *const ours[] = { "Filename", "Size", "SHA256" };

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		const char *got = deb822_get(d, checks[i].field);

		if (!str_equal(got, checks[i].want))
			return error_set(err, ERR_CORRUPT,
				"the file holds %s '%.80s'; the index it came from promised '%s'",
				checks[i].field, got ? got : "", checks[i].want);
	}
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		if (deb822_get(d, ours[i]))
			return error_set(err, ERR_CORRUPT,
				"its control file has a field '%s', which only an index has",
				ours[i]);
	}
	return 0;
}

static int write_stanza(const struct pool *pool, struct stanza *s, struct error *err)
{
	const struct package *p = s->package;
	CLEANUP(free) char *path = pool_path(pool, p->sha256);
	CLEANUP(free) char *control = NULL;
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	size_t size = 0;
	int found;

	if (pool_check(pool, p->sha256, err) < 0 ||
		archive_deb_control(path, &control, &size, err) < 0)
		return -1;
	d = deb822_new_text(control, size);
	found = deb822_next(d, err);
	if (found < 0)
		return -1;
	if (!found)
		return error_set(err, ERR_CORRUPT, "its control file is empty");
	if (check_control(d, p, err) < 0)
		return -1;

	const char *raw = deb822_raw(d, &size);

	str_add_bytes(&s->text, raw, size);
	str_addf(&s->text, "\nFilename: pool/%s.deb\nSize: %llu\nSHA256: %s\n", p->sha256,
		(unsigned long long)p->size, p->sha256);
	return 0;
}

static void write_one(void *context, size_t index)
{
	struct stanzas *s = context;
	struct stanza *stanza = &s->items[index];

	if (write_stanza(s->pool, stanza, &stanza->error) < 0)
		assert(stanza->error.kind != ERR_NONE);
}

static int compare_stanzas(const void *a, const void *b)
{
	const struct package *x = ((const struct stanza *)a)->package;
	const struct package *y = ((const struct stanza *)b)->package;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->architecture, y->architecture);
}

int repository_index(const struct pool *pool, const struct package *const *packages, size_t count,
	struct repository_index *out, struct error *err)
{
	CLEANUP(stanzas_done) struct stanzas s = { .pool = pool, .count = count };
	CLEANUP(str_done) struct str text = { 0 };

	s.items = mem_new(count, sizeof *s.items);
	for (size_t i = 0; i < count; i++)
		s.items[i].package = packages[i];
	if (count)
		qsort(s.items, count, sizeof *s.items, compare_stanzas);
	workers_run(count, PARALLEL, write_one, &s);
	for (size_t i = 0; i < count; i++) {
		const struct package *p = s.items[i].package;

		if (s.items[i].error.kind != ERR_NONE) {
			*err = s.items[i].error;
			return error_wrap(err, "%s %s %s", p->name, p->version, p->architecture);
		}
		if (i)
			str_add(&text, "\n");
		str_add_bytes(&text, s.items[i].text.text, s.items[i].text.size);
	}
	if (pool_put_bytes(pool, str_text(&text), text.size, out->sha256, err) < 0)
		return -1;
	out->size = text.size;
	return 0;
}

char *repository_dir(const char *state, const char *digest, const char *platform)
{
	return mem_printf("%s/sets/%s/%s", state, digest, platform);
}

/* As Release files want it, in English whatever the locale. */
static void add_date(struct str *out, int64_t at)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug",
		"Sep", "Oct", "Nov", "Dec" };
	time_t when = (time_t)at;
	struct tm t = { 0 };

	gmtime_r(&when, &t);
	str_addf(out, "Date: %s, %02d %s %d %02d:%02d:%02d UTC\n", days[t.tm_wday], t.tm_mday,
		months[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* All of it follows from the set: anyone can write it again and compare. */
static char *release_text(const struct patchset *set, const struct repository *r)
{
	CLEANUP(str_done) struct str out = { 0 };

	str_addf(&out, "Origin: Patchline\nLabel: Patchline\nSuite: %s\nCodename: %s\n",
		r->platform, r->platform);
	add_date(&out, patchset_created_at(set));
	str_addf(&out, "Description: patch set %s of release %s\n", patchset_digest(set),
		patchset_release(set));
	str_addf(&out, "SHA256:\n %s %llu Packages\n", r->packages_sha256,
		(unsigned long long)r->packages_size);
	return str_take(&out);
}

static int publish_one(const char *state, const struct patchset *set, const struct repository *r,
	struct error *err)
{
	CLEANUP(free) char *dir = repository_dir(state, patchset_digest(set), r->platform);
	CLEANUP(free) char *release_path = mem_printf("%s/Release", dir);
	CLEANUP(free) char *signed_path = mem_printf("%s/InRelease", dir);
	CLEANUP(free) char *text = release_text(set, r);
	CLEANUP(free) char *signed_text = NULL;

	if (dir_make(dir, 0755, err) < 0 || signature_clearsign(state, text, &signed_text, err) < 0)
		return -1;
	if (file_write(release_path, text, strlen(text), 0644, err) < 0)
		return -1;
	return file_write(signed_path, signed_text, strlen(signed_text), 0644, err);
}

int repository_publish(const char *state, const struct patchset *set, struct error *err)
{
	for (size_t i = 0; i < patchset_repository_count(set); i++) {
		const struct repository *r = patchset_repository_at(set, i);

		if (publish_one(state, set, r, err) < 0)
			return error_wrap(err, "publishing %s of set %.12s", r->platform,
				patchset_digest(set));
	}
	return 0;
}

int repository_seal(const struct sealing *sealing, int (*record)(void *context, struct error *err),
	void *context, struct error *err)
{
	const char *state = sealing->state, *digest = patchset_digest(sealing->set);
	bool was_there = setfile_exists(state, digest);
	struct error ignored = { 0 };

	if (repository_publish(state, sealing->set, err) == 0 &&
		setfile_write(state, digest, sealing->text, sealing->size, err) == 0 &&
		record(context, err) == 0)
		return 0;

	/* What may be in the store all the same keeps its files. */
	bool is_to_go = !was_there && err->kind != ERR_UNCERTAIN;

	if (is_to_go && setfile_remove(state, digest, &ignored) < 0)
		return error_wrap(err, "leaving set %.12s behind, which was not sealed", digest);
	return -1;
}

/* A clearsigned text loses the line ends at its end. */
static bool is_same_text(const char *a, const char *b)
{
	size_t size_a = strlen(a), size_b = strlen(b);

	while (size_a && a[size_a - 1] == '\n')
		size_a--;
	while (size_b && b[size_b - 1] == '\n')
		size_b--;
	return size_a == size_b && memcmp(a, b, size_a) == 0;
}

static int check_signed(const char *state, const char *dir, const char *want, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s/InRelease", dir);
	CLEANUP(free) char *text = NULL;
	CLEANUP(free) char *content = NULL;
	CLEANUP(free) char *key = NULL;
	size_t size = 0;

	if (file_read(path, RELEASE_MAX, &text, &size, err) < 0 ||
		signature_public_key(state, &key, err) < 0)
		return -1;
	if (signature_verify(state, key, text, size, &content, err) < 0)
		return error_wrap(err, "'%s'", path);
	if (!is_same_text(content, want))
		return error_set(err, ERR_CORRUPT, "'%s' was changed", path);
	return 0;
}

int repository_check(
	const char *state, const struct patchset *set, const char *platform, struct error *err)
{
	const struct repository *r = patchset_repository(set, platform);
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (!r)
		return error_set(err, ERR_NOT_FOUND, "set %.12s has no repository for %s",
			patchset_digest(set), platform);
	if (pool_open(state, &pool, err) < 0 || pool_check(pool, r->packages_sha256, err) < 0)
		return error_wrap(err, "index of %s", platform);

	CLEANUP(free) char *dir = repository_dir(state, patchset_digest(set), platform);
	CLEANUP(free) char *path = mem_printf("%s/Release", dir);
	CLEANUP(free) char *want = release_text(set, r);
	CLEANUP(free) char *text = NULL;

	if (file_read(path, RELEASE_MAX, &text, NULL, err) < 0)
		return -1;
	if (strcmp(text, want) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' was changed", path);
	return check_signed(state, dir, want, err);
}

int set_indexes_open(
	const char *state, const struct patchset *set, struct set_indexes *out, struct error *err)
{
	CLEANUP(set_indexes_done) struct set_indexes found = { 0 };
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (pool_open(state, &pool, err) < 0)
		return -1;
	found.paths = mem_new(patchset_repository_count(set), sizeof *found.paths);
	for (; found.count < patchset_repository_count(set); found.count++) {
		const struct repository *r = patchset_repository_at(set, found.count);

		if (pool_check(pool, r->packages_sha256, err) < 0)
			return error_wrap(err, "the set's repository of %s", r->platform);
		found.paths[found.count] = pool_path(pool, r->packages_sha256);
	}
	*out = found;
	found = (struct set_indexes){ 0 };
	return 0;
}

void set_indexes_done(struct set_indexes *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->paths[i]);
	free(s->paths);
	*s = (struct set_indexes){ 0 };
}
