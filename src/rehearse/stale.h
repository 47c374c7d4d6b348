/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stale.h - is the original still as it was when the clone was made of it?
 *
 * What was seen on a clone speaks for the original that was copied: its release, the packages of its
 * hosts, the files that its groups name. Once one of them is another, the approval is stale.
 * Layer: rehearse. Threads: one; it scans with several.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>

struct config;
struct differences;
struct environment;
struct error;
struct store;

/**
 * Scan the original's hosts and compare them with the fingerprint that was taken for the clone.
 *
 * @param clone  An environment that is a clone.
 * @param actor  Who asks.
 * @param leaves_trace  A difference is written into the audit record (clone.stale).
 * @return 0 when nothing differs; -1 with err: ERR_REFUSED (every difference, and what to do; a host cannot be
 *         read, so nothing is proved; the original is no longer configured), what the store says.
 */
NODISCARD int stale_check(const struct config *config, struct store *store,
	const struct environment *clone, const char *actor, bool leaves_trace, struct error *err);
