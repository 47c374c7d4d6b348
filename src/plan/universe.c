/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/universe.h"

#include "base/deb822.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/version.h"
#include "plan/universe_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct universe *new_with(const struct version_order *order, const char *native)
{
	struct universe *u = mem_new(1, sizeof *u);

	u->order = order;
	intern_add(&u->architectures, native, strlen(native));
	intern_add(&u->strings, "", 0);
	return u;
}

struct universe *universe_new(const char *platform)
{
	const char *dash = strrchr(platform, '-');

	return new_with(version_order_of(platform), dash ? dash + 1 : platform);
}

struct universe *universe_like(const struct universe *u)
{
	return new_with(u->order, intern_at(&u->architectures, NATIVE));
}

const uint32_t *universe_rows(const struct universe *u, const struct hoststate *state)
{
	uint32_t number =
		intern_find(&u->states, hoststate_digest(state), strlen(hoststate_digest(state)));

	return number == INTERN_NONE ? NULL : u->state_rows[number];
}

static uint32_t find_version(
	const struct universe *u, const char *name, const char *architecture, const char *version)
{
	bool is_all = strcmp(architecture, "all") == 0;
	uint32_t slot[2] = { intern_find(&u->strings, name, strlen(name)),
		is_all ? NATIVE
		       : intern_find(&u->architectures, architecture, strlen(architecture)) };
	struct version_key key = { intern_find(&u->slots, slot, sizeof slot),
		intern_find(&u->strings, version, strlen(version)) };
	uint32_t number = intern_find(&u->versions, &key, sizeof key);

	return number == INTERN_NONE ? UNIVERSE_NONE : u->first[number];
}

uint32_t universe_find(
	const struct universe *u, const char *name, const char *architecture, const char *version)
{
	uint32_t row = find_version(u, name, architecture, version);

	return row != UNIVERSE_NONE && row_at(u, row)->feed != FEED_NONE ? row : UNIVERSE_NONE;
}

bool universe_has_name(const struct universe *u, const char *name)
{
	uint32_t key[2] = { intern_find(&u->strings, name, strlen(name)), 0 };

	for (; key[0] != INTERN_NONE && key[1] < u->architectures.count; key[1]++) {
		if (intern_find(&u->slots, key, sizeof key) != INTERN_NONE)
			return true;
	}
	return false;
}

size_t universe_count(const struct universe *u)
{
	return u->count;
}

struct known universe_at(const struct universe *u, uint32_t version)
{
	assert(version < u->count);
	const struct row *r = row_at(u, version);

	return (struct known){
		.name = intern_at(&u->strings, r->name),
		.version = intern_at(&u->strings, r->version),
		.architecture = intern_at(&u->strings, r->architecture),
		.source = intern_at(&u->strings, r->source),
		.source_version = intern_at(&u->strings, r->source_version),
		.feed = r->feed == FEED_NONE ? "" : u->feeds[r->feed].name,
		.is_security = r->is_security,
		.is_available = r->feed != FEED_NONE,
		.phase = r->phase,
	};
}

struct limit universe_limit_of(const struct universe *u, uint32_t version)
{
	const struct row *r = row_at(u, version);
	struct span span = u->slot_spans[r->slot];
	struct limit limit = { .above = "", .raises_nothing = r->priority < PRIORITY_INSTALLED };

	for (uint32_t at = span.at; at < span.at + span.count; at++) {
		const struct row *w = row_at(u, u->slot_rows[at]);

		if (!row_is_open(w))
			continue;
		limit.may_be_passed |= w->priority < r->priority && w->rank > r->rank;
		if (w->priority > r->priority && !*limit.above)
			limit.above = intern_at(&u->strings, w->version);
	}
	return limit;
}

void universe_limit(struct universe *u, uint32_t version, const struct limit *limit)
{
	struct row *r = &u->rows[version];

	if (limit->raises_nothing)
		r->priority = 1;
	if (*limit->above)
		r->above = intern_add(&u->strings, limit->above, strlen(limit->above));
}

size_t universe_unread_count(const struct universe *u)
{
	return u->unread_count;
}

struct unread universe_unread_at(const struct universe *u, size_t index)
{
	assert(index < u->unread_count);
	const struct unread_row *l = &u->unread[index];

	return (struct unread){ l->feed, intern_at(&u->strings, l->reason), l->count };
}

