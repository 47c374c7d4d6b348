/* SPDX-License-Identifier: Apache-2.0 */
/*
 * candidate.h - the candidates: pairs of (code release, patch set).
 *
 * Its id is "RELEASE+" and the first 12 digits of the set's digest. There is one candidate for a
 * pair. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/lane.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct candidate_row {
	const char *id;      /* "2.2+a41f09c3d2e7" */
	const char *release; /* "2.2" */
	const char *set;     /* full digest */
	int64_t created_at;
	const char *created_by;
	int64_t closed_at;         /* no longer to be promoted since; 0: open */
	const char *closed_reason; /* "superseded by 2.2+b7..."; NULL while open */
	enum lane lane;
};

/* A candidate to be; everything borrowed. */
struct candidate_draft {
	const char *release;
	const char *set; /* full digest of a set that the store holds */
	enum lane lane;
};

struct candidate_rows {
	struct candidate_row *items;
	size_t count;
};

/**
 * Check the name of a release: it is a part of ids, of file names and of lines on the screen.
 * @return 0, or -1 with err: ERR_USAGE (empty, white space, control characters, '+' or '/').
 */
NODISCARD int release_check(const char *release, struct error *err);

/**
 * Make a candidate, or find the one that the pair already has. One that came over the snapshot lane
 * is taken onto the code line when the draft says so; the other way it stays on the code line.
 *
 * @param out  The candidate; candidate_row_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such set), ERR_USAGE (an empty release, or one with
 *         white space, control characters, '+' or '/').
 * Event, only when it is new: candidate.made; when it changed its lane: candidate.joined.
 */
NODISCARD int store_candidate_add(struct store *store, const struct candidate_draft *draft,
	const char *actor, struct candidate_row *out, struct error *err);

/**
 * Say that a candidate goes no further.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CONFLICT (it is closed). Event: candidate.closed.
 */
NODISCARD int store_candidate_close(struct store *store, const char *id, const char *reason,
	const char *actor, struct error *err);

/**
 * A candidate by what a person typed: its id; else a release, meaning the newest of it on the code
 * line; else the beginning of one id.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE (several ids begin so: they are named).
 */
NODISCARD int store_candidate_find(
	struct store *store, const char *text, struct candidate_row *out, struct error *err);

/**
 * The candidates, newest first.
 * @param release  Only those of it that are on the code line; NULL: all there are.
 */
NODISCARD int store_candidates(
	struct store *store, const char *release, struct candidate_rows *out, struct error *err);

void candidate_row_done(struct candidate_row *row);
CLEANUP_DONE(struct candidate_row, candidate_row_done)
void candidate_rows_done(struct candidate_rows *rows);
CLEANUP_DONE(struct candidate_rows, candidate_rows_done)
