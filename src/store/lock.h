/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lock.h - one lock an environment, so that two people never change it at once.
 *
 * A lock ends by itself when its owner stops renewing it: a killed controller blocks nobody for
 * long. The owner's text is its identity, so it must name the process. Layer: store. Threads: as
 * store.h says.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct store;

struct lock_row {
	const char *environment;
	const char *owner; /* "alice on ctl1, process 4711: patchline promote" */
	int64_t taken_at;
	int64_t expires_at; /* from here on anybody may take it */
};

/**
 * Take the lock of an environment. The owner who has it already only renews it.
 *
 * @param seconds  How long it holds unless renewed; > 0.
 * @return 0, or -1 with err: ERR_CONFLICT (held; the text names the owner, since and until when).
 * Event, only when it was not the owner's: lock.taken.
 */
NODISCARD int store_lock_take(struct store *store, const char *environment, const char *owner,
	int64_t seconds, const char *actor, struct error *err);

/**
 * Hold the lock longer. Writes no event.
 * @param until  The caller's moment, as holding_renew() reckons it: clocks may be set back.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not, or no longer, this owner's).
 */
NODISCARD int store_lock_renew(struct store *store, const char *environment, const char *owner,
	int64_t until, struct error *err);

/**
 * Give the lock back.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not, or no longer, this owner's). Event:
 *          lock.released.
 */
NODISCARD int store_lock_release(struct store *store, const char *environment, const char *owner,
	const char *actor, struct error *err);

/**
 * The lock of an environment, also one that has expired and was not taken over yet.
 * @return 0, or -1 with err: ERR_NOT_FOUND (nobody has it).
 */
NODISCARD int store_lock_find(
	struct store *store, const char *environment, struct lock_row *out, struct error *err);

void lock_row_done(struct lock_row *row);
CLEANUP_DONE(struct lock_row, lock_row_done)
