/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set.h - the sealed patch sets, by their digest.
 *
 * Only what is told about a set is kept here; its manifest lies on disk under the same digest.
 * Immutable. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct set_row {
	const char *digest; /* SHA-256 of the manifest, 64 hexadecimal digits */
	int64_t created_at;
	const char *created_by;
	const char *release; /* of the shop's code that it was frozen for */
	int64_t package_count;
	int64_t total_size;  /* bytes of all files */
	const char *summary; /* JSON object */
};

struct set_rows {
	struct set_row *items;
	size_t count;
};

/**
 * Keep a sealed set. Nothing happens when it is there already.
 *
 * @param set  created_at and created_by are the store's.
 * @return 0, or -1 with err: ERR_USAGE (the digest is none). Event: set.sealed.
 */
NODISCARD int store_set_add(
	struct store *store, const struct set_row *set, const char *actor, struct error *err);

/**
 * A set by its digest, or by the beginning of one.
 *
 * @param prefix  4 to 64 hexadecimal digits.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE (too short, or several begin so: they are
 *          named).
 */
NODISCARD int store_set_find(
	struct store *store, const char *prefix, struct set_row *out, struct error *err);

/** All sets, newest first. */
NODISCARD int store_sets(struct store *store, struct set_rows *out, struct error *err);

void set_row_done(struct set_row *row);
CLEANUP_DONE(struct set_row, set_row_done)
void set_rows_done(struct set_rows *rows);
CLEANUP_DONE(struct set_rows, set_rows_done)
