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

#include "model/hoststate.h"
#include "model/version.h"
#include "plan/arena.h"
#include "plan/intern.h"
#include "plan/universe.h"

#define ALTERNATIVE       ((uint32_t)1 << 31)
#define ARCHITECTURES_MAX 32
#define NATIVE            0

/* Whose architecture answers an atom; a number below ARCHITECTURES_MAX means "asked from there". */
enum reach {
	REACH_EXACT = ARCHITECTURES_MAX,   /* plus an architecture: "foo:i386" */
	REACH_ANY = 2 * ARCHITECTURES_MAX, /* "foo:any" */
	REACH_EVERY,                       /* what is forbidden is forbidden everywhere */
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
	bool is_security;
	uint32_t architecture, source, source_version; /* strings */
	struct span provides;                          /* of words */
	const char *filename, *sha256;
	uint64_t size, offset, fingerprint; /* fingerprint: of its relations */
	uint32_t raw_size;
};

#define FEED_NONE UINT16_MAX

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

struct open_feed {
	char *name; /* owned */
	int fd;
	bool is_security;
};

struct universe {
	struct intern strings, atoms, slots, architectures, versions, states;
	struct arena arena;
	struct row *rows; /* owned */
	size_t count, capacity;
	size_t finished; /* rows that were there when it was finished last */
	uint32_t *first; /* owned; by number in `versions`: its first row */
	size_t first_capacity;
	uint32_t **state_rows; /* owned, each owned; by number in `states`: rows of its packages */
	size_t state_capacity;
	uint32_t *words; /* owned */
	size_t word_count, word_capacity;
	struct open_feed *feeds; /* owned */
	size_t feed_count, feed_capacity;

	/* Owned, made by universe_finish(). An array "at" has one entry more: where the last one ends. */
	uint32_t *slot_at, *slot_rows; /* versions of a slot, newest first */
	uint32_t *slot_next;           /* ring of the slots with the same name */
	uint32_t *atom_at; /* who meets an atom: by its own name, newest first; then others */
	struct provider *providers;
};

static inline const struct row *row_at(const struct universe *u, uint32_t row)
{
	return &u->rows[row];
}

static inline struct providers providers_of(const struct universe *u, uint32_t word)
{
	uint32_t atom = word & ~ALTERNATIVE;

	return (struct providers){ u->providers + u->atom_at[atom],
		u->atom_at[atom + 1] - u->atom_at[atom] };
}

/* The rows of a state's packages, in their order; NULL when the state was not added. Borrowed. */
const uint32_t *universe_rows(const struct universe *u, const struct hoststate *state);

/* "libc6 (>= 2.34)", "foo:any"; owned by the caller. */
char *universe_atom_text(const struct universe *u, uint32_t word);
