/* SPDX-License-Identifier: Apache-2.0 */
/* difference.h - what is told of what one set has and another has not. Layer: present. Threads: any. */
#pragma once

#include "model/patchset_diff.h"
#include "present/view.h"

struct difference_item {
	struct difference difference;
	const struct package *any; /* the one behind, else the one before */
};
extern const struct view difference_item_view;

/* One for each; free(). */
struct difference_item *difference_items(const struct difference *differences, size_t count);
