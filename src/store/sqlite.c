/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sqlite.c - the store's driver for SQLite, and the only door to it.
 *
 * Write-ahead log with synchronous=FULL: a commit that returned survives a power cut, and readers
 * never wait for the writer. Statements that come again are kept prepared, for each connection. Layer: store.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/db.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define BUSY_TIMEOUT_MS    10000
#define APPLICATION_ID     0x50746c6e /* "Ptln": marks the file as ours */
#define KEPT_COUNT         64
#define CHECKPOINT_PAGES   1000 /* of the log: SQLite's own default */
#define CHECKPOINT_WAIT_MS 20   /* for those who read: their next reading does without the log */

/* A prepared statement waiting to be used again. */
struct kept {
	char *sql;            /* owned */
	sqlite3_stmt *handle; /* owned; NULL while a statement uses it */
};

struct sqlite {
	struct db db;
	sqlite3 *handle; /* owned */
	char *path;      /* owned */
	struct kept kept[KEPT_COUNT];
	size_t next;          /* the place of `kept` that goes first */
	char *why_unwritable; /* owned; NULL: it can be written to */
	int tried_at;         /* pages that the log had at the last checkpoint */
};

struct sqlite_statement {
	struct db_statement statement;
	struct sqlite *sqlite;
	struct kept *place;   /* where the handle goes back to; NULL: it is finalized */
	sqlite3_stmt *handle; /* owned */
	int64_t changed;
};

static const struct {
	int code;
	enum error_kind kind;
	const char *text; /* NULL: SQLite's own */
} kinds[] = {
	/* clang-format off */
	{ SQLITE_BUSY,                  ERR_CONFLICT,  "another process holds the database" },
	{ SQLITE_LOCKED,                ERR_CONFLICT,  "the database is in use" },
	{ SQLITE_CONSTRAINT_PRIMARYKEY, ERR_CONFLICT,  "it is there already" },
	{ SQLITE_CONSTRAINT_UNIQUE,     ERR_CONFLICT,  "it is there already" },
	{ SQLITE_CONSTRAINT_FOREIGNKEY, ERR_NOT_FOUND, "the store lacks what it refers to" },
	{ SQLITE_CONSTRAINT_TRIGGER,    ERR_DENIED,    NULL },
	{ SQLITE_CONSTRAINT,            ERR_USAGE,     NULL },
	{ SQLITE_CORRUPT,               ERR_CORRUPT,   NULL },
	{ SQLITE_NOTADB,                ERR_CORRUPT,   NULL },
	/* clang-format on */
};

/* Whether the disk was the cause: then the file is named, and what the system said. */
static bool is_of_the_disk(int code)
{
	return code == SQLITE_FULL || code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
}

/* A full disk is SQLITE_FULL; where SQLite has no such word it is an I/O error that says why. */
static NODISCARD int fail_disk(struct sqlite *s, int code, enum error_kind kind, struct error *err)
{
	const char *path = sqlite3_db_filename(s->handle, NULL);
	int cause = code == SQLITE_FULL ? ENOSPC : sqlite3_system_errno(s->handle);

	if (cause == ENOSPC || cause == EDQUOT)
		return error_set(err, kind,
			"no space left on the disk of '%s'; make room there, then do it again",
			path ? path : "the database");
	return error_set(err, kind, "'%s': %s (%s)", path ? path : "the database",
		sqlite3_errmsg(s->handle), cause ? strerror(cause) : "no cause told");
}

/* Tell the last error by its own row, else by the row of its primary code. */
static NODISCARD int fail_sqlite(struct sqlite *s, struct error *err)
{
	const int extended = sqlite3_extended_errcode(s->handle);
	const int codes[] = { extended, extended & 0xff };

	if (is_of_the_disk(codes[1]))
		return fail_disk(s, codes[1], ERR_SYSTEM, err);
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		for (size_t j = 0; j < sizeof kinds / sizeof *kinds; j++) {
			if (kinds[j].code == codes[i])
				return error_set(err, kinds[j].kind, "%s",
					kinds[j].text ? kinds[j].text : sqlite3_errmsg(s->handle));
		}
	}
	return error_set(err, ERR_SYSTEM, "%s", sqlite3_errmsg(s->handle));
}

static struct sqlite *sqlite_of(struct db *db)
{
	return (struct sqlite *)db;
}

