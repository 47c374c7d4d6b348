/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - what Patchline knows, durably.
 *
 * The verbs are split by noun: store/event.h, configuration.h, index.h, host.h, set.h, candidate.h,
 * environment.h, lease.h, rollout.h, step.h, clone.h, rehearsal.h, evidence.h. Each verb that changes something does it in one
 * transaction, together with its event in the audit record (store/event.h), or not at all.
 *
 * Rows (struct x_row) are plain data. Read from the store they own their strings: x_row_done() or,
 * for a list, x_rows_done(). Given to the store they are borrowed, and never x_row_done()d by it.
 * A `const char *` field is never NULL when read unless its comment says so; NULL given where text
 * is wanted is stored as "". Times are UTC seconds, 0 for "not yet"; the store stamps them itself
 * unless the field is said to be the caller's.
 *
 * Every verb may fail with ERR_SYSTEM (disk full, no permission), ERR_CORRUPT (the database is
 * damaged or holds a word unknown to this program) and ERR_CONFLICT (another process held the
 * database for over ten seconds); the comments name only the others.
 *
 * Layer: store (may include base and model). Threads: a store may be used by several threads. A transaction belongs to the
 * thread that began it: others that write wait until it has ended, others that read do not, and do not see it before.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>

struct error;
struct store;

/**
 * Open the store of a state directory, and bring its database to this program's schema.
 *
 * @param directory  Holds "patchline.db"; made when it is not there.
 * @param out        Closed with store_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (the database is newer than this program),
 *         ERR_CORRUPT (the file is something else).
 */
NODISCARD int store_open(const char *directory, struct store **out, struct error *err);

/* Close; all transactions have ended. NULL is fine. */
void store_close(struct store *store);
CLEANUP_FUNC(struct store *, store_close)

/* Verbs that become durable together, or not at all. */
struct transaction {
	struct store *store; /* NULL: not begun, or ended */
	bool is_part;        /* of one that the thread is in already: durable with that */
};

/**
 * Begin a transaction of the verbs that this thread calls until transaction_commit().
 *
 * CLEANUP(transaction_done) struct transaction transaction = { 0 };  undoes it on every other way out. When a verb in it
 * that changes something fails, it can only be undone. Other threads that change something wait until it has ended.
 *
 * @return 0, or -1 with err: ERR_CONFLICT (another process is in one for over ten seconds; a lease was lost that this
 *         handle took, store/lease.h: so is every verb that changes something), ERR_USAGE (inside a reading).
 */
NODISCARD int transaction_begin(
	struct transaction *transaction, struct store *store, struct error *err);

/**
 * End the transaction; what it did is on the disk when this returns 0.
 * @return 0, or -1 with nothing done and err: ERR_CONFLICT (a verb in it had failed),
 *         ERR_UNCERTAIN (the disk failed in the middle: read before trying again).
 */
NODISCARD int transaction_commit(struct transaction *transaction, struct error *err);

/* End it as if it had never begun, unless it was committed. */
void transaction_done(struct transaction *transaction);
CLEANUP_DONE(struct transaction, transaction_done)

/* Several reads of one moment, while others write. */
struct reading {
	struct store *store;   /* NULL: not begun, or ended */
	struct reader *reader; /* NULL: of the transaction that the thread is in */
};

/**
 * From here on all that this thread reads is as it was when it first read, whatever is written meanwhile.
 *
 * CLEANUP(reading_done) struct reading reading = { 0 };  ends it. Inside a transaction it sees what that did so far; inside
 * another reading it is of the same moment. It keeps nobody from writing, and waits for nobody who does. For moments
 * only: few threads can read at a time, and the log of the database grows meanwhile. A transaction cannot be begun in it.
 */
NODISCARD int reading_begin(struct reading *reading, struct store *store, struct error *err);
void reading_done(struct reading *reading);
CLEANUP_DONE(struct reading, reading_done)

/**
 * Check the whole database file: pages, indexes, references between tables.
 * @return 0, or -1 with err: ERR_CORRUPT (the first damage found).
 * Blocks for seconds on a large store.
 */
NODISCARD int store_check(struct store *store, struct error *err);
