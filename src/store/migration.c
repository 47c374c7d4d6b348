/* SPDX-License-Identifier: Apache-2.0 */
#include "store/migration.h"

#include "base/error.h"
#include "store/db.h"

#include <string.h>

/* The files of one number. */
static int run_files(struct db *db, int64_t number, struct error *err)
{
	for (size_t i = 0; i < migration_count; i++) {
		const struct migration *m = &migrations[i];

		if (m->number != number)
			continue;
		if (m->driver && strcmp(m->driver, db->driver->name) != 0)
			continue;
		if (db->driver->script(db, m->sql, err) < 0)
			return error_wrap(err, "migration %04d %s", (int)number, m->name);
	}
	return 0;
}

/* Inside a transaction: another process may have done the same step since we looked. */
static int run_next(struct db *db, int64_t *number, struct error *err)
{
	if (db->driver->schema(db, number, err) < 0)
		return -1;
	if (*number >= migrations[migration_count - 1].number)
		return 0;
	++*number;
	if (run_files(db, *number, err) < 0)
		return -1;
	return db->driver->set_schema(db, *number, err);
}

int migration_run(struct db *db, struct error *err)
{
	const int64_t newest = migrations[migration_count - 1].number;
	int64_t number = 0;

	if (db->driver->schema(db, &number, err) < 0)
		return -1;
	while (number < newest) {
		if (db->driver->begin(db, err) < 0)
			return -1;
		if (run_next(db, &number, err) < 0 || db->driver->commit(db, err) < 0) {
			db->driver->rollback(db);
			return -1;
		}
	}
	if (number > newest)
		return error_set(err, ERR_USAGE,
			"the database has schema %d, this program knows up to %d; "
			"use the newer patchline that wrote it",
			(int)number, (int)newest);
	return 0;
}