static int sqlite_script(struct db *db, const char *sql, struct error *err)
{
	struct sqlite *s = sqlite_of(db);

	if (sqlite3_exec(s->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return fail_sqlite(s, err);
	return 0;
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = sqlite_of(db);

	for (size_t i = 0; i < KEPT_COUNT; i++) {
		sqlite3_finalize(s->kept[i].handle);
		free(s->kept[i].sql);
	}

	int result = sqlite3_close(s->handle);

	assert(result == SQLITE_OK); /* else a statement was not finished */
	(void)result;
	free(s->path);
	free(s->why_unwritable);
	free(s);
}

/* Read one row of integers. */
static int read_integers(
	struct sqlite *s, const char *sql, int64_t *values, int count, struct error *err)
{
	sqlite3_stmt *handle = NULL;

	if (sqlite3_prepare_v2(s->handle, sql, -1, &handle, NULL) != SQLITE_OK)
		return fail_sqlite(s, err);

	int result = sqlite3_step(handle) == SQLITE_ROW ? 0 : fail_sqlite(s, err);

	for (int i = 0; result == 0 && i < count; i++)
		values[i] = sqlite3_column_int64(handle, i);
	sqlite3_finalize(handle);
	return result;
}

/* A file of ours, or one with nothing in it yet, which becomes ours. */
static int claim(struct sqlite *s, struct error *err)
{
	static const char sql[] = "SELECT (SELECT application_id FROM pragma_application_id),"
				  " (SELECT COUNT(*) FROM sqlite_schema)";
	int64_t values[2] = { 0 };
	char claiming[64];

	if (read_integers(s, sql, values, 2, err) < 0)
		return -1;
	if (values[0] == APPLICATION_ID)
		return 0;
	if (values[0] || values[1])
		return error_set(err, ERR_CORRUPT, "this is a database of another program");
	snprintf(claiming, sizeof claiming, "PRAGMA application_id = %d", APPLICATION_ID);
	return sqlite_script(&s->db, claiming, err);
}

/* The file first, with our permissions: the log beside it inherits them. */
static int make_file(const char *path, struct error *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0660);

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, "%s", strerror(errno));
	return 0;
}

/*
 * Turning a new database to WAL wants it alone, and SQLite does not wait for that as it does for
 * other locks: of several processes that meet at a new directory all but one are told "busy".
 * The cache, in KiB, has room for what a scan of many hosts writes, so that no page of it goes to the disk twice.
 */
