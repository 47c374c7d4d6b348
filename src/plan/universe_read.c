/* SPDX-License-Identifier: Apache-2.0 */
/* universe_read.c - an index, read in parts side by side, each into a universe of its own; put together in their order. */
#include "base/deb822.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "model/relation.h"
#include "plan/universe_fill_private.h"
#include "plan/universe_private.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define INDEX_MAX ((size_t)4 * 1024 * 1024 * 1024)
#define PART_SIZE ((size_t)2 * 1024 * 1024) /* a part goes on to the end of its last paragraph */

/* ---- one stanza ---- */

static void read_source(struct entry *e, char *source)
{
	char *open = source ? strchr(source, '(') : NULL;

	e->source = e->source_version = "";
	if (!source)
		return;
	if (open) {
		open[strcspn(open, ")")] = '\0';
		e->source_version = open + 1;
	}
	source[strcspn(source, " (")] = '\0';
	e->source = source;
}

static enum multi_arch read_multi_arch(const char *value)
{
	if (!value || !*value)
		return MULTI_ARCH_NO;
	return *value == 's'   ? MULTI_ARCH_SAME
	       : *value == 'f' ? MULTI_ARCH_FOREIGN
	       : *value == 'a' ? MULTI_ARCH_ALLOWED
			       : MULTI_ARCH_NO;
}

static const char *text_of(const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	return value ? value : "";
}

static bool is_size(const char *text)
{
	char *end = NULL;

	errno = 0;
	return (strtoull(text, &end, 10) || true) && !errno && !*end &&
	       isdigit((unsigned char)*text);
}

static int check_entry(
	const struct universe *u, const struct entry *e, const struct deb822 *d, struct error *err)
{
	const char *sha256 = text_of(d, "SHA256"), *size = text_of(d, "Size");

	if (!relation_is_name(e->name, strlen(e->name)))
		return error_set(err, ERR_CORRUPT, "'%.60s' is not the name of a package", e->name);
	if (!u->order->is_valid(e->version))
		return error_set(err, ERR_CORRUPT, "'%s' has the version '%.60s', which is none",
			e->name, e->version);
	if (!relation_is_name(e->architecture, strlen(e->architecture)))
		return error_set(err, ERR_CORRUPT, "'%s' has no known architecture", e->name);
	if (*sha256 && !digest_is_valid(sha256))
		return error_set(err, ERR_CORRUPT, "'%s' has the SHA256 '%.70s', which is none",
			e->name, sha256);
	if (*size && !is_size(size))
		return error_set(
			err, ERR_CORRUPT, "'%s': '%.40s' is not a size in bytes", e->name, size);
	return 0;
}

/* Remember where the last row was read. */
static void keep_origin(struct universe *u, const struct deb822 *d)
{
	struct origin origin = { .offset = deb822_offset(d) };
	size_t size = 0;
	const char *raw = deb822_raw(d, &size);

	origin.size = size;
	digest_raw(raw, size, origin.digest);
	fill_origin(u, &origin);
}

/* A share that cannot be read is none: nobody knows whom it should keep out. */
static uint8_t read_phase(const struct deb822 *d)
{
	const char *value = deb822_get(d, "Phased-Update-Percentage");
	char *end = NULL;
	unsigned long share = value ? strtoul(value, &end, 10) : 100;

	return value && (!isdigit((unsigned char)*value) || *end || share > 100) ? 0
										 : (uint8_t)share;
}

static int add_stanza(struct universe *u, const struct deb822 *d, struct error *err)
{
	struct row row = { 0 };
	CLEANUP(free) char *source = mem_strdup(deb822_get(d, "Source"));
	struct entry e = {
		.name = text_of(d, "Package"),
		.version = text_of(d, "Version"),
		.architecture = text_of(d, "Architecture"),
		.relations = { text_of(d, "Pre-Depends"), text_of(d, "Depends"),
			text_of(d, "Conflicts"), text_of(d, "Breaks"), text_of(d, "Provides") },
		.multi_arch = read_multi_arch(deb822_get(d, "Multi-Arch")),
	};

	if (check_entry(u, &e, d, err) < 0 || fill_place(u, &e, &row, err) < 0)
		return -1;
	if (fill_find(u, &row) != UNIVERSE_NONE)
		return 0;
	row.phase = read_phase(d);
	read_source(&e, source);
	if (fill_entry(u, &e, &row, err) < 0)
		return -1;
	keep_origin(u, d);
	return 0;
}