static bool is_mapped(const struct universe *u, const void *items)
{
	uintptr_t at = (uintptr_t)items, map = (uintptr_t)u->map;

	return u->map && at >= map && at - map < u->map_size;
}

void *universe_grow(const struct universe *u, void *items, size_t *capacity, size_t size)
{
	void *own = NULL;

	if (!is_mapped(u, items))
		return mem_grow(items, capacity, size);
	own = mem_new(*capacity, size);
	memcpy(own, items, *capacity * size);
	return mem_grow(own, capacity, size);
}

int universe_add_feed(struct universe *u, const struct feed *feed, struct error *err)
{
	int fd = open(feed->path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
			"opening '%s': %s", feed->path, strerror(errno));
	u->feeds = mem_room(u->feeds, u->feed_count, &u->feed_capacity, sizeof *u->feeds);
	u->feeds[u->feed_count++] = (struct open_feed){
		.name = mem_strdup(feed->name),
		.fd = fd,
		.is_security = feed->is_security,
		.priority = (int16_t)(feed->priority ? feed->priority : PRIORITY_USUAL),
	};
	return 0;
}

/* ---- what only the index itself has ---- */

/* The file may have been written over in place: what comes back must still be what was read. */
static bool is_stanza(const struct origin *origin, const char *text)
{
	uint8_t digest[DIGEST_RAW_SIZE];

	digest_raw(text, origin->size, digest);
	return memcmp(digest, origin->digest, sizeof digest) == 0;
}

int universe_stanza(
	const struct universe *u, uint32_t version, char **out, size_t *size, struct error *err)
{
	struct known k = universe_at(u, version);

	if (!k.is_available)
		return error_set(err, ERR_NOT_FOUND, "no source has '%s' %s", k.name, k.version);

	const struct origin *origin = &u->origins[version];
	CLEANUP(free) char *text = mem_new(origin->size + (size_t)2, 1);
	ssize_t got = pread(
		u->feeds[row_at(u, version)->feed].fd, text, origin->size, (off_t)origin->offset);

	if (got < 0)
		return error_set(
			err, ERR_SYSTEM, "reading the index of '%s': %s", k.feed, strerror(errno));
	if (got != (ssize_t)origin->size || !is_stanza(origin, text))
		return error_set(err, ERR_CORRUPT,
			"the index of '%s' was changed since it was synced, at '%s': 'patchline sync' fetches it again",
			k.feed, k.name);
	text[got] = '\n';
	*size = (size_t)got + 1;
	*out = STEAL(&text);
	return 0;
}

static const char *field(const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	return value ? value : "";
}

int universe_file(
	const struct universe *u, uint32_t version, struct known_file *out, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	size_t size = 0;

	if (universe_stanza(u, version, &text, &size, err) < 0)
		return -1;
	d = deb822_new_text(text, size);
	if (deb822_next(d, err) < 0)
		return -1;
	*out = (struct known_file){
		.filename = mem_strdup(field(d, "Filename")),
		.sha256 = mem_strdup(field(d, "SHA256")),
		.size = strtoull(field(d, "Size"), NULL, 10), /* a size: it was checked when read */
	};
	return 0;
}

void known_file_done(struct known_file *file)
{
	free(file->filename);
	free(file->sha256);
	*file = (struct known_file){ 0 };
}

/* ---- the end ---- */

static void free_table(const struct universe *u, void *items)
{
	if (!is_mapped(u, items))
		free(items);
}

void universe_free(struct universe *u)
{
	if (!u)
		return;
	for (size_t i = 0; i < u->feed_count; i++) {
		free(u->feeds[i].name);
		fd_close(u->feeds[i].fd);
	}
	intern_done(&u->strings);
	intern_done(&u->atoms);
	intern_done(&u->slots);
	intern_done(&u->architectures);
	intern_done(&u->versions);
	for (uint32_t i = 0; i < u->states.count; i++)
		free(u->state_rows[i]);
	intern_done(&u->states);
	free(u->state_rows);
	free_table(u, u->rows);
	free_table(u, u->origins);
	free_table(u, u->first);
	free_table(u, u->words);
	free_table(u, u->unread);
	free_table(u, u->slot_spans);
	free_table(u, u->slot_rows);
	free_table(u, u->slot_next);
	free_table(u, u->provided);
	free_table(u, u->atom_spans);
	free_table(u, u->providers);
	free(u->feeds);
	if (u->map)
		munmap(u->map, u->map_size);
	free(u);
}
