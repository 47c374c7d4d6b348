/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.h - what is told of new patches that are frozen, or would be. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "model/patchset.h"
#include "pending/freeze.h"
#include "present/view.h"

struct config;

/* A package that is frozen; texts are owned, so that it outlives the freeze. */
struct frozen_item {
	struct frozen frozen; /* its texts are not used: */
	char *platform, *name, *architecture, *oldest, *version, *advisories, *why, *first;
};

struct frozen_items {
	struct frozen_item *items; /* owned */
	size_t count;
	uint64_t size; /* bytes of all */
};
extern const struct view frozen_item_view;

/* tells_why: of each, why it is in; else people are not told. frozen_items_done(). */
struct frozen_items frozen_items_of(const struct freeze *f, bool tells_why);

void frozen_items_done(struct frozen_items *f);
CLEANUP_DONE(struct frozen_items, frozen_items_done)

/* What an environment gets. */
struct freeze_place {
	const char *environment; /* borrowed */
	size_t packages, late;   /* late: no environment before it has them */
};
extern const struct view freeze_place_view;

struct freeze_card {
	const char *release, *digest,
		*candidate; /* borrowed; NULL after a dry run but the release */
	bool is_unchanged;
	struct frozen_items packages;
	ROWS_OF(struct freeze_place) places; /* owned */
	ROWS_OF(struct left_out) left_out;   /* owned */
	ROWS_OF(struct unplanned) unplanned; /* owned */
	const char **notes;                  /* owned list */
};
extern const struct view freeze_card_view;

/* Borrows from the freeze and the configuration; freeze_card_done(). */
struct freeze_card freeze_card_of(
	const struct freeze *f, const struct config *c, const char *release, bool tells_why);

void freeze_card_done(struct freeze_card *c);
CLEANUP_DONE(struct freeze_card, freeze_card_done)
