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

/* Append a row. */
NODISCARD int fill_row(struct universe *u, const struct row *row, struct error *err);

/* Append where the stanza of the last row is. */
void fill_origin(struct universe *u, const struct origin *origin);

/* The slot of a row that has its name and architecture, and where `first` has the first row of its version. */
uint32_t fill_version(struct universe *u, struct row *row);

/* Find where an entry belongs: the row's slot and version, and where `first` has the first row of that. */
NODISCARD int fill_place(struct universe *u, const struct entry *e, struct row *row, uint32_t *key,
	struct error *err);

/* Append a row that has its place, with all that the entry tells. */
NODISCARD int fill_entry(
	struct universe *u, const struct entry *e, struct row *row, struct error *err);

/**
 * Append the versions of one feed, read into a universe of their own, in their order: the outcome is the same as if
 * they had been read into this one. Those that are there already are not added again.
 * @param offset  Where in the feed the part starts that was read; bytes.
 */
NODISCARD int fill_part(
	struct universe *u, const struct universe *part, uint64_t offset, struct error *err);
