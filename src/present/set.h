/* SPDX-License-Identifier: Apache-2.0 */
/* set.h - what is told of sealed sets, in a list and of one with all that is in it. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "model/patchset.h"
#include "present/view.h"
#include "store/candidate.h"
#include "store/set.h"

struct config;

extern const struct view set_row_view;   /* of a struct set_row */
extern const struct view left_out_view;  /* of a struct left_out */
extern const struct view unplanned_view; /* of a struct unplanned */

/* What a set has for one platform. */
struct set_platform {
	const char *name;
	int64_t packages, security, size;
};

/* One set; its lists are owned, what they hold is the set's. */
struct set_card {
	struct set_row row;
	struct patchset *set;
	struct candidate_rows rows;
	const char **candidates; /* ids, ended by NULL */
	const char *narrowed_by;
	/* of struct set_platform, package, left_out, unplanned, set_source */
	struct view_rows platforms, packages, left_out, unplanned, sources;
};
extern const struct view set_card_view;

/**
 * A set by its digest, or by the beginning of one.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (its manifest was changed). set_card_done().
 */
NODISCARD int set_card_read(const struct config *c, struct store *store, const char *prefix,
	struct set_card *out, struct error *err);

void set_card_done(struct set_card *c);
CLEANUP_DONE(struct set_card, set_card_done)
