/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due.h - rehearse what the timetable wants rehearsed now, and write down why the rest is not.
 *
 * For a timer: it may be started as often as one likes and ends when everything is answered. Clones that
 * earlier runs made and nobody took up are removed when they have expired. Before a rehearsal the sources
 * are synced and the environment's hosts scanned, so that the answer is about today's patches.
 * Layer: rehearse. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "policy/due.h"
#include "rehearse/rehearsal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct store;

/* How it stands with an environment. */
struct due_told {
	struct due_decision decision;
	int64_t next_at;                    /* the next occurrence; 0: none */
	struct rehearsal_summary rehearsal; /* of one that ran; id 0: none did */
	char **removed; /* owned, and the names in it: expired clones that were removed; ended by NULL */
};

/* All borrowed. */
struct due_request {
	const struct config *config;
	struct store *store;
	const struct environment *environment; /* no clone */
	const char *actor;
	bool is_dry_run; /* decide only: remove, record and run nothing */
	struct rehearsal_watch watch;
};

/**
 * Do what is due for an environment.
 *
 * @param out  Released with due_told_done(); a rehearsal that failed is told there. Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (a calendar of the timetable), what syncing,
 *         scanning, removing, rehearsal_run() and the store say. A rehearsal that could not begin is noted and
 *         not tried again before its next occurrence.
 */
NODISCARD int due_run(const struct due_request *request, struct due_told *out, struct error *err);

void due_told_done(struct due_told *told);
CLEANUP_DONE(struct due_told, due_told_done)
