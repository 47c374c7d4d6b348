/* SPDX-License-Identifier: Apache-2.0 */
/* environment.h - the environment that an option or an argument names. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"

struct config;
struct environment;
struct error;
struct invocation;

/**
 * The environment that a required option names.
 * @return 0, or -1 with err: ERR_USAGE (the option is missing, or there is no such environment: which
 *         there are), as need_config().
 */
NODISCARD int need_environment(struct invocation *inv, const char *option,
	const struct config **config, const struct environment **out, struct error *err);

/** The environment of that name, or the clone; ERR_USAGE, naming those that there are. */
NODISCARD int find_environment(struct invocation *inv, const char *name,
	const struct environment **out, struct error *err);
