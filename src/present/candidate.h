/* SPDX-License-Identifier: Apache-2.0 */
/* candidate.h - what is told of candidates, in a list and of one with its history. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/set.h"

struct config;
struct topology;

struct candidate_item {
	const struct candidate_row *row; /* borrowed */
	const char **environments;       /* owned list: those that run it, clones last */
	bool is_open;
};
extern const struct view candidate_item_view;

/**
 * The candidates of a release, or all when it is NULL, newest first.
 * @param rows  Outlive the items; candidate_rows_done().
 * @param out   view_rows_done().
 * @return 0, or -1 with err: as store_candidates().
 */
NODISCARD int candidate_items_read(const struct topology *t, const char *release,
	struct store *store, struct candidate_rows *rows, struct view_rows *out, struct error *err);

/* What became of a candidate in one environment. */
struct candidate_place {
	const char *environment; /* borrowed */
	bool is_here;
	int64_t entered_at; /* 0: it is not here */
	int64_t passed, failed, approvals, rejections;
};

/* One candidate and its places: the environments of the line, then the clones that were made with it. */
struct candidate_card {
	struct candidate_row row;
	struct set_row set;
	struct clone_rows clones;
	struct view_rows places; /* of struct candidate_place */
};
extern const struct view candidate_card_view;

/** A candidate by its id. @return 0, or -1 with err: ERR_NOT_FOUND. candidate_card_done(). */
NODISCARD int candidate_card_read(const struct config *c, struct store *store, const char *id,
	struct candidate_card *out, struct error *err);

void candidate_card_done(struct candidate_card *c);
CLEANUP_DONE(struct candidate_card, candidate_card_done)
