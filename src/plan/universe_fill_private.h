/* SPDX-License-Identifier: Apache-2.0 */
/*
 * universe_fill_private.h - the tables of a universe, while versions are put into them.
 *
 * ERR_CORRUPT wherever a table would become larger than its numbers reach.
 * Layer: plan, private. Threads: one a universe.
 */
#pragma once

#include "base/own.h"
#include "model/hoststate.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct origin;
struct row;
struct universe;

/* What makes a version, from an index or from a host. Texts are borrowed; "" when not told. */
struct entry {
	const char *name, *version, *architecture, *source, *source_version;
	const char *relations[RELATION_COUNT];
	enum multi_arch multi_arch;
};

/* The number of an architecture; "all" is the native one. */
NODISCARD int fill_architecture(
	struct universe *u, const char *name, size_t size, uint8_t *arch, struct error *err);

/* Append a word of relations. */
NODISCARD int fill_word(struct universe *u, uint32_t word, struct error *err);

/* The first row of a version that has its name, architecture and version; UNIVERSE_NONE. */
uint32_t fill_find(const struct universe *u, const struct row *row);

/* Append a row, with its slot and version where they are new; the last twin of those that are there. On failure nothing is. */
NODISCARD int fill_row(struct universe *u, struct row *row, struct error *err);

/* Append where the stanza of the last row is. */
void fill_origin(struct universe *u, const struct origin *origin);

/* Note that a stanza of the last feed, or that many of them, cannot be read. */
void fill_unread(struct universe *u, const char *reason, uint32_t count);

/* Find where an entry belongs: name, architecture, version, fingerprint of its row. */
NODISCARD int fill_place(
	struct universe *u, const struct entry *e, struct row *row, struct error *err);

/* Append a row that has its place, with all that the entry tells. On failure no row and no word is there. */
NODISCARD int fill_entry(
	struct universe *u, const struct entry *e, struct row *row, struct error *err);

/**
 * Append the versions of one feed, read into a universe of their own, in their order: the outcome is the same as if
 * they had been read into this one. Those that are there already are not added again; one for which there is no room
 * in the tables is left out.
 * @param offset  Where in the feed the part starts that was read; bytes.
 */
void fill_part(struct universe *u, const struct universe *part, uint64_t offset);
