/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloning.h - make a clone of an environment, from the question whether it may be to its proven start.
 *
 * May it? - scan - fingerprint - coverage - quiesce - copy - unquiesce - sanitize - start in the fence -
 * wait for ssh - scan the copies - are they what the originals were? Then the clone is running, and its
 * environment is clean with the original's release and set. Each step is in the clone's journal; a killed
 * program's clone is taken up by cloning_resume(). A clone that could not be made stays as far as it came,
 * stopped, its reason beside it, until it is removed.
 * Layer: rehearse. Threads: one cloning, one thread; several of one environment at once are fine.
 */
#pragma once

#include "base/own.h"
#include "clone/clone.h"

#include <stddef.h>
#include <stdint.h>

struct clone_row;
struct config;
struct coverage;
struct environment;
struct error;
struct store;

/* What is told beside the clone's own acts. Any function may be NULL. */
struct cloning_watch {
	struct clone_watch clone;
	/* Once, before anything is copied. */
	void (*on_coverage)(void *context, const struct coverage *coverage);
	void *context;
};

/* All borrowed. */
struct cloning {
	const struct config *config;
	struct store *store;
	const struct environment *environment; /* the original */
	const char *actor;
	int64_t expires; /* seconds from now; 0: as configured */
	struct cloning_watch watch;
};

/**
 * Make a clone.
 *
 * @param out  Its row; clone_row_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (no provider configured), ERR_REFUSED (personal data without sanitize, a host
 *         that is down: it is named; a sanitize program failed; a copy that is not what its original was),
 *         ERR_CONFLICT (another is at it), what the provider and the store say.
 */
NODISCARD int cloning_run(const struct cloning *cloning, struct clone_row *out, struct error *err);

/**
 * Ask everything that cloning_run() asks first, and copy nothing: `on_coverage` tells what a copy would hold.
 * @return As cloning_run().
 */
NODISCARD int cloning_preview(const struct cloning *cloning, struct error *err);

/**
 * Go on with a clone that a killed program left in making.
 * @return As cloning_run(); ERR_NOT_FOUND (no such clone), ERR_REFUSED (it is past making).
 */
NODISCARD int cloning_resume(
	const struct cloning *cloning, int64_t number, struct clone_row *out, struct error *err);

/* Stop a running clone; start a stopped one, and wait for it; remove one. ERR_NOT_FOUND, ERR_CONFLICT. */
NODISCARD int cloning_stop(const struct cloning *cloning, int64_t number, struct error *err);
NODISCARD int cloning_start(const struct cloning *cloning, int64_t number, struct error *err);
NODISCARD int cloning_remove(const struct cloning *cloning, int64_t number, struct error *err);
