/* SPDX-License-Identifier: Apache-2.0 */
/* candidate.h - what is told of candidates. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "store/candidate.h"

struct topology;

struct candidate_item {
	const struct candidate_row *row; /* borrowed */
	const char **environments;       /* owned list: those that run it, clones last */
	bool is_open;
};
extern const struct view candidate_item_view;

struct candidate_items {
	struct candidate_rows rows;
	struct candidate_item *items; /* owned */
	size_t count;
};

/**
 * The candidates of a release, or all when it is NULL, newest first.
 * @return 0, or -1 with err: as store_candidates(). candidate_items_done().
 */
NODISCARD int candidate_items_read(const struct topology *t, const char *release,
	struct store *store, struct candidate_items *out, struct error *err);

void candidate_items_done(struct candidate_items *c);
CLEANUP_DONE(struct candidate_items, candidate_items_done)
