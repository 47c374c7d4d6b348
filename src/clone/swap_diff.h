/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap_diff.h - what an exchange of machines leaves behind or brings in, outside of declared data.
 *
 * Lists, each of one moment on one side: what was written on the originals since they were copied, what
 * sanitize programs and, since it was patched, tests wrote on the clone, and, before originals are put back,
 * what was written since the swap. Places where every system writes are only counted (policy/ignored_paths.h).
 * Layer: clone. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct clone;
struct error;
struct jvalue;
struct store;

enum swap_diff_side {
	SWAP_DIFF_ORIGINAL,  /* on the originals since the copy: stays behind with them */
	SWAP_DIFF_SANITIZED, /* by sanitize programs in the stopped copy: comes in with it */
	SWAP_DIFF_CLONE,     /* on the clone since it was patched: comes in with it */
	SWAP_DIFF_SWAPPED,   /* since the swap: stays behind when the originals return */
	SWAP_DIFF_SIDE_COUNT,
};

/* Strings owned. */
struct swap_difference {
	enum swap_diff_side side;
	char *host; /* plain name */
	char *path;
	char *change; /* "added", "changed", "removed" */
};

/* A place that was written to as always. */
struct swap_diff_ignored {
	enum swap_diff_side side;
	const char *place; /* of the table: "/var/log/" */
	size_t count;      /* paths, over all hosts */
};

/* A host of which nobody can tell. */
struct swap_diff_unknown {
	enum swap_diff_side side;
	char *host, *why;
};

struct swap_diff {
	struct swap_difference *items; /* by side, then host, then path; owned */
	size_t count, capacity;
	struct swap_diff_ignored *ignored;
	size_t ignored_count, ignored_capacity;
	struct swap_diff_unknown *unknown;
	size_t unknown_count, unknown_capacity;
	bool is_cut; /* a host has more than its provider lists */
};

/**
 * Ask the provider of a clone about some hosts of one side, and add what it says.
 *
 * @param hosts  Plain names, ended by NULL.
 * @return 0, also when it cannot tell (then that is said); -1 with err: as clone_provider().
 */
NODISCARD int swap_diff_add(struct clone *clone, enum swap_diff_side side, const char *const *hosts,
	struct swap_diff *out, struct error *err);

/**
 * Keep in a clone's journal what its sanitize programs wrote, while that can still be told: before it starts.
 * @param hosts  Plain names of those that were sanitized, ended by NULL. None: nothing is kept.
 * @return 0, also when the provider cannot tell; -1 with err: what the store says.
 */
NODISCARD int swap_diff_keep_sanitized(
	struct clone *clone, const char *const *hosts, struct error *err);

/** Add what swap_diff_keep_sanitized() kept. @param clone  Its name. Nothing when it kept nothing. */
NODISCARD int swap_diff_add_sanitized(struct store *store, const char *clone,
	const char *const *hosts, struct swap_diff *out, struct error *err);

/* {"paths": [{side, host, path, change}], "noise": [...], "unknown": [...], "is_cut"}; owned. */
struct jvalue *swap_diff_json(const struct swap_diff *l);

void swap_diff_done(struct swap_diff *l);
CLEANUP_DONE(struct swap_diff, swap_diff_done)
