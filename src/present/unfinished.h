/* SPDX-License-Identifier: Apache-2.0 */
/* unfinished.h - what is told of what killed programs left half-way. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "promote/unfinished.h"

struct unfinished_item {
	const struct unfinished_operation *unfinished_operation; /* borrowed */
	const char *outcome; /* "ended", "failed", "alive", "left" */
	char *words;         /* owned */
};
struct unfinished_items {
	struct unfinished_item *items; /* owned */
	size_t count, capacity;
};
extern const struct view unfinished_item_view;

/* The words are copied. */
void unfinished_items_add(struct unfinished_items *r,
	const struct unfinished_operation *unfinished_operation, const char *outcome,
	const char *words);

void unfinished_items_done(struct unfinished_items *r);
CLEANUP_DONE(struct unfinished_items, unfinished_items_done)
