/* SPDX-License-Identifier: Apache-2.0 */
/*
 * readiness.h - could a set be brought to an environment's hosts now? All prechecks on all hosts, without a rollout.
 *
 * Nothing changes on hosts but the staged index of the set, which is taken away again. The gate is not asked.
 * Layer: rollout. Threads: one makes it; any number may read one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct findings;
struct readiness;
struct rollout_request;

/**
 * Scan the hosts, compare them with the set and run the prechecks on each. What is wrong with a host stands in its
 * findings, also that it cannot be reached.
 *
 * @param out  readiness_free(). Untouched on failure.
 * @return 0, or -1 with err: as targets_make().
 * Blocks until the last host has answered or failed.
 */
NODISCARD int readiness_find(
	const struct rollout_request *request, struct readiness **out, struct error *err);

/* Hosts, in the order of their waves. */
size_t readiness_count(const struct readiness *r);

/* What was found on the host at `index`, never nothing. Borrowed, as its name is. */
const struct findings *readiness_at(const struct readiness *r, size_t index, const char **host);

/* True when no host has an error. */
bool readiness_is_good(const struct readiness *r);

void readiness_free(struct readiness *r);
CLEANUP_FUNC(struct readiness *, readiness_free)
