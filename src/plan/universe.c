/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/universe.h"

#include "base/deb822.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "plan/universe_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct universe *universe_new(const char *architecture)
{
	struct universe *u = mem_new(1, sizeof *u);

	intern_add(&u->architectures, architecture, strlen(architecture));
	intern_add(&u->strings, "", 0);
	return u;
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
		.filename = r->filename,
		.sha256 = r->sha256,
		.size = r->size,
		.is_security = r->is_security,
		.is_available = r->feed != FEED_NONE,
	};
}

static const char *field(const struct deb822 *d, const char *name)
{
	const char *value = deb822_get(d, name);

	return value ? value : "";
}

/* The file may have been written over in place: what comes back must still be that version. */
static bool is_stanza_of(const struct known *k, const char *text, size_t size)
{
	CLEANUP(deb822_free) struct deb822 *d = deb822_new_text(text, size);
	struct error ignored;

	return deb822_next(d, &ignored) > 0 && strcmp(field(d, "Package"), k->name) == 0 &&
	       strcmp(field(d, "Version"), k->version) == 0 &&
	       strcmp(field(d, "SHA256"), k->sha256) == 0;
}

int universe_stanza(
	const struct universe *u, uint32_t version, char **out, size_t *size, struct error *err)
{
	const struct row *r = row_at(u, version);
	struct known k = universe_at(u, version);

	if (!k.is_available)
		return error_set(err, ERR_NOT_FOUND, "no source has '%s' %s", k.name, k.version);

	CLEANUP(free) char *text = mem_new(r->raw_size + (size_t)2, 1);
	ssize_t got = pread(u->feeds[r->feed].fd, text, r->raw_size, (off_t)r->offset);

	if (got < 0)
		return error_set(
			err, ERR_SYSTEM, "reading the index of '%s': %s", k.feed, strerror(errno));
	if (got != (ssize_t)r->raw_size || !is_stanza_of(&k, text, r->raw_size))
		return error_set(err, ERR_CORRUPT,
			"the index of '%s' was changed while it was in use, at '%s'", k.feed,
			k.name);
	text[got] = '\n';
	*size = (size_t)got + 1;
	*out = STEAL(&text);
	return 0;
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
	arena_done(&u->arena);
	free(u->rows);
	free(u->first);
	free(u->words);
	free(u->feeds);
	free(u->slot_at);
	free(u->slot_rows);
	free(u->slot_next);
	free(u->atom_at);
	free(u->providers);
	free(u);
}
