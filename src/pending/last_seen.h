/* SPDX-License-Identifier: Apache-2.0 */
/*
 * last_seen.h - every configured host as it was last seen, and the states that they are in, each once.
 *
 * What counts is where the configuration has a host; one that was never seen is there too. Hosts that it does not
 * have are not there. Layer: pending. Threads: one while states are asked for; else any number may read.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct hoststate;
struct last_seen;
struct store;

/* A host. Strings are borrowed from the configuration and from what was read. */
struct seen_host {
	const char *name, *environment, *group;
	const char *state;   /* digest of its state; NULL: never scanned */
	size_t state_number; /* of the state, where there is one: last_seen_state() */
	const char *release; /* that it really runs; NULL: not told */
	const char *error;   /* of the last scan; NULL when it was good */
	int64_t scanned_at;  /* of the last good scan; 0: there was none */
};

struct seen_hosts {
	const struct seen_host *items;
	size_t count;
};

/**
 * Read the hosts of an environment, or of the whole line.
 *
 * @param config, store  Borrowed until last_seen_free().
 * @param environment    May be a clone; NULL: all of the line.
 * @param out  last_seen_free(). Untouched on failure.
 */
NODISCARD int last_seen_read(const struct config *config, const struct environment *environment,
	struct store *store, struct last_seen **out, struct error *err);

/* By environment in the order of the line, group, name; of one environment, or of all that were read (NULL). */
struct seen_hosts last_seen_hosts(const struct last_seen *l, const struct environment *environment);

/* How many different states the hosts are in; they have the numbers below that. */
size_t last_seen_state_count(const struct last_seen *l);

/**
 * A state, which is read when it is asked for first.
 * @param out  Borrowed. Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (it is damaged).
 */
NODISCARD int last_seen_state(
	struct last_seen *l, size_t state, const struct hoststate **out, struct error *err);

/**
 * A state that nothing can be worked out from: the hosts in it are from now on as those that could not be read, for that reason.
 */
void last_seen_leave_out(struct last_seen *l, size_t state, const char *reason);

/* "it was never scanned", or how reading it failed: why there is no state. Borrowed from the host. */
const char *last_seen_why(const struct seen_host *host);

void last_seen_free(struct last_seen *l);
CLEANUP_FUNC(struct last_seen *, last_seen_free)
