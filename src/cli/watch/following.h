/* SPDX-License-Identifier: Apache-2.0 */
/*
 * following.h - the events of a rollout as they are written: a line each, for people or as JSON.
 *
 * They come from the audit record, in its order and from its beginning on. Goes to standard output; that its program
 * died is said on standard error. Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct store;

struct following {
	struct store *store;
	int64_t rollout;
	int64_t since; /* only events with a greater number; 0 for all */
	bool is_json;
	bool is_short; /* only what is there now */
};

/**
 * Tell the events until the rollout is not running any longer, or nobody reads them any longer.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout), ERR_SYSTEM (the output cannot be written).
 */
NODISCARD int follow_rollout(const struct following *f, struct error *err);
