/* SPDX-License-Identifier: Apache-2.0 */
/*
 * approving.h - a person's word on a candidate in an environment, bound to the candidate's exact set.
 *
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "model/approval.h"

#include <stdbool.h>

struct config;
struct environment;
struct error;
struct store;

/* All borrowed. */
struct approving {
	const struct config *config;
	struct store *store;
	const struct environment *environment;
	const char *candidate; /* what was typed; see store_candidate_find() */
	const char *actor;
	const char *comment;
	enum approval kind;
	bool is_dry_run; /* only ask whether it may be given */
};

/**
 * Approve or reject.
 *
 * @param id  Of the candidate, owned by the caller: free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such candidate), ERR_REFUSED (the environment does not run
 *         it: there is nothing that the person can have seen), ERR_DENIED (the gate names others).
 */
NODISCARD int approving_give(const struct approving *a, char **id, struct error *err);
