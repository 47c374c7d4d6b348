/* SPDX-License-Identifier: Apache-2.0 */
/*
 * db.h - what the store wants from a database: a small driver, a struct of functions.
 *
 * A driver has all of them; db_open() refuses one that lacks any. It embeds struct db and struct
 * db_statement as the first member of its own. SQL is what SQLite and PostgreSQL both take, with
 * numbered placeholders ($1, $2); a value is always bound, never written into the text.
 *
 * Kinds of errors a driver tells: ERR_CONFLICT (locked by another for too long; a row with that key
 * is there), ERR_NOT_FOUND (a reference to a row that is not there), ERR_USAGE (a check of the
 * schema), ERR_DENIED (the schema forbids the change), ERR_CORRUPT (damaged, or no database of
 * ours), ERR_UNCERTAIN (a commit that may or may not have happened), ERR_SYSTEM (the rest; disk
 * full). Layer: store, private to it. Threads: one at a time per connection; store.c and reading.c see to it.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;

enum db_type { DB_NULL, DB_INTEGER, DB_TEXT };

/* A value to bind; text is borrowed until the statement is finished. */
struct db_value {
	enum db_type type;
	int64_t integer;
	const char *text;
};

struct db_values {
	const struct db_value *items;
	size_t count;
};

/* A connection to a database; the common part of every driver's own struct. */
struct db {
	const struct db_driver *driver;
};

/* A statement that has begun; the common part of every driver's own struct. */
struct db_statement {
	const struct db_driver *driver;
};

struct db_driver {
	const char *name; /* "sqlite"; migrations NNNN_*.<name>.sql are for it alone */
	void *context;    /* the driver's own, borrowed; the only one that may be NULL */

	/*
	 * Open, and make the database when there is none. Afterwards references are checked, commits
	 * are durable, and a locked database is waited for, ten seconds at most.
	 * location: a path, later a connection string. *out is untouched on failure.
	 */
	int (*open)(void *context, const char *location, struct db **out, struct error *err);
	void (*close)(struct db *db); /* an open transaction is rolled back */

	/*
	 * Open another connection to the same database, which only reads: it never waits for who writes, sees what was
	 * committed before its statement began, and may be used by a thread of its own. *out is untouched on failure.
	 */
	int (*open_reader)(struct db *db, struct db **out, struct error *err);

	/* All that is read until rollback() is of one moment. No nesting. */
	int (*begin_reading)(struct db *db, struct error *err);

	/* A transaction that writes: takes the right to write at once (BEGIN IMMEDIATE). No nesting. */
	int (*begin)(struct db *db, struct error *err);
	int (*commit)(struct db *db, struct error *err); /* after a failure: rollback() */
	void (*rollback)(struct db *db); /* also when the database has rolled back by itself */

	/*
	 * Begin a statement with its values bound. sql and the values stay as they are until finish().
	 * *out is untouched on failure.
	 */
	int (*query)(struct db *db, const char *sql, const struct db_values *values,
		struct db_statement **out, struct error *err);
	int (*step)(struct db_statement *statement, struct error *err); /* 1: a row, 0: no more */
	int64_t (*changed)(struct db_statement *statement); /* rows changed, after step() said 0 */
	void (*finish)(struct db_statement *statement);

	/* Columns of the row, from 0. A text is borrowed until step() or finish(). NULL is 0 and NULL. */
	int64_t (*integer)(struct db_statement *statement, unsigned column);
	const char *(*text)(struct db_statement *statement, unsigned column);

	/* Run several statements that take no values and give no rows: a migration. */
	int (*script)(struct db *db, const char *sql, struct error *err);

	/* The number of the last migration, 0 for a new database; set in its transaction. */
	int (*schema)(struct db *db, int64_t *number, struct error *err);
	int (*set_schema)(struct db *db, int64_t number, struct error *err);

	/* Check every page and reference. ERR_CORRUPT tells the first damage. */
	int (*check)(struct db *db, struct error *err);
};

/* The drivers. Static. */
extern const struct db_driver sqlite_driver;

/**
 * Open a database through a driver.
 * @return 0, or -1 with err: ERR_USAGE (the driver lacks a function: it is named), or as the driver
 *          says.
 */
NODISCARD int db_open(
	const struct db_driver *driver, const char *location, struct db **out, struct error *err);

/* Close. NULL is fine. */
void db_close(struct db *db);
CLEANUP_FUNC(struct db *, db_close)

/* Values to bind. */
struct db_value db_integer(int64_t integer);
struct db_value db_text(const char *text); /* NULL becomes NULL */

/*
 * VALUES(db_text(name), db_integer(at)): what a statement binds to $1, $2. Lives as long as the
 * block.
 */
#define VALUES(...)                                                                                \
	(&(struct db_values){ (const struct db_value[]){ __VA_ARGS__ },                            \
		sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value) })

/**
 * Run a statement that gives no rows.
 * @param changed  How many rows it inserted, changed or deleted; NULL when not wanted.
 */
NODISCARD int db_run(struct db *db, const char *sql, const struct db_values *values,
	int64_t *changed, struct error *err);

/* Begin a statement that gives rows: db_step() while it answers 1. Freed with db_finish(). */
NODISCARD int db_query(struct db *db, const char *sql, const struct db_values *values,
	struct db_statement **out, struct error *err);
NODISCARD int db_step(struct db_statement *statement, struct error *err);
int64_t db_column_integer(struct db_statement *statement, unsigned column);
const char *db_column_text(struct db_statement *statement, unsigned column);
void db_finish(struct db_statement *statement);
CLEANUP_FUNC(struct db_statement *, db_finish)
