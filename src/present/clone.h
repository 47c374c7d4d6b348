/* SPDX-License-Identifier: Apache-2.0 */
/* clone.h - what is told of clones, in a list. Layer: present. Threads: one. */
#pragma once

#include "clone/answer.h"
#include "clone/clone.h"
#include "present/view.h"
#include "store/clone.h"

/* True when its time is over and it is not removed yet. One that was swapped in holds the originals: it never expires. */
bool clone_is_expired(const struct clone_row *row);

struct clone_item {
	const struct clone_row *row; /* borrowed */
	bool is_expired;
};

extern const struct view clone_item_view;

/* Those of the rows that are wanted; view_rows_done(). */
struct view_rows clone_items_of(const struct clone_rows *rows, bool only_expired);

/* What a provider holds and nothing here tells of, or the other way round. */
struct orphan_item {
	const char *name, *provider, *maker; /* borrowed */
	const char *problem;
};
extern const struct view orphan_item_view;

struct orphan_item orphan_item_of(const struct orphan *o);

extern const struct view coverage_area_view; /* of a struct coverage_area */

/* How making a clone ended, or what it would hold; all borrowed. */
struct clone_answer {
	const char *environment;
	const struct clone_row *row; /* NULL: it was not made */
	const struct jvalue *taken;
	struct coverage coverage;
};
extern const struct view clone_answer_view;

/* A clone that was removed, or was to be. */
struct removed_item {
	const char *clone, *provider,
		*problem; /* owned; provider NULL: not told; problem NULL: none */
	bool is_removed;
};
extern const struct view removed_item_view;
