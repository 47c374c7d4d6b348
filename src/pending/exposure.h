/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exposure.h - what is pending in each environment: fixes that exist upstream and are not there yet.
 *
 * Layer: pending. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct last_seen;
struct store;

/* One package that hosts of an environment lack; strings are borrowed from the exposure. */
struct pending {
	const char *platform, *name, *architecture;
	const char *version; /* that could be installed */
	const char *from; /* oldest version on a host of the environment; "" when it would be new */
	int64_t first_at; /* since when it was seen on offer; 0: never noted */
	size_t hosts;
	bool is_security;
};

struct exposure;

/**
 * Look at all hosts of the line and at the indexes in use.
 * @param seen  Of the whole line; borrowed until exposure_free().
 * @param out  Freed with exposure_free(). Untouched on failure.
 * @return 0, or -1 with err: as pending_plan_make().
 */
NODISCARD int exposure_make(const struct config *config, struct store *store,
	struct last_seen *seen, struct exposure **out, struct error *err);

/* What an environment lacks, by platform, name, architecture. */
size_t exposure_count(const struct exposure *x, const struct environment *e);
const struct pending *exposure_at(
	const struct exposure *x, const struct environment *e, size_t index);

/**
 * Note in the store what is pending now, so that its age is known later; after each sync and scan.
 * Does nothing while sources are not synced or no host was read.
 */
NODISCARD int exposure_note(const struct config *config, struct store *store, struct error *err);

void exposure_free(struct exposure *x);
CLEANUP_FUNC(struct exposure *, exposure_free)
