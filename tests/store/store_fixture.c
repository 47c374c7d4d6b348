/* SPDX-License-Identifier: Apache-2.0 */
#include "store_fixture.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/mem.h"
#include "store/candidate.h"
#include "store/set.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add_table(struct hasher *hasher, sqlite3 *db, const char *table)
{
	/* A lease that is held beats, whatever else is done; an installation has another id each time it is made. */
	const char *columns = strcmp(table, "lease") == 0          ? "name, token, fence, actor"
			      : strcmp(table, "installation") == 0 ? "COUNT(*)"
								   : "*";
	CLEANUP(free) char *sql = mem_printf("SELECT %s FROM %s", columns, table);
	sqlite3_stmt *rows = NULL;

	assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &rows, NULL));
	while (sqlite3_step(rows) == SQLITE_ROW) {
		for (int i = 0; i < sqlite3_column_count(rows); i++) {
			const void *text = sqlite3_column_text(rows, i);

			if (text)
				hasher_add(hasher, text, (size_t)sqlite3_column_bytes(rows, i));
			hasher_add(hasher, text ? "|" : "-", 1);
		}
	}
	sqlite3_finalize(rows);
}

void place_digest(const struct place *place, char out[65])
{
	static const char sql[] = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1";
	struct hasher *hasher = hasher_new();
	sqlite3_stmt *tables = NULL;
	sqlite3 *db = NULL;

	assert_int_equal(SQLITE_OK, sqlite3_open(place->database, &db));
	assert_int_equal(SQLITE_OK, sqlite3_prepare_v2(db, sql, -1, &tables, NULL));
	while (sqlite3_step(tables) == SQLITE_ROW)
		add_table(hasher, db, (const char *)sqlite3_column_text(tables, 0));
	sqlite3_finalize(tables);
	sqlite3_close(db);
	hasher_end(hasher, out);
}

const char place_set[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const char place_candidate[] = "2.2+aaaaaaaaaaaa";

int place_setup(void **state)
{
	struct place *place = mem_new(1, sizeof *place);
	struct error err = { 0 };

	snprintf(place->directory, sizeof place->directory, "/tmp/patchline-store-XXXXXX");
	assert_non_null(mkdtemp(place->directory));
	snprintf(place->database, sizeof place->database, "%s/patchline.db", place->directory);
	if (store_open(place->directory, &place->store, &err) < 0)
		fail_msg("%s", err.text);
	*state = place;
	return 0;
}

int place_teardown(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };

	store_close(place->store);
	assert_int_equal(0, file_remove_all(place->directory, &err));
	free(place);
	return 0;
}

struct store *place_connect(const struct place *place)
{
	struct store *store = NULL;
	struct error err = { 0 };

	if (store_open(place->directory, &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

bool place_try(const struct place *place, const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(SQLITE_OK, sqlite3_open(place->database, &db));
	sqlite3_busy_timeout(db, 10000);

	int result = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (result != SQLITE_OK)
		print_message("# %s\n", sqlite3_errmsg(db));
	sqlite3_close(db);
	return result == SQLITE_OK;
}

void place_meddle(const struct place *place, const char *sql)
{
	assert_true(place_try(place, sql));
}

long long place_ask(const struct place *place, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *statement = NULL;

	assert_int_equal(SQLITE_OK, sqlite3_open(place->database, &db));
	sqlite3_busy_timeout(db, 10000);
	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail_msg("%s", sqlite3_errmsg(db));
	assert_int_equal(SQLITE_ROW, sqlite3_step(statement));

	long long answer = sqlite3_column_int64(statement, 0);

	sqlite3_finalize(statement);
	sqlite3_close(db);
	return answer;
}

void place_furnish(struct store *store)
{
	struct set_row set = { .digest = place_set,
		.release = "2.2",
		.package_count = 3,
		.total_size = 4096,
		.summary = "{}" };
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };
	struct error err = { 0 };

	if (store_set_add(store, &set, "alice", &err) < 0 ||
		store_candidate_add(store,
			&(struct candidate_draft){ "2.2", place_set, LANE_CODE_LINE }, "alice",
			&candidate, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(place_candidate, candidate.id);
}

struct lease place_lease(struct store *store)
{
	static char name[] = "qa", actor[] = "alice";

	return (struct lease){ .store = store, .name = name, .actor = actor };
}

const char *place_state(unsigned number, char text[64], char out[65])
{
	int size = snprintf(
		text, 64, "Platform: debian-12-amd64\nArchitectures: amd64\nN: %u\n", number);

	return digest_bytes(text, (size_t)size, out);
}

int place_refused(int result, const struct error *err, enum error_kind kind, const char *told)
{
	if (result == -1 && err->kind == kind && strstr(err->text, told))
		return 1;
	print_message("answered %d, %s: %s\n", result, error_kind_name(err->kind), err->text);
	return 0;
}
