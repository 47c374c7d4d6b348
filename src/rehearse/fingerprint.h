/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerprint.h - take down what an environment is now: release, packages, named files.
 *
 * Layer: rehearse. Threads: one.
 */
#pragma once

#include "base/own.h"

struct environment_scan;
struct config;
struct environment;
struct error;
struct original;
struct store;

/**
 * Scan an environment and read the files that its groups name.
 *
 * @param out  original_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (a host cannot be read: it is named), what the store says.
 */
NODISCARD int fingerprint_take(const struct config *config, struct store *store,
	const struct environment *environment, const char *actor, struct original **out,
	struct error *err);

/**
 * The same after a scan.
 * @param scan  Of this environment, all hosts read.
 */
NODISCARD int fingerprint_of(struct store *store, const struct environment *environment,
	struct environment_scan *scan, struct original **out, struct error *err);