static int set_up(struct db *db, struct error *err)
{
	static const char settings[] = "PRAGMA journal_mode = WAL;"
				       "PRAGMA synchronous = FULL;"
				       "PRAGMA foreign_keys = ON;"
				       "PRAGMA cache_size = -32768;"
				       "PRAGMA trusted_schema = OFF;";
	static const struct timespec pause = { .tv_nsec = 20 * 1000000L };
	int64_t until = clock_monotonic_ms() + BUSY_TIMEOUT_MS;

	while (sqlite_script(db, settings, err) < 0) {
		if (err->kind != ERR_CONFLICT || clock_monotonic_ms() > until)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

/*
 * Called after a commit, with the pages that the log has. A checkpoint cannot start the log anew while somebody reads an older
 * moment; SQLite's own would then be tried, and pay for its syncs, at each commit that follows.
 */
static int checkpoint(void *context, sqlite3 *handle, const char *database, int pages)
{
	struct sqlite *s = context;

	if (pages < s->tried_at) /* the log was started anew */
		s->tried_at = 0;
	if (pages - s->tried_at < CHECKPOINT_PAGES)
		return SQLITE_OK;
	/* one that fails loses nothing: the log is kept, and the next one takes it up */
	sqlite3_busy_timeout(handle, CHECKPOINT_WAIT_MS);
	sqlite3_wal_checkpoint_v2(handle, database, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
	s->tried_at = pages;
	return SQLITE_OK;
}

/*
 * SQLite's count of its memory, which nobody asks for, is one lock that all connections would meet at each piece.
 * A reader's pages are forgotten after each commit of another: it gets them one by one, not each time a stock of them.
 * Taken with the first database of a process, refused from then on; not to be done in two threads at once.
 */
static void set_up_library(void)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_PAGECACHE, NULL, 0, 0);
}

/* @param path  A file, or a URI of SQLite's ("file:/…?immutable=1"). */
static int connect(const char *path, int mode, struct db **out, struct error *err)
{
	const int flags = mode | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI;
	struct sqlite *s = mem_new(1, sizeof *s);
	CLEANUP(db_close) struct db *db = &s->db;

	db->driver = &sqlite_driver;
	s->path = mem_strdup(path);
	if (sqlite3_open_v2(path, &s->handle, flags, NULL) != SQLITE_OK)
		return fail_sqlite(s, err);
	sqlite3_busy_timeout(s->handle, BUSY_TIMEOUT_MS);
	sqlite3_wal_hook(s->handle, checkpoint, s);
	*out = STEAL(&db);
	return 0;
}

static int open_writable(const char *path, struct db **out, struct error *err)
{
	CLEANUP(db_close) struct db *db = NULL;

	if (make_file(path, err) < 0 || connect(path, SQLITE_OPEN_READWRITE, &db, err) < 0 ||
		claim(sqlite_of(db), err) < 0 || set_up(db, err) < 0)
		return -1;
	*out = STEAL(&db);
	return 0;
}

static int open_readable(const char *path, struct db **out, struct error *err)
{
	CLEANUP(db_close) struct db *db = NULL;

	if (connect(path, SQLITE_OPEN_READONLY, &db, err) < 0 || claim(sqlite_of(db), err) < 0 ||
		sqlite_script(db, "PRAGMA trusted_schema = OFF", err) < 0)
		return -1;
	*out = STEAL(&db);
	return 0;
}

/* The file as nobody writes to it: SQLite then wants neither log nor locks beside it. free(). */
static char *immutable_uri(const char *path)
{
	CLEANUP(str_done) struct str uri = { 0 };

	str_add(&uri, "file:");
	for (; *path; path++) {
		if (isalnum((unsigned char)*path) || strchr("/._-", *path))
			str_add_bytes(&uri, path, 1);
		else
			str_addf(&uri, "%%%02X", (unsigned char)*path);
	}
	str_add(&uri, "?immutable=1");
	return str_take(&uri);
}

/*
 * On a full or read-only disk SQLite cannot make the files beside a database that it wants for one that others may write to.
 * Where they are it reads by them; where there is no log everything is in the file. What is kept of why is told to whoever
 * wants to write.
 */
static int open_for_reading(const char *path, const struct error *why, struct db **out)
{
	CLEANUP(free) char *log = mem_printf("%s-wal", path), *uri = immutable_uri(path);
	struct error ignored;
	struct stat st;

	if (stat(path, &st) < 0 || !st.st_size)
		return -1;
	if (open_readable(path, out, &ignored) < 0 &&
		((stat(log, &st) == 0 && st.st_size) || open_readable(uri, out, &ignored) < 0))
		return -1;
	sqlite_of(*out)->why_unwritable = mem_strdup(why->text);
	return 0;
}

static int sqlite_open(void *context, const char *path, struct db **out, struct error *err)
{
	(void)context;
	set_up_library();
	if (open_writable(path, out, err) == 0)
		return 0;
	return err->kind == ERR_SYSTEM ? open_for_reading(path, err, out) : -1;
}

static int sqlite_open_reader(struct db *db, struct db **out, struct error *err)
{
	CLEANUP(db_close) struct db *reader = NULL;

	if (connect(sqlite_of(db)->path, SQLITE_OPEN_READONLY, &reader, err) < 0 ||
		sqlite_script(reader, "PRAGMA trusted_schema = OFF", err) < 0)
		return -1;
	*out = STEAL(&reader);
	return 0;
}

static int sqlite_begin_reading(struct db *db, struct error *err)
{
	return sqlite_script(db, "BEGIN", err);
}

static int sqlite_begin(struct db *db, struct error *err)
{
	const char *why = sqlite_of(db)->why_unwritable;

	if (why)
		return error_set(err, ERR_SYSTEM, "it can only be read: %s", why);
	return sqlite_script(db, "BEGIN IMMEDIATE", err);
}

static int sqlite_commit(struct db *db, struct error *err)
{
	struct sqlite *s = sqlite_of(db);

	if (sqlite3_exec(s->handle, "COMMIT", NULL, NULL, NULL) == SQLITE_OK)
		return 0;

	int code = sqlite3_extended_errcode(s->handle) & 0xff;

	return code == SQLITE_IOERR ? fail_disk(s, code, ERR_UNCERTAIN, err) : fail_sqlite(s, err);
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *s = sqlite_of(db);

	if (!sqlite3_get_autocommit(s->handle))
		sqlite3_exec(s->handle, "ROLLBACK", NULL, NULL, NULL);
}

/* "$7" is a name to SQLite, numbered by first appearance: its name tells which value goes there. */
static int bind(struct sqlite_statement *st, const struct db_values *values)
{
	int count = sqlite3_bind_parameter_count(st->handle);

	assert((size_t)count == (values ? values->count : 0));
	for (int place = 1; place <= count; place++) {
		const char *name = sqlite3_bind_parameter_name(st->handle, place);
		size_t number = strtoul(name + 1, NULL, 10);
		int result = SQLITE_OK;

		assert(number > 0 && number <= (size_t)count);

		const struct db_value *value = &values->items[number - 1];

		if (value->type == DB_INTEGER)
			result = sqlite3_bind_int64(st->handle, place, value->integer);
		else if (value->type == DB_TEXT)
			result = sqlite3_bind_text(
				st->handle, place, value->text, -1, SQLITE_STATIC);
		if (result != SQLITE_OK)
			return -1;
	}
	return 0;
}

static struct kept *find_kept(struct sqlite *s, const char *sql)
{
	for (size_t i = 0; i < KEPT_COUNT && s->kept[i].sql; i++) {
		if (strcmp(s->kept[i].sql, sql) == 0)
			return &s->kept[i];
	}
	return NULL;
}

/* A place to keep a statement in; NULL when all are in use. */
static struct kept *make_place(struct sqlite *s, const char *sql)
{
	struct kept *place = &s->kept[s->next];

	if (place->sql && !place->handle)
		return NULL;
	sqlite3_finalize(place->handle);
	free(place->sql);
	*place = (struct kept){ .sql = mem_strdup(sql) };
	s->next = (s->next + 1) % KEPT_COUNT;
	return place;
}

/* Take the kept handle, or prepare one; when the kept one is in use, one for this time only. */
static int prepare(struct sqlite_statement *st, const char *sql, struct error *err)
{
	struct sqlite *s = st->sqlite;
	struct kept *place = find_kept(s, sql);

	if (place && place->handle) {
		st->place = place;
		st->handle = place->handle;
		place->handle = NULL;
		return 0;
	}
	if (sqlite3_prepare_v3(s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &st->handle, NULL) !=
		SQLITE_OK)
		return fail_sqlite(s, err);
	st->place = place ? NULL : make_place(s, sql);
	return 0;
}

static void sqlite_finish(struct db_statement *statement)
{
	struct sqlite_statement *st = (struct sqlite_statement *)statement;

	if (st->place) {
		sqlite3_reset(st->handle);
		sqlite3_clear_bindings(st->handle);
		st->place->handle = st->handle;
	} else {
		sqlite3_finalize(st->handle);
	}
	free(st);
}

static int sqlite_query(struct db *db, const char *sql, const struct db_values *values,
	struct db_statement **out, struct error *err)
{
	struct sqlite_statement *st = mem_new(1, sizeof *st);
	CLEANUP(db_finish) struct db_statement *statement = &st->statement;

	statement->driver = &sqlite_driver;
	st->sqlite = sqlite_of(db);
	if (prepare(st, sql, err) < 0)
		return -1;
	if (bind(st, values) < 0)
		return fail_sqlite(st->sqlite, err);
	*out = STEAL(&statement);
	return 0;
}

static int sqlite_step(struct db_statement *statement, struct error *err)
{
	struct sqlite_statement *st = (struct sqlite_statement *)statement;
	int result = sqlite3_step(st->handle);

	if (result == SQLITE_ROW)
		return 1;
	if (result != SQLITE_DONE)
		return fail_sqlite(st->sqlite, err);
	st->changed = sqlite3_changes64(st->sqlite->handle);
	return 0;
}

static int64_t sqlite_changed(struct db_statement *statement)
{
	return ((struct sqlite_statement *)statement)->changed;
}

static int64_t sqlite_integer(struct db_statement *statement, unsigned column)
{
	return sqlite3_column_int64(((struct sqlite_statement *)statement)->handle, (int)column);
}

static const char *sqlite_text(struct db_statement *statement, unsigned column)
{
	struct sqlite_statement *st = (struct sqlite_statement *)statement;

	return (const char *)sqlite3_column_text(st->handle, (int)column);
}

static int sqlite_schema(struct db *db, int64_t *number, struct error *err)
{
	return read_integers(sqlite_of(db), "PRAGMA user_version", number, 1, err);
}

static int sqlite_set_schema(struct db *db, int64_t number, struct error *err)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", (int)number);
	return sqlite_script(db, sql, err);
}

