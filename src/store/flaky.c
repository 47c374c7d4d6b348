/* SPDX-License-Identifier: Apache-2.0 */
#include "store/flaky.h"

#include "base/error.h"
#include "base/mem.h"

struct flaky_db {
	struct db db;
	struct flaky *flaky;
	struct db *inner; /* owned */
};

struct flaky_statement {
	struct db_statement statement;
	struct flaky *flaky;
	struct db_statement *inner; /* owned */
};

/* Count a call: 0, or -1 when this is the one to fail. */
static NODISCARD int count(struct flaky *flaky, const char *name, struct error *err)
{
	flaky->calls++;
	if (flaky->calls != flaky->fail_at)
		return 0;
	return error_set(err, ERR_SYSTEM, "call %u (%s) fails on purpose", flaky->calls, name);
}

static struct flaky_db *flaky_of(struct db *db)
{
	return (struct flaky_db *)db;
}

static struct db_statement *inner_of(struct db_statement *statement)
{
	return ((struct flaky_statement *)statement)->inner;
}

static struct db *wrap(struct flaky *flaky, struct db *inner)
{
	struct flaky_db *f = mem_new(1, sizeof *f);

	*f = (struct flaky_db){ { &flaky->driver }, flaky, inner };
	return &f->db;
}

static int flaky_open(void *context, const char *location, struct db **out, struct error *err)
{
	struct flaky *flaky = context;
	struct db *inner = NULL;

	if (count(flaky, "open", err) < 0 || db_open(flaky->inner, location, &inner, err) < 0)
		return -1;
	*out = wrap(flaky, inner);
	return 0;
}

static void flaky_close(struct db *db)
{
	db_close(flaky_of(db)->inner);
	free(db);
}

static int flaky_open_reader(struct db *db, struct db **out, struct error *err)
{
	struct flaky_db *f = flaky_of(db);
	struct db *inner = NULL;

	if (count(f->flaky, "open_reader", err) < 0 ||
		f->inner->driver->open_reader(f->inner, &inner, err) < 0)
		return -1;
	*out = wrap(f->flaky, inner);
	return 0;
}

static int flaky_begin_reading(struct db *db, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	if (count(f->flaky, "begin_reading", err) < 0)
		return -1;
	return f->inner->driver->begin_reading(f->inner, err);
}

static int flaky_begin(struct db *db, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	return count(f->flaky, "begin", err) < 0 ? -1 : f->inner->driver->begin(f->inner, err);
}

static int flaky_commit(struct db *db, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	return count(f->flaky, "commit", err) < 0 ? -1 : f->inner->driver->commit(f->inner, err);
}

static void flaky_rollback(struct db *db)
{
	struct flaky_db *f = flaky_of(db);

	f->inner->driver->rollback(f->inner);
}

static int flaky_query(struct db *db, const char *sql, const struct db_values *values,
	struct db_statement **out, struct error *err)
{
	struct flaky_db *f = flaky_of(db);
	struct db_statement *inner = NULL;

	if (count(f->flaky, "query", err) < 0 || db_query(f->inner, sql, values, &inner, err) < 0)
		return -1;

	struct flaky_statement *st = mem_new(1, sizeof *st);

	*st = (struct flaky_statement){ { &f->flaky->driver }, f->flaky, inner };
	*out = &st->statement;
	return 0;
}

static int flaky_step(struct db_statement *statement, struct error *err)
{
	struct flaky_statement *st = (struct flaky_statement *)statement;

	return count(st->flaky, "step", err) < 0 ? -1 : db_step(st->inner, err);
}

static int64_t flaky_changed(struct db_statement *statement)
{
	struct db_statement *inner = inner_of(statement);

	return inner->driver->changed(inner);
}

static void flaky_finish(struct db_statement *statement)
{
	db_finish(inner_of(statement));
	free(statement);
}

static int64_t flaky_integer(struct db_statement *statement, unsigned column)
{
	return db_column_integer(inner_of(statement), column);
}

static const char *flaky_text(struct db_statement *statement, unsigned column)
{
	return db_column_text(inner_of(statement), column);
}

static int flaky_script(struct db *db, const char *sql, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	return count(f->flaky, "script", err) < 0 ? -1
						  : f->inner->driver->script(f->inner, sql, err);
}

static int flaky_schema(struct db *db, int64_t *number, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	return count(f->flaky, "schema", err) < 0 ? -1
						  : f->inner->driver->schema(f->inner, number, err);
}

static int flaky_set_schema(struct db *db, int64_t number, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	if (count(f->flaky, "set_schema", err) < 0)
		return -1;
	return f->inner->driver->set_schema(f->inner, number, err);
}

static int flaky_check(struct db *db, struct error *err)
{
	struct flaky_db *f = flaky_of(db);

	return count(f->flaky, "check", err) < 0 ? -1 : f->inner->driver->check(f->inner, err);
}

void flaky_init(struct flaky *flaky, const struct db_driver *inner)
{
	*flaky = (struct flaky){
		.inner = inner,
		.driver = {
			.name = inner->name,
			.context = flaky,
			.open = flaky_open,
			.close = flaky_close,
			.open_reader = flaky_open_reader,
			.begin_reading = flaky_begin_reading,
			.begin = flaky_begin,
			.commit = flaky_commit,
			.rollback = flaky_rollback,
			.query = flaky_query,
			.step = flaky_step,
			.changed = flaky_changed,
			.finish = flaky_finish,
			.integer = flaky_integer,
			.text = flaky_text,
			.script = flaky_script,
			.schema = flaky_schema,
			.set_schema = flaky_set_schema,
			.check = flaky_check,
		},
	};
}
