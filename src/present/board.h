/* SPDX-License-Identifier: Apache-2.0 */
/* board.h - what is told of the board: environments, what their gates miss, hosts that differ. Layer: present. */
#pragma once

#include "base/own.h"
#include "gate/board.h"
#include "present/view.h"
#include "store/debt.h"

struct board_item {
	const struct board_row *row; /* borrowed */
	int64_t pending, pending_security, oldest_at;
	const char *gate, *held_by, *held_reason, *rehearsal;
	int64_t rehearsed_at, rehearsal_id, rehearsal_packages;
	const char *rehearsal_clone, *rehearsal_reason;
};

/* Something that the gate of an environment misses. */
struct board_reason {
	const char *environment;
	const struct gate_reason *reason;
};

/* A host that is not as it is recorded. */
struct board_drift {
	const char *host, *text;
};

struct board_card {
	const struct board *board; /* borrowed */
	/* of struct board_item, board_reason, board_drift */
	struct view_rows environments, reasons, drift;
	struct debt_rows debts; /* borrowed */
};
extern const struct view board_item_view, board_card_view;

/* All borrowed, and outlives it; board_card_done(). */
struct board_card board_card_of(const struct board *b, const struct debt_rows *debts);

void board_card_done(struct board_card *c);
CLEANUP_DONE(struct board_card, board_card_done)
