/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How SQLite finds the rows of every statement that the program holds: none goes through all that ever happened, but
 * those in `whole`, each with its reason.
 *
 * The statements are read out of the program itself (PATCHLINE), so that a new one is looked at without being named here.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PROGRAM_SIZE_MAX (256 * 1024 * 1024)

/* Tables that only grow: one row or more for each thing that ever happened. */
static const char *const histories[] = {
	"event",
	"test_result",
	"approval",
	"rollout",
	"rollout_host",
	"rollout_step",
	"environment_change",
	"clone",
	"clone_action",
	"rehearsal",
};

/* Indexes that have open things only. */
static const char *const partial[] = {
	"rollout_unfinished",
	"rollout_step_open",
	"rollout_host_snapshot",
	"clone_action_running",
	"clone_standing",
	"rehearsal_running",
};

/* What may go through all of a history, by a part of it that no other statement has. */
static const struct {
	const char *part, *reason;
} whole[] = {
	{ "FROM event WHERE seq > $1 AND (CAST($2 AS TEXT) IS NULL OR kind = $2)",
		"the newest few, what came after a number, or the whole record as a person asked for it" },
	{ "(SELECT COALESCE(MAX(seq), 0) FROM event) - 1000", "a thousand events at most" },
	{ "FROM event WHERE seq <= $1 ORDER BY seq", "verify walks the whole chain" },
	{ "WHERE seq > (SELECT seq FROM event_head WHERE id = 1)",
		"what is beyond the end: nothing" },
	{ "configuration NOT IN (SELECT sha256 FROM configuration)", "verify, all of the record" },
	{ "FROM test_result ORDER BY id DESC", "evidence, all of it, as a person asked for it" },
	{ "FROM approval ORDER BY id DESC", "evidence, all of it, as a person asked for it" },
	{ "FROM rollout ORDER BY id DESC LIMIT $1",
		"the newest few, or all as a person asked for them" },
	{ "FROM clone WHERE (CAST($1 AS TEXT) IS NULL OR environment = $1) ORDER BY environment",
		"clones, those that were removed too, as a person asked for them" },
};

static bool begins_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

/* "SCAN event ...", "SEARCH event ...": of a history, whatever comes after its name. */
static bool is_of_history(const char *table)
{
	for (size_t i = 0; i < sizeof histories / sizeof *histories; i++) {
		size_t size = strlen(histories[i]);

		if (begins_with(table, histories[i]) && (!table[size] || table[size] == ' '))
			return true;
	}
	return false;
}

/* A step of a plan that goes through a history: all rows, or all on one side of a number; not the first of an index. */
static bool goes_through(const char *step)
{
	for (size_t i = 0; i < sizeof partial / sizeof *partial; i++) {
		if (strstr(step, partial[i]))
			return false;
	}
	if (begins_with(step, "SCAN "))
		return is_of_history(step + strlen("SCAN "));
	return begins_with(step, "SEARCH ") && is_of_history(step + strlen("SEARCH ")) &&
	       !strchr(step, '=') && (strchr(step, '(') || !strstr(step, "COVERING"));
}

#define WHOLE_COUNT (sizeof whole / sizeof *whole)

/* Which reason a statement has; WHOLE_COUNT: none. */
static size_t find_reason(const char *sql)
{
	size_t i = 0;

	while (i < WHOLE_COUNT && !strstr(sql, whole[i].part))
		i++;
	return i;
}

/* How many steps of its plan go through a history. */
static unsigned explain(sqlite3 *db, const char *sql)
{
	CLEANUP(free) char *explained = mem_printf("EXPLAIN QUERY PLAN %s", sql);
	sqlite3_stmt *steps = NULL;
	unsigned found = 0;

	if (sqlite3_prepare_v2(db, explained, -1, &steps, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sqlite3_errmsg(db), sql);
	while (sqlite3_step(steps) == SQLITE_ROW) {
		const char *step = (const char *)sqlite3_column_text(steps, 3);

		if (goes_through(step)) {
			print_message("# %s\n#   %s\n", sql, step);
			found++;
		}
	}
	sqlite3_finalize(steps);
	return found;
}

static bool is_statement(const char *text)
{
	static const char *const verbs[] = { "SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM " };

	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		if (begins_with(text, verbs[i]))
			return true;
	}
	return false;
}

/* The next text of the program that is a statement of the store; NULL: there is none. */
static const char *next_statement(const char *at, const char *end)
{
	for (; at < end; at += strlen(at) + 1) {
		while (at < end && !*at)
			at++;
		if (at < end && is_statement(at) && !strstr(at, "pragma") && !strstr(at, "user_"))
			return at;
	}
	return NULL;
}

static void test_plans__no_statement_goes_through_all_that_happened(void **state)
{
	struct place *place = *state;
	CLEANUP(free) char *program = NULL;
	struct error err = { 0 };
	unsigned count = 0, used[WHOLE_COUNT + 1] = { 0 };
	sqlite3 *db = NULL;
	size_t size = 0;

	if (file_read(getenv("PATCHLINE"), PROGRAM_SIZE_MAX, &program, &size, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(SQLITE_OK, sqlite3_open(place->database, &db));
	for (const char *sql = program; (sql = next_statement(sql, program + size));
		sql += strlen(sql)) {
		used[find_reason(sql)] += explain(db, sql) > 0;
		count++;
	}
	sqlite3_close(db);
	print_message("# %u statements\n", count);
	assert_true(count > 100);
	assert_int_equal(0, used[WHOLE_COUNT]);
	for (size_t i = 0; i < WHOLE_COUNT; i++) {
		if (!used[i])
			fail_msg("nothing wants the reason '%s' any more", whole[i].reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_plans__no_statement_goes_through_all_that_happened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
