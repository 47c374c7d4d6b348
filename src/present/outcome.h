/* SPDX-License-Identifier: Apache-2.0 */
/* outcome.h - what is told of how a rollout, the proof behind it, or a swap ended. Layer: present. Threads: any. */
#pragma once

#include "clone/swap_diff.h"
#include "present/view.h"
#include "rehearse/equality.h"
#include "rollout/rollout.h"
#include "swap/swap.h"

extern const struct view unequal_view; /* of a struct unequal */

struct equality_item {
	const struct equality *equality; /* borrowed, as `list` */
	const char *verdict;
	const struct unequal *list;
	size_t count;
};

/* All borrowed. */
struct rollout_outcome {
	int64_t id;
	const char *environment;
	const struct rollout_summary *summary;
	const char *const *reverted, *const *out_of_service; /* hosts, ended by NULL */
};
extern const struct view rollout_outcome_view;

/* The same where a clone was brought to its original. */
struct entry_outcome {
	struct rollout_outcome rollout;
	const char *clone;
	const struct equality_item *equality; /* NULL: it was not come so far */
};
extern const struct view entry_outcome_view;

struct equality_item equality_item_of(const struct equality *e);

/* All borrowed. */
struct swap_outcome {
	const char *environment, *clone;
	const struct swap_summary *summary;
	const struct jvalue *swap_diff;
};
extern const struct view swap_outcome_view;
