/* SPDX-License-Identifier: Apache-2.0 */
/* target.h - what is told of hosts that a rollout would change, or take back. Layer: present. Threads: one. */
#pragma once

#include "present/view.h"

struct rollout_target;
struct targets;
struct rollback_preview;

/* A host of a rollout that is not begun. */
struct target_item {
	const struct rollout_target *target; /* borrowed, as the names */
	const char *group, *host;
	int64_t changes, kept; /* NOTHING: it could not be read */
};
extern const struct view target_item_view;

/* One for each host of the targets; free(). */
struct target_item *target_items(struct targets *targets);

/* A host of a rollout that is to be undone. */
struct undo_item {
	int64_t rollout; /* that is undone */
	int64_t wave;
	const char *group, *host, *way,
		*problem; /* owned in a list; way NULL: none was written down */
};
extern const struct view undo_item_view;

/* Those of one rollout, added to the others. */
void undo_items_add(struct view_rows *u, int64_t rollout, const struct rollback_preview *plan);
