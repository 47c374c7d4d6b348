/* SPDX-License-Identifier: Apache-2.0 */
/*
 * holding.h - the lock of an environment or a clone, held by this process for as long as it works there.
 *
 * The owner's text names the person, the machine and the process. A lock whose process is no more on this
 * machine is taken over at once: nobody will renew it. One whose process still runs here is never taken over,
 * whatever the clock says. One of another machine is, when it expires; should that be too early, because a clock was
 * wrong, its holder finds out when it renews. A clock that is set back does not shorten what is held.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>

struct error;
struct holding;
struct store;

/* How long a lock holds unless it is renewed. */
#define HOLDING_SECONDS 900

/**
 * Take the lock.
 *
 * @param environment  Its name, or a clone's: "production/clone-3".
 * @param what         The command, for whoever meets the lock: "patchline promote 2.2 --to qa".
 * @param out          holding_release(), or holding_free() on the way out of a failure. Untouched on failure.
 * @return 0, or -1 with err: ERR_CONFLICT (held by a program that lives, or may; its owner is named).
 */
NODISCARD int holding_take(struct store *store, const char *environment, const char *what,
	const char *actor, struct holding **out, struct error *err);

/** Hold it for another HOLDING_SECONDS, a minute less at most. ERR_CONFLICT (it is not ours any longer). */
NODISCARD int holding_renew(const struct holding *h, struct error *err);

/* The owner's text. Borrowed. */
const char *holding_owner(const struct holding *h);

/** Give the lock back and free the holding. ERR_CONFLICT (it was not ours any longer). */
NODISCARD int holding_release(struct holding *h, struct error *err);

/* Give the lock back, whatever comes of it: it ends by itself. NULL is fine. */
void holding_free(struct holding *h);
CLEANUP_FUNC(struct holding *, holding_free)

/**
 * Whether a living program holds the lock, or may: of another machine nobody can know.
 * @param out  False when it is free, or its process is no more on this machine.
 */
NODISCARD int holding_is_held(
	struct store *store, const char *environment, bool *out, struct error *err);
