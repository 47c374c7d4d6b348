/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due.h - rehearse what the timetable wants rehearsed now, and write down why the rest is not.
 *
 * For a timer: it may be started as often as one likes and ends when everything is answered. Clones that
 * earlier runs made and nobody took up are removed when they have expired. Before a rehearsal the sources
 * are synced and the environment's hosts scanned, so that the answer is about today's patches.
 * Layer: line. Threads: one.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"
#include "line/rehearsal.h"
#include "policy/due.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct store;

/* How it stands with one environment. */
struct due_told {
	const struct environment *environment; /* borrowed from the config */
	struct due_decision decision;
	int64_t next_at;                    /* the next occurrence; 0: none */
	struct rehearsal_summary rehearsal; /* of one that ran; id 0: none did */
	char *removed; /* owned: names of expired clones that were removed, with spaces; NULL: none */
	struct error error; /* what kept it from an answer; kind ERR_NONE: nothing did */
};

struct due_report {
	struct due_told *items; /* owned */
	size_t count, failed;   /* failed: errors, and rehearsals that failed */
};

/* All borrowed. */
struct due_request {
	struct config *config;
	struct store *store;
	const struct environment *environment; /* NULL: all that have a timetable */
	const char *actor;
	bool is_dry_run; /* decide only: remove, record and run nothing */
	struct rehearsal_watch watch;
};

/**
 * Do what is due.
 * @param out  Overwritten; due_report_done(). What failed stands beside its environment: one that cannot
 *             be answered does not stop the others.
 */
void due_run(const struct due_request *request, struct due_report *out);

void due_report_done(struct due_report *report);
CLEANUP_DONE(struct due_report, due_report_done)