/* ---- parts ---- */

/* One index on its way into a universe. */
struct reading {
	struct universe *u;
	const struct feed *feed;
	const char *text; /* borrowed */
	size_t *starts;   /* owned; of each part, and behind the last one */
	size_t count;
	char digest[DIGEST_HEX_SIZE]; /* of the text, when the feed has one */
	pthread_mutex_t lock;
	pthread_cond_t turned;
	size_t turn; /* the part that is put into the universe next */
};

/* Cut behind empty lines: a paragraph is never in two parts. */
static void cut_parts(struct reading *r, size_t size)
{
	const char *blank;

	r->starts = mem_new(size / PART_SIZE + 2, sizeof *r->starts);
	while (size - r->starts[r->count] > PART_SIZE) {
		size_t least = r->starts[r->count] + PART_SIZE;

		blank = memmem(r->text + least, size - least, "\n\n", 2);
		if (!blank)
			break;
		r->starts[++r->count] = (size_t)(blank - r->text) + 2;
	}
	r->starts[++r->count] = size;
}

static size_t lines_before(const char *text, size_t size)
{
	size_t lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	return lines;
}

/* One stanza that cannot be read takes no other away. */
static void read_stanzas(struct deb822 *d, struct universe *own)
{
	struct error why;
	int found;

	while ((found = deb822_next(d, &why)) != 0) {
		if (found > 0) {
			if (add_stanza(own, d, &why) == 0)
				continue;
			(void)!error_wrap(&why, "line %zu", deb822_line(d));
		}
		fill_unread(own, why.text, 1);
	}
}

/* Owned by the caller. */
static struct universe *read_part(const struct reading *r, size_t part, size_t line)
{
	struct universe *own = universe_like(r->u);
	CLEANUP(deb822_free)
	struct deb822 *d =
		deb822_new_text(r->text + r->starts[part], r->starts[part + 1] - r->starts[part]);

	deb822_count_from(d, line);
	read_stanzas(d, own);
	return own;
}

static void put_part(struct reading *r, size_t part)
{
	CLEANUP(universe_free) struct universe *own = read_part(r, part, 1);

	/* Lines are counted only where there is something to say about one. */
	if (own->unread_count && part) {
		universe_free(own);
		own = read_part(r, part, lines_before(r->text, r->starts[part]) + 1);
	}
	pthread_mutex_lock(&r->lock);
	while (r->turn != part)
		pthread_cond_wait(&r->turned, &r->lock);
	fill_part(r->u, own, r->starts[part]);
	r->turn++;
	pthread_cond_broadcast(&r->turned);
	pthread_mutex_unlock(&r->lock);
}

/* Tasks start in this order: a part only waits for some that others are at already. */
static void reading_task(void *context, size_t index)
{
	struct reading *r = context;

	if (index)
		put_part(r, index - 1);
	else if (r->feed->sha256)
		digest_bytes(r->text, r->starts[r->count], r->digest);
}

int universe_read(struct universe *u, const struct feed *feed, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	struct reading r = { .u = u, .feed = feed };
	size_t size = 0;

	assert(u->origin_count == u->count && !u->map);
	if (universe_add_feed(u, feed, err) < 0 ||
		file_read(feed->path, INDEX_MAX, &text, &size, err) < 0)
		return -1;
	r.text = text;
	cut_parts(&r, size);
	pthread_mutex_init(&r.lock, NULL);
	pthread_cond_init(&r.turned, NULL);
	workers_run(r.count + 1, workers_processors(), reading_task, &r);
	pthread_cond_destroy(&r.turned);
	pthread_mutex_destroy(&r.lock);
	free(r.starts);
	if (feed->sha256 && !str_equal(r.digest, feed->sha256))
		return error_set(err, ERR_CORRUPT,
			"an index of '%s' was changed: %s; remove it, and 'patchline sync' fetches it again",
			feed->name, feed->path);
	return 0;
}
