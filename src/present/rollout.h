/* SPDX-License-Identifier: Apache-2.0 */
/* rollout.h - what is told of rollouts. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "store/rollout.h"

struct rollout_item {
	const struct rollout_row *row; /* borrowed */
	size_t hosts, done, failed;
	int64_t duration; /* so far, or until it ended */
};
extern const struct view rollout_item_view;

struct rollout_items {
	struct rollout_rows rows;
	struct rollout_item *items; /* owned */
	size_t count;
};

/**
 * Rollouts as store_rollouts() has them, with their hosts counted.
 * @return 0, or -1 with err: as store_rollouts(). rollout_items_done().
 */
NODISCARD int rollout_items_read(struct store *store, const char *environment, size_t limit,
	struct rollout_items *out, struct error *err);

void rollout_items_done(struct rollout_items *r);
CLEANUP_DONE(struct rollout_items, rollout_items_done)
