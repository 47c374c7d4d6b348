/* SPDX-License-Identifier: Apache-2.0 */
/*
 * set.h - the sealed patch sets, by their digest.
 *
 * Only what is told about a set is kept here; its manifest lies on disk under the same digest.
 * Immutable, but for when its files were cleaned away. Layer: store. Threads: as store.h says.
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
	int64_t cleaned_at;  /* its files are no longer kept since; 0: they are */
};

struct set_rows {
	struct set_row *items;
	size_t count;
};

/**
 * Keep a sealed set. Nothing happens when it is there already, and was not cleaned away.
 *
 * @param set  created_at, created_by and cleaned_at are the store's.
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

/* A set that something needs, and what. */
struct set_holder {
	const char *set; /* digest */
	const char *by;  /* "production runs it", "rollout-12" */
};

struct set_holders {
	struct set_holder *items;
	size_t count;
};

/**
 * What needs which set: environments and clones that there are (what each runs, ran last, has evidence of), the newest set of
 * each release that runs, the newest of all, rollouts and rehearsals that are not finished, and ways back that may be asked for.
 */
NODISCARD int store_sets_held(struct store *store, struct set_holders *out, struct error *err);

/**
 * Say that the files of a set are no longer kept; they are to go after that.
 * @return 0, or -1 with err: ERR_CONFLICT (it is cleaned already, or there is none). Event: set.cleaned.
 */
NODISCARD int store_set_cleaned(
	struct store *store, const struct set_row *set, const char *actor, struct error *err);

/** Refuse what would begin with a set that was cleaned. @return 0, or -1 with err: ERR_REFUSED (since when). */
NODISCARD int store_candidate_check_kept(
	struct store *store, const char *candidate, struct error *err);

void set_holders_done(struct set_holders *holders);
CLEANUP_DONE(struct set_holders, set_holders_done)
void set_row_done(struct set_row *row);
CLEANUP_DONE(struct set_row, set_row_done)
void set_rows_done(struct set_rows *rows);
CLEANUP_DONE(struct set_rows, set_rows_done)
