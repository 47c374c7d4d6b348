/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opening_private.h - where our part of a stream begins, that somebody's login shell may have begun first.
 *
 * A banner, a line of .bashrc, the words of sudo: all that comes before a random mark is theirs. A command prints the mark
 * once where its shell has come to it, and with sudo once more behind that; our part begins behind the last.
 * Layer: fleet, private to it. Threads: one at a time.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"

#include <stddef.h>

struct error;

#define OPENING_MARK_SIZE 48
#define OPENING_PARTS     2

/* The mark in two halves: a shell that shows the command it was given does not show the mark. */
struct opening_mark {
	char first[OPENING_MARK_SIZE], second[OPENING_MARK_SIZE];
};

/* One stream. opening_done(). */
struct opening {
	const struct opening_mark *mark; /* borrowed */
	size_t wanted;  /* marks that stand before our part, OPENING_PARTS at most */
	size_t seen;    /* of them */
	size_t matched; /* bytes of the next one, and of its line end */
	struct str words[OPENING_PARTS]; /* what stood before each, its first bytes */
};

/** A mark that nobody can have guessed. @return 0, or -1 with err: ERR_SYSTEM (no random bytes). */
NODISCARD int opening_mark_make(struct opening_mark *out, struct error *err);

/* @return How many of the bytes are not ours; the others are our part. */
size_t opening_take(struct opening *o, const char *bytes, size_t size);

void opening_done(struct opening *o);
