/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/error.h"

#include <string.h>

typedef void (*any_function)(void);

static const struct {
	const char *name;
	size_t offset;
} wanted[] = {
	/* clang-format off */
	{ "open",       offsetof(struct db_driver, open) },
	{ "close",      offsetof(struct db_driver, close) },
	{ "begin",      offsetof(struct db_driver, begin) },
	{ "commit",     offsetof(struct db_driver, commit) },
	{ "rollback",   offsetof(struct db_driver, rollback) },
	{ "query",      offsetof(struct db_driver, query) },
	{ "step",       offsetof(struct db_driver, step) },
	{ "changed",    offsetof(struct db_driver, changed) },
	{ "finish",     offsetof(struct db_driver, finish) },
	{ "integer",    offsetof(struct db_driver, integer) },
	{ "text",       offsetof(struct db_driver, text) },
	{ "script",     offsetof(struct db_driver, script) },
	{ "schema",     offsetof(struct db_driver, schema) },
	{ "set_schema", offsetof(struct db_driver, set_schema) },
	{ "check",      offsetof(struct db_driver, check) },
	/* clang-format on */
};

/* The first function that the driver lacks; NULL when it has all. */
static const char *lacking(const struct db_driver *driver)
{
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		any_function function = NULL;

		memcpy(&function, (const char *)driver + wanted[i].offset, sizeof function);
		if (!function)
			return wanted[i].name;
	}
	return NULL;
}

int db_open(
	const struct db_driver *driver, const char *location, struct db **out, struct error *err)
{
	const char *missing = lacking(driver);

	if (missing)
		return error_set(err, ERR_USAGE, "database driver '%s' has no function '%s'",
			driver->name ? driver->name : "", missing);
	return driver->open(driver->context, location, out, err);
}

void db_close(struct db *db)
{
	if (db)
		db->driver->close(db);
}

struct db_value db_integer(int64_t integer)
{
	return (struct db_value){ .type = DB_INTEGER, .integer = integer };
}

struct db_value db_text(const char *text)
{
	return (struct db_value){ .type = text ? DB_TEXT : DB_NULL, .text = text };
}

int db_run(struct db *db, const char *sql, const struct db_values *values, int64_t *changed,
	struct error *err)
{
	CLEANUP(db_finish) struct db_statement *statement = NULL;

	if (db_query(db, sql, values, &statement, err) < 0 || db_step(statement, err) < 0)
		return -1;
	if (changed)
		*changed = db->driver->changed(statement);
	return 0;
}

int db_query(struct db *db, const char *sql, const struct db_values *values,
	struct db_statement **out, struct error *err)
{
	return db->driver->query(db, sql, values, out, err);
}

int db_step(struct db_statement *statement, struct error *err)
{
	return statement->driver->step(statement, err);
}

int64_t db_column_integer(struct db_statement *statement, unsigned column)
{
	return statement->driver->integer(statement, column);
}

const char *db_column_text(struct db_statement *statement, unsigned column)
{
	return statement->driver->text(statement, column);
}

void db_finish(struct db_statement *statement)
{
	if (statement)
		statement->driver->finish(statement);
}