static int sqlite_check(struct db *db, struct error *err)
{
	static const char *const checks[] = {
		"SELECT integrity_check FROM pragma_integrity_check"
		" WHERE integrity_check <> 'ok' LIMIT 1",
		"SELECT 'a row of ' || \"table\" || ' refers to one of ' || parent"
		" || ' that is not there' FROM pragma_foreign_key_check LIMIT 1",
	};

	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		CLEANUP(db_finish) struct db_statement *statement = NULL;

		if (db_query(db, checks[i], NULL, &statement, err) < 0)
			return -1;

		int found = db_step(statement, err);

		if (found > 0)
			return error_set(err, ERR_CORRUPT, "%s", db_column_text(statement, 0));
		if (found < 0)
			return -1;
	}
	return 0;
}

const struct db_driver sqlite_driver = {
	.name = "sqlite",
	.open = sqlite_open,
	.close = sqlite_close,
	.open_reader = sqlite_open_reader,
	.begin_reading = sqlite_begin_reading,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.query = sqlite_query,
	.step = sqlite_step,
	.changed = sqlite_changed,
	.finish = sqlite_finish,
	.integer = sqlite_integer,
	.text = sqlite_text,
	.script = sqlite_script,
	.schema = sqlite_schema,
	.set_schema = sqlite_set_schema,
	.check = sqlite_check,
};
