/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_private.h - what the verbs of every noun share: the lock, the transaction, reading rows.
 *
 * Layer: store, private to it and to its tests. Threads: each function takes what it wants itself.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"
#include "store/row.h"
#include "store/store.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ticker;

#define LEASE_TOKEN_SIZE 33 /* with its NUL */

struct lease {
	struct store *store; /* the handle that took it */
	struct lease *next;  /* of those that the handle has; under its mutex */
	char *name, *actor;  /* owned */
	char token[LEASE_TOKEN_SIZE];
	int64_t fence;
	struct ticker *ticker; /* owned */
};

/* Where the audit record ends, as the transaction under way sees it: it is written once, when that ends. */
struct event_head {
	int64_t seq;
	char hash[DIGEST_HEX_SIZE];
	bool is_read;  /* with the transaction's first event */
	bool is_ahead; /* of what is written */
};

/* A connection that only reads, and the thread that has it now. */
struct reader {
	struct db *db; /* owned; NULL until it is wanted first */
	pthread_t holder;
	unsigned depth; /* times that the holder took it; 0: nobody has it */
	bool is_of_one_moment;
};

/* Each is two open files: few, and who wants one waits for no more than another's statement. */
#define READERS_MAX 4

struct readers {
	pthread_mutex_t mutex;
	pthread_cond_t freed;
	struct reader items[READERS_MAX];
};

struct store {
	struct db *db; /* owned; the one that writes: of the thread that holds the mutex */
	struct readers readers;
	pthread_mutex_t mutex;    /* recursive; held all through a transaction */
	_Atomic pthread_t holder; /* of the mutex, while depth is not 0 */
	_Atomic unsigned depth;
	char *configuration; /* owned: the text that events are written under; NULL: none was told */
	char configuration_sha256[DIGEST_HEX_SIZE];
	bool in_transaction; /* of the thread that holds the mutex */
	struct event_head head;
	bool is_configuration_kept; /* the transaction has seen to that */
	bool is_doomed;       /* a part of the transaction failed: it can only be rolled back */
	struct lease *leases; /* that this handle took and has not given back; under the mutex */
};

/* As store_open(), through the driver of the caller's choice. */
NODISCARD int store_open_driver(const struct db_driver *driver, const char *directory,
	struct store **out, struct error *err);

/* As transaction_begin(), also when a lease was lost: for the beat of one, and for giving one back. */
NODISCARD int transaction_begin_unfenced(
	struct transaction *transaction, struct store *store, struct error *err);

/* As transaction_begin(), for what is on the disk when its verb returns: ERR_USAGE, naming `what`, inside another. */
NODISCARD int transaction_begin_alone(
	struct transaction *transaction, struct store *store, const char *what, struct error *err);

/* Hold the store's mutex for a scope: CLEANUP(store_let_go) struct store *held = store_hold(s); */
struct store *store_hold(struct store *store);
void store_let_go(struct store *store);
CLEANUP_FUNC(struct store *, store_let_go)

/* Whether this thread holds it. */
bool store_is_held(struct store *store);

void readers_init(struct readers *readers);
void readers_done(struct readers *readers); /* nobody reads any more */

/* As reading_begin(), for one statement: it is of the moment of what is under way, or of its own. */
NODISCARD int reading_join(struct reading *reading, struct store *store, struct error *err);

/* What the thread reads by: the connection that writes, where it holds the mutex, as in a transaction. */
struct db *reading_db(const struct reading *reading);

/* Whether this thread has a reading of its own under way. */
bool reading_is_under_way(struct store *store);

/* Keep the text of the configuration, if it is not yet; part of the change that is under way. */
NODISCARD int store_configuration_keep(struct store *store, struct error *err);

/* Write where the record ends, if the change that is under way has moved that. */
NODISCARD int store_event_head_write(struct store *store, struct error *err);

/*
 * Run a statement that gives no rows; within a transaction, as it changes something.
 * @param changed  Rows that it changed; NULL when not wanted.
 */
NODISCARD int store_run(struct store *store, const char *sql, const struct db_values *values,
	int64_t *changed, struct error *err);

/* Insert one row by its table: the values are the fields, in order. */
NODISCARD int store_insert(struct store *store, const char *sql, const struct row_table *table,
	const void *row, struct error *err);

/* Run a statement that gives one integer; *out is 0 when it gives no row or NULL. */
NODISCARD int store_integer(struct store *store, const char *sql, const struct db_values *values,
	int64_t *out, struct error *err);

/* Run a statement that gives one text. @return 1 (*out is owned by the caller: free()), or 0 (no row, *out untouched), or -1 with err. */
NODISCARD int store_text(struct store *store, const char *sql, const struct db_values *values,
	char **out, struct error *err);

/* Read the first row. @return 1, or 0 (there is none, *row untouched), or -1 with err. */
NODISCARD int store_row(struct store *store, const char *sql, const struct db_values *values,
	const struct row_table *table, void *row, struct error *err);

/* Read all rows. out: a struct of that kind's rows, owned by who asked: rows_free(). Untouched on failure. */
NODISCARD int store_rows(struct store *store, const char *sql, const struct db_values *values,
	const struct row_table *table, void *out, struct error *err);

/*
 * Find the one row that begins with what a person typed. The statement gives rows, at most six,
 * whose first column begins with $1, of length $2; the first field of the table is that column.
 * ERR_NOT_FOUND, ERR_USAGE (several: they are named).
 */
NODISCARD int store_unique(struct store *store, const char *sql, const char *prefix,
	const struct row_table *table, void *row, struct error *err);
