/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board.h - the environments in their order: what each runs, what it lacks, who may leave it, who differs.
 *
 * Read from the store alone, so it shows what is known and how old that is. Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "gate/drift.h"
#include "gate/rehearsed.h"
#include "policy/gate.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct store;

struct board_row {
	const struct environment *environment; /* borrowed from the config */
	struct drift drift;
	bool is_pending_known; /* false: not synced or not scanned; the counts are then 0 */
	size_t pending, pending_security;
	int64_t oldest_at;  /* since when the oldest of them is on offer; 0: not noted */
	int64_t scanned_at; /* of the host that was seen longest ago; 0: one was never seen */
	bool has_gate;      /* there is an environment behind it and a candidate in it: */
	struct gate_decision gate;
	int64_t unfinished_rollout; /* 0: none */
	bool is_rehearsed;          /* it has a timetable for that, or was rehearsed by hand: */
	struct rehearsed_answer rehearsal;
};

struct board {
	struct board_row *rows; /* one for each environment, in their order */
	size_t count;
	struct standing *standing;  /* owned: the hosts that the rows speak of */
	char pending_unknown[1000]; /* why pending patches are not known; "" when they are */
};

/**
 * Put the board together.
 * @param out  Released with board_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (a set is damaged), what planning and the store say.
 */
NODISCARD int board_make(
	const struct config *config, struct store *store, struct board *out, struct error *err);

void board_done(struct board *b);
CLEANUP_DONE(struct board, board_done)
