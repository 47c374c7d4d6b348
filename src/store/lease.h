/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h - the right to work on an environment, a clone or a rehearsal: one program at a time has it.
 *
 * Each taking has a random token, which is its identity, and a fencing number, greater than that of any before: the
 * number of its event. While it is held, a thread of its own makes its beat grow in the store. The store handle that took it keeps
 * it, and looks at the beginning of each transaction whether it still has all that it took: a program that lost a lease
 * writes nothing more through that handle until it has given the lost one back.
 *
 * It may be taken over when its process is known to be gone, which only the same kernel and process namespace can tell,
 * or when its beat stood still for LEASE_SECONDS by the watcher's own clock that is never set. No two clocks are compared.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>

struct error;
struct lease;
struct store;

#define LEASE_SECONDS 15

/**
 * Take a lease.
 *
 * @param name  Of an environment, a clone, a rehearsal: "production", "production/clone-3", "rehearsal-7".
 * @param what  The command, for whoever meets it: "patchline promote 2.2 --to qa".
 * @param out   lease_release(), or lease_free() on the way out of a failure. Untouched on failure.
 * @return 0, or -1 with err: ERR_CONFLICT (somebody has it, also this very program: who, what, where, since when).
 * Event: lease.taken.
 * Blocks for LEASE_SECONDS at most, while it is not known whether who has it still lives. Not to be called in a transaction.
 */
NODISCARD int lease_take(struct store *store, const char *name, const char *what, const char *actor,
	struct lease **out, struct error *err);

/**
 * Give the lease back and free it. Not to be called in a transaction.
 *
 * @param lease  NULL afterwards; untouched on failure: it is still held, unless it was lost.
 * @return 0, or -1 with err: ERR_CONFLICT (it was lost: who has it now). Event: lease.released.
 */
NODISCARD int lease_release(struct lease **lease, struct error *err);

/* Give it back, whatever comes of it: it ends by itself. NULL is fine. */
void lease_free(struct lease *lease);
CLEANUP_FUNC(struct lease *, lease_free)

/**
 * Whether the handle still has every lease that it took: for what is done to hosts long after the last write.
 * @return 0, or -1 with err: ERR_CONFLICT (who has it now).
 */
NODISCARD int leases_check(struct store *store, struct error *err);

/**
 * Whether a living program has that lease, as far as one look tells. Of one on another machine, or stopped, it trusts
 * the clocks; who acts on the answer takes the lease, which does not.
 */
NODISCARD int lease_is_held(struct store *store, const char *name, bool *out, struct error *err);
