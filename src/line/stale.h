/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stale.h - is the original still as it was when the clone was made of it?
 *
 * What was seen on a clone speaks for the original that was copied: its release, the packages of its
 * hosts, the files that its groups name. Once one of them is another, the approval is stale.
 * Layer: line. Threads: one; it scans with several.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct config;
struct environment;
struct error;
struct store;

/* In words: "prod-web1: nginx 1.22.1-9 became 1.22.1-10". Owned. */
struct stale {
	char **differences;
	size_t count;
};

/**
 * Scan the original's hosts and compare them with the fingerprint that was taken for the clone.
 *
 * @param clone  An environment that is a clone.
 * @param out    Every difference; stale_done(). Untouched on failure.
 * @return 0, whatever was found; -1 with err: ERR_UNREACHABLE (a host cannot be read, so nothing is
 *         proved), what the store says.
 */
NODISCARD int stale_find(const struct config *config, struct store *store,
	const struct environment *clone, const char *actor, struct stale *out, struct error *err);

/**
 * The same, and a difference is a refusal that is written into the audit record (clone.stale).
 * @param actor  Who asks.
 * @return 0 when nothing differs; -1 with err: ERR_REFUSED (every difference, and what to do), as above.
 */
NODISCARD int stale_check(const struct config *config, struct store *store,
	const struct environment *clone, const char *actor, struct error *err);

void stale_done(struct stale *s);
CLEANUP_DONE(struct stale, stale_done)
