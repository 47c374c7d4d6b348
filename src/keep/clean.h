/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clean.h - take away what nothing needs any more, as 'keep' in the configuration says.
 *
 * Sets are chosen and marked in one transaction, with an event each; only then their files go, then what the pool holds for no
 * set any more. A program that dies on the way leaves nothing in use without its files: what is marked and still there goes next
 * time. Whoever has the pool open meanwhile (freeze, promote, verify) is not disturbed: nothing is cleaned then.
 * Layer: keep. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "store/rollout.h"
#include "store/set.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct error;
struct store;

/* All borrowed. */
struct clean_request {
	const struct config *config;
	struct store *store;
	const char *actor;
	bool is_dry_run; /* choose and tell; touch nothing */
};

/* A snapshot of a host, from before a rollout that is long past. */
struct clean_snapshot {
	char *host; /* owned */
	int64_t rollout;
};

/* A set that went. */
struct clean_set {
	const struct set_row *row; /* borrowed from the report */
};

/* Texts, ended by NULL when there are any; owned. */
struct clean_words {
	char **items;
	size_t count, capacity;
};

/* What went, or would. */
struct clean_report {
	bool is_dry_run;
	struct set_rows all;    /* every set, owned */
	struct clean_set *sets; /* of them those that went; owned */
	size_t set_count;
	struct clean_snapshot *snapshots; /* owned */
	size_t snapshot_count, snapshot_capacity;
	size_t files;                 /* of the pool */
	uint64_t bytes;               /* of those */
	struct clean_words strangers; /* paths in the state directory that are none of ours */
	struct clean_words notes;     /* what was left for another time, and why */
};

/**
 * Clean.
 *
 * @param out  clean_report_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (the configuration has no 'keep'), ERR_CONFLICT (others have the pool open), ERR_CORRUPT
 *         (a set that is kept cannot be read: its files are not known, and nothing of the pool goes), ERR_SYSTEM.
 * Events: set.cleaned, pool.cleaned, and the one of each snapshot.
 */
NODISCARD int clean_run(
	const struct clean_request *request, struct clean_report *out, struct error *err);

void clean_report_done(struct clean_report *report);
CLEANUP_DONE(struct clean_report, clean_report_done)

/* Add the paths below the state directory that no program of ours made. ERR_SYSTEM. */
NODISCARD int clean_strangers(const char *state, struct clean_words *out, struct error *err);

/* Takes the text; NULL only makes the list. */
void clean_words_add(struct clean_words *words, char *text);
