/* SPDX-License-Identifier: Apache-2.0 */
/* freeze.h - what is told of new patches that are frozen, or would be. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "model/patchset.h"
#include "pending/freeze.h"
#include "present/view.h"

struct config;

/* A package that is frozen; in a list its texts are owned, so that it outlives the freeze. */
struct frozen_item {
	struct frozen frozen; /* without what people are not told */
	const char *first;    /* the name of the first environment; NULL: none */
};
extern const struct view frozen_item_view;

/* tells_why: of each, why it is in; else people are not told. Of struct frozen_item; view_rows_done(). */
struct view_rows frozen_items_of(const struct freeze *f, bool tells_why);

uint64_t frozen_size(const struct freeze *f); /* bytes of all packages */

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
	uint64_t size;
	/* of struct frozen_item, freeze_place, left_out, unplanned */
	struct view_rows packages, places, left_out, unplanned;
	const char **notes; /* owned list */
};
extern const struct view freeze_card_view;

/* Borrows from the freeze and the configuration; freeze_card_done(). */
struct freeze_card freeze_card_of(
	const struct freeze *f, const struct config *c, const char *release, bool tells_why);

void freeze_card_done(struct freeze_card *c);
CLEANUP_DONE(struct freeze_card, freeze_card_done)
