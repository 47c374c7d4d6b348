/* SPDX-License-Identifier: Apache-2.0 */
/* remnant.h - what is told of what killed programs left half-way. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "promote/remains.h"

struct remnant_item {
	const struct remnant *remnant; /* borrowed */
	const char *outcome;           /* "ended", "failed", "alive", "left" */
	char *words;                   /* owned */
};
struct remnant_items {
	struct remnant_item *items; /* owned */
	size_t count, capacity;
};
extern const struct view remnant_item_view;

/* The words are copied. */
void remnant_items_add(struct remnant_items *r, const struct remnant *remnant, const char *outcome,
	const char *words);

void remnant_items_done(struct remnant_items *r);
CLEANUP_DONE(struct remnant_items, remnant_items_done)
