/* SPDX-License-Identifier: Apache-2.0 */
/*
 * universe_private.h - the tables behind universe.h, for those who plan with them.
 *
 * A row is a known version. A slot is where a package can be installed: a name and an architecture; "all"
 * shares the native slot. An atom is one thing that can be asked for ("libc6 (>= 2.34)", by a package of
 * amd64); its providers are found once, when the universe is finished. Relations are words: an atom's
 * number, and ALTERNATIVE when the next word is another way to meet the same clause.
 * Layer: plan, private. Threads: as universe.h.
 */
#pragma once

#include "base/digest.h"
#include "model/hoststate.h"
#include "model/limits.h"
#include "model/version.h"
#include "plan/arena.h"
#include "plan/intern.h"
#include "plan/universe.h"

#include <string.h>

#define ALTERNATIVE ((uint32_t)1 << 31)
#define NATIVE      0

/* Whose architecture answers an atom; a number below LIMIT_ARCHITECTURES means "asked from there". */
enum reach {
	REACH_EXACT = LIMIT_ARCHITECTURES,   /* plus an architecture: "foo:i386" */
	REACH_ANY = 2 * LIMIT_ARCHITECTURES, /* "foo:any" */
	REACH_EVERY,                         /* what is forbidden is forbidden everywhere */
};

struct atom {
	uint32_t name, version; /* strings; version is "" for VERSION_ANY */
	uint16_t reach, relation;
};

struct span {
	uint32_t at, count;
};

/* What planning looks at comes first, on one cache line. */
struct row {
	uint32_t name, version; /* strings */
	uint32_t slot;
	uint32_t
		rank; /* among the versions of its slot: higher is newer, equal versions share one */
	struct span depends, conflicts; /* of words */
	uint32_t twin; /* next row of the same slot and version with other relations */
	uint16_t feed; /* FEED_NONE: on hosts only */
	uint8_t arch, multi_arch;
	uint8_t is_security, phase;                    /* 0 or 1; as struct known has it */
	int16_t priority;                              /* the highest of the feeds that have it */
	uint32_t above;                                /* string; INTERN_NONE: see struct limit */
	uint32_t architecture, source, source_version; /* strings */
	struct span provides;                          /* of words */
	uint64_t fingerprint;                          /* of its relations */
};

#define FEED_NONE UINT16_MAX

/* Where the stanza of an available version is in its index. What it says is read from there when asked for. */
struct origin {
	uint64_t offset, size;
	uint8_t digest[DIGEST_RAW_SIZE]; /* SHA-256 of the stanza */
};

/* A version that offers a name which is not its own. */
struct provided {
	uint32_t name, row;
	uint32_t version; /* string; INTERN_NONE when provided without one */
};

/* What `versions` numbers. */
struct version_key {
	uint32_t slot, version;
};

/* A row that meets an atom, and its slot, which is all that planning asks of most. */
struct provider {
	uint32_t row, slot;
};

struct providers {
	const struct provider *items;
	uint32_t count;
};

/* A stanza that cannot be read; the last that is named of a feed stands for those behind it, too. */
struct unread_row {
	uint32_t feed, reason; /* a string */
	uint32_t count;
};

struct open_feed {
	char *name; /* owned */
	int fd;
	bool is_security;
	int16_t priority;
};

/* Tables are the universe's own, or lie in the mapped file: those are copied out before they grow. */
struct universe {
	const struct version_order *order;
	struct intern strings, atoms, slots, architectures, versions, states;
	void *map; /* NULL when nothing is mapped */
	size_t map_size;
	struct row *rows;
	size_t count, capacity;
	struct origin *origins; /* by row; of those from feeds, which come first */
	size_t origin_count, origin_capacity;
	uint32_t *first; /* by number in `versions`: its first row */
	size_t first_count, first_capacity;
	uint32_t **state_rows; /* owned, each owned; by number in `states`: rows of its packages */
	size_t state_capacity;
	uint32_t *words;
	size_t word_count, word_capacity;
	struct unread_row *unread;
	size_t unread_count, unread_capacity;
	struct open_feed *feeds; /* owned */
	size_t feed_count, feed_capacity;

	/* Made by universe_finish(), which adds to them what came in since. */
	size_t finished, finished_atoms; /* rows and atoms that were there */
	struct span *slot_spans;         /* by slot, of slot_rows */
	size_t slot_span_count, slot_span_capacity;
	uint32_t *slot_rows; /* versions of a slot, newest first */
	size_t slot_row_count, slot_row_capacity;
	uint32_t *slot_next; /* ring of the slots with the same name, by number */
	size_t slot_next_count, slot_next_capacity;
	struct provided *provided;
	size_t provided_count, provided_capacity;
	struct span *atom_spans; /* by atom, of providers */
	size_t atom_span_count, atom_span_capacity;
	struct provider
		*providers; /* who meets an atom: by its own name, newest first; then others */
	size_t provider_count, provider_capacity;
};

/* An empty universe of the same platform. */
struct universe *universe_like(const struct universe *u);

/* mem_grow() for a table of the universe. */
void *universe_grow(const struct universe *u, void *items, size_t *capacity, size_t size);

/* Put a feed at the end, its file opened. ERR_NOT_FOUND, ERR_SYSTEM. */
NODISCARD int universe_add_feed(struct universe *u, const struct feed *feed, struct error *err);

static inline const struct row *row_at(const struct universe *u, uint32_t row)
{
	return &u->rows[row];
}

/* May it be installed at all? */
static inline bool row_is_open(const struct row *r)
{
	return r->feed != FEED_NONE && r->phase;
}

/* The lowest priority that raises an installed version; what is installed counts that itself, as for apt. */
#define PRIORITY_INSTALLED 100
#define PRIORITY_USUAL     500

static inline struct providers providers_of(const struct universe *u, uint32_t word)
{
	struct span span = u->atom_spans[word & ~ALTERNATIVE];

	return (struct providers){ u->providers + span.at, span.count };
}

static inline struct atom atom_at(const struct universe *u, uint32_t word)
{
	struct atom atom;

	memcpy(&atom, intern_at(&u->atoms, word & ~ALTERNATIVE), sizeof atom);
	return atom;
}

/* The name of a slot; a string. */
static inline uint32_t slot_name(const struct universe *u, uint32_t slot)
{
	uint32_t name;

	memcpy(&name, intern_at(&u->slots, slot), sizeof name);
	return name;
}

/* The rows of a state's packages, in their order; NULL when the state was not added. Borrowed. */
const uint32_t *universe_rows(const struct universe *u, const struct hoststate *state);

/* "libc6 (>= 2.34)", "foo:any"; owned by the caller. */
char *universe_atom_text(const struct universe *u, uint32_t word);
