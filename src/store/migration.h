/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migration.h - the schema, as numbered steps, and how a database is brought up to it.
 *
 * The steps are the files of src/store/migrations/, built into the program. A step is never edited
 * after a release; a new one is added. Layer: store, private to it. Threads: one at a time a
 * database.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct db;
struct error;

/* One file: NNNN_name.sql for every driver, NNNN_name.DRIVER.sql for one, run after the former. */
struct migration {
	int64_t number; /* from 1, without gaps */
	const char *name;
	const char *driver; /* NULL: for every one */
	const char *sql;
};

/* In the order in which they are run. Built from the files. */
extern const struct migration migrations[];
extern const size_t migration_count;

/**
 * Run the steps that a database lacks, each in one transaction.
 *
 * @return 0, or -1 with err: ERR_USAGE (the database is newer than this program). The steps that
 *         were committed before a failure stay.
 */
NODISCARD int migration_run(struct db *db, struct error *err);
