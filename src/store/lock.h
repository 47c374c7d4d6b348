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

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct lock_row {
	const char *environment;
	const char *owner; /* "alice on ctl1, process 4711: patchline promote" */
	int64_t taken_at;
	int64_t expires_at; /* from here on anybody may take it */
};

struct lock_rows {
	struct lock_row *items;
	size_t count;
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
 * Hold the lock longer: `seconds` from now. Writes no event.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not, or no longer, this owner's).
 */
NODISCARD int store_lock_renew(struct store *store, const char *environment, const char *owner,
	int64_t seconds, struct error *err);

/**
 * Give the lock back.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not, or no longer, this owner's). Event:
 *          lock.released.
 */
NODISCARD int store_lock_release(struct store *store, const char *environment, const char *owner,
	const char *actor, struct error *err);

/** The locks that hold now, by environment. */
NODISCARD int store_locks(struct store *store, struct lock_rows *out, struct error *err);

void lock_rows_done(struct lock_rows *rows);
CLEANUP_DONE(struct lock_rows, lock_rows_done)
