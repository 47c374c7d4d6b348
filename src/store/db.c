/* SPDX-License-Identifier: Apache-2.0 */
#include "store/db.h"

#include "base/driver.h"
#include "base/error.h"

static const struct driver_function wanted[] = {
	/* clang-format off */
	DRIVER_FUNCTION(db_driver, open),
	DRIVER_FUNCTION(db_driver, close),
	DRIVER_FUNCTION(db_driver, open_reader),
	DRIVER_FUNCTION(db_driver, begin_reading),
	DRIVER_FUNCTION(db_driver, begin),
	DRIVER_FUNCTION(db_driver, commit),
	DRIVER_FUNCTION(db_driver, rollback),
	DRIVER_FUNCTION(db_driver, query),
	DRIVER_FUNCTION(db_driver, step),
	DRIVER_FUNCTION(db_driver, changed),
	DRIVER_FUNCTION(db_driver, finish),
	DRIVER_FUNCTION(db_driver, integer),
	DRIVER_FUNCTION(db_driver, text),
	DRIVER_FUNCTION(db_driver, script),
	DRIVER_FUNCTION(db_driver, schema),
	DRIVER_FUNCTION(db_driver, set_schema),
	DRIVER_FUNCTION(db_driver, check),
	{ 0 },
	/* clang-format on */
};

int db_open(
	const struct db_driver *driver, const char *location, struct db **out, struct error *err)
{
	const char *missing = driver_lacks(driver, wanted);

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
