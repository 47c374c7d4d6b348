/* SPDX-License-Identifier: Apache-2.0 */
/* rehearsal.h - what is told of rehearsals. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/evidence.h"
#include "present/freeze.h"
#include "present/view.h"
#include "rehearse/rehearsal.h"
#include "store/rehearsal.h"

struct rehearsal_card {
	struct rehearsal_row row;
	char *asked;      /* owned: what was asked for, in a line */
	int64_t duration; /* so far, or until it ended */
};
extern const struct view rehearsal_card_view;

/** A rehearsal by its number. @return 0, or -1 with err: ERR_NOT_FOUND. rehearsal_card_done(). */
NODISCARD int rehearsal_card_read(
	struct store *store, int64_t id, struct rehearsal_card *out, struct error *err);

void rehearsal_card_done(struct rehearsal_card *c);
CLEANUP_DONE(struct rehearsal_card, rehearsal_card_done)

/* How a rehearsal ended; all borrowed. */
struct rehearsal_answer {
	const char *environment;
	const struct rehearsal_summary *summary;
	struct view_rows packages, tests; /* of struct frozen_item, test_told */
};
extern const struct view rehearsal_answer_view;
