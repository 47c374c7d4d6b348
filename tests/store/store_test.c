/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/db.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/migration.h"
#include "store/rollout.h"
#include "store/set.h"
#include "store/store.h"
#include "store_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int tell(struct store *store, const char *kind, struct error *err)
{
	struct event_draft draft = { "alice", kind, SUBJECT_HOST, "x", NULL };

	return store_event_add(store, &draft, err);
}

static void test_store__opens_again_with_what_was_kept(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };

	assert_int_equal(0, tell(place->store, "one", &err));
	store_close(place->store);
	place->store = place_connect(place);
	assert_int_equal(0, tell(place->store, "two", &err));
	assert_int_equal(2, place_ask(place, "SELECT COUNT(*) FROM event"));
	assert_int_equal(
		migrations[migration_count - 1].number, place_ask(place, "PRAGMA user_version"));
	assert_int_equal(0, store_check(place->store, &err));
}

static void test_store__is_not_for_everybody_to_read(void **state)
{
	struct place *place = *state;
	CLEANUP(free) char *directory = path_join(place->directory, "sub/dir");
	CLEANUP(free) char *command = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	struct error err = { 0 };

	assert_int_equal(0, store_open(directory, &store, &err));
	command = mem_printf("test -z \"$(find '%s' -perm /007)\"", directory);
	assert_int_equal(0, system(command)); /* NOLINT: a path of our own */
}

static void test_store__steps_of_the_schema_are_numbered_without_gaps(void **state)
{
	int64_t last = 0;

	(void)state;
	for (size_t i = 0; i < migration_count; i++) {
		assert_true(migrations[i].number == last ||
			    (migrations[i].number == last + 1 && !migrations[i].driver));
		last = migrations[i].number;
		assert_true(strlen(migrations[i].sql) > 0);
	}
	assert_true(last > 0);
}

/* The place's database as the first release of the schema left it, with rows in it. */
static void go_back(struct place *place)
{
	CLEANUP(str_done) struct str sql = { 0 };

	str_addf(&sql, "PRAGMA application_id = %lld; PRAGMA user_version = 1;",
		place_ask(place, "PRAGMA application_id"));
	for (size_t i = 0; i < migration_count; i++) {
		if (migrations[i].number == 1)
			str_add(&sql, migrations[i].sql);
	}
	str_addf(&sql,
		"INSERT INTO patch_set VALUES ('%s', 1, 'al', '2.2', 3, 4096, '{}', 1);"
		"INSERT INTO candidate VALUES ('%s', '2.2', '%s', 1, 'al', 0, NULL, 1);"
		"INSERT INTO environment VALUES ('production', 1, '2.2', 1, 'al', '%s', 'clean',"
		" NULL, 1, 1);"
		"INSERT INTO rollout VALUES (7, 'production', '%s', 'paused', '', 1, 0, 'al', '{}');",
		place_set, place_candidate, place_set, place_set, place_candidate);
	store_close(place->store);
	place->store = NULL;
	assert_int_equal(0, unlink(place->database));
	place_meddle(place, str_text(&sql));
}

static void test_store__brings_an_old_database_up_with_its_rows(void **state)
{
	struct place *place = *state;
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };
	CLEANUP(clone_row_done) struct clone_row clone = { 0 };
	CLEANUP(environment_row_done) struct environment_row environment = { 0 };
	const struct clone_row_draft draft = { .environment = "production", .set = place_set };
	CLEANUP(free) char *known_as = NULL;
	struct error err = { 0 };

	go_back(place);
	assert_int_equal(1, place_ask(place, "PRAGMA user_version"));
	place->store = place_connect(place);
	assert_int_equal(
		migrations[migration_count - 1].number, place_ask(place, "PRAGMA user_version"));
	assert_int_equal(0, store_candidate_find(place->store, "2.2", &candidate, &err));
	assert_string_equal(place_candidate, candidate.id);
	assert_int_equal(LANE_CODE_LINE, candidate.lane);
	assert_int_equal(0, store_environment_find(place->store, "production", &environment, &err));
	assert_string_equal(place_candidate, environment.candidate);
	assert_int_equal(0, store_rollout_known_as(place->store, 7, &known_as, &err));
	assert_string_equal("rollout-7", known_as);
	assert_int_equal(0, store_clone_add(place->store, &draft, "al", &clone, &err));
	assert_string_equal("production/clone-1", clone.name);
	assert_int_equal(0, store_check(place->store, &err));
}

static void test_store__refuses_files_that_it_cannot_use(void **state)
{
	static const struct {
		const char *sql; /* NULL: garbage instead of a database */
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{ "PRAGMA user_version = 99", ERR_USAGE,
			"the database has schema 99, this program" },
		{ "PRAGMA application_id = 7", ERR_CORRUPT, "a database of another program" },
		{ NULL, ERR_CORRUPT, "not a database" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char garbage[4096];
		struct store *store = NULL;
		struct error err = { 0 };
		void *mine = NULL;

		place_setup(&mine);

		struct place *place = mine;

		store_close(place->store);
		place->store = NULL;
		memset(garbage, 'x', sizeof garbage);
		if (cases[i].sql)
			place_meddle(place, cases[i].sql);
		else
			assert_int_equal(0,
				file_write(place->database, garbage, sizeof garbage, 0600, &err));
		assert_true(place_refused(store_open(place->directory, &store, &err), &err,
			cases[i].kind, cases[i].told));
		assert_non_null(strstr(err.text, place->database));
		assert_null(store);
		place_teardown(&mine);
	}
}

static void test_store__refuses_a_directory_that_cannot_be(void **state)
{
	struct store *store = NULL;
	struct error err = { 0 };

	(void)state;
	assert_true(place_refused(
		store_open("/dev/null/store", &store, &err), &err, ERR_SYSTEM, "/dev/null/store"));
	assert_null(store);
}

static void test_store__damage_is_found(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };

	place_furnish(place->store);
	place_meddle(place, "PRAGMA foreign_keys = OFF; DELETE FROM patch_set");
	assert_true(place_refused(store_check(place->store, &err), &err, ERR_CORRUPT,
		"a row of candidate refers to one of patch_set that is not there"));
}

static void test_store__a_word_that_is_not_known_is_corrupt(void **state)
{
	struct place *place = *state;
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, tell(place->store, "one", &err));
	place_meddle(place, "DROP TRIGGER event_is_never_changed;"
			    "UPDATE event SET subject = 'planet'");
	assert_true(
		place_refused(store_events(place->store, &(struct event_filter){ 0 }, &rows, &err),
			&err, ERR_CORRUPT, "has the word 'planet', unknown to this program"));
}

static void test_transaction__is_kept_together_or_not_at_all(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	struct error err = { 0 };

	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, tell(place->store, "one", &err));
	transaction_done(&transaction);
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event"));
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, tell(place->store, "one", &err));
	assert_int_equal(0, tell(place->store, "two", &err));
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event")); /* not yet */
	assert_int_equal(0, transaction_commit(&transaction, &err));
	assert_int_equal(2, place_ask(place, "SELECT COUNT(*) FROM event"));
}

static void test_transaction__inside_another_is_a_part_of_it(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 }, part = { 0 };
	struct place *place = *state;
	struct error err = { 0 };

	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, transaction_begin(&part, place->store, &err));
	assert_int_equal(0, tell(place->store, "one", &err));
	assert_int_equal(0, transaction_commit(&part, &err));
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event")); /* not yet */
	assert_int_equal(0, transaction_commit(&transaction, &err));
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM event"));
	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, transaction_begin(&part, place->store, &err));
	transaction_done(&part);
	assert_true(place_refused(transaction_commit(&transaction, &err), &err, ERR_CONFLICT,
		"a part of the transaction had failed"));
}

static size_t count_events(struct store *store)
{
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_events(store, &(struct event_filter){ 0 }, &rows, &err));
	return rows.count;
}

static void *count_in_thread(void *store)
{
	return (void *)count_events(store);
}

/* It waits for nobody, and sees nothing that is not yet so. */
static size_t count_beside(struct store *store)
{
	void *count = NULL;
	pthread_t thread;

	assert_int_equal(0, pthread_create(&thread, NULL, count_in_thread, store));
	assert_int_equal(0, pthread_join(thread, &count));
	return (size_t)count;
}

static void test_transaction__is_seen_by_its_own_thread_alone(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	struct error err = { 0 };

	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, tell(place->store, "one", &err));
	assert_int_equal(1, count_events(place->store));
	assert_int_equal(0, count_beside(place->store));
	assert_int_equal(0, transaction_commit(&transaction, &err));
	assert_int_equal(1, count_events(place->store));
	assert_int_equal(1, count_beside(place->store));
}

static void test_reading__is_of_one_moment(void **state)
{
	CLEANUP(reading_done) struct reading reading = { 0 }, within = { 0 };
	struct place *place = *state;
	CLEANUP(store_close) struct store *other = place_connect(place);
	struct error err = { 0 };

	assert_int_equal(0, tell(place->store, "one", &err));
	assert_int_equal(0, reading_begin(&reading, place->store, &err));
	assert_int_equal(1, count_events(place->store));
	assert_int_equal(0, tell(other, "two", &err));
	assert_int_equal(0, reading_begin(&within, place->store, &err));
	assert_int_equal(1, count_events(place->store));
	reading_done(&within);
	assert_int_equal(1, count_events(place->store));
	assert_int_equal(2, count_beside(place->store));
	assert_true(place_refused(
		tell(place->store, "three", &err), &err, ERR_USAGE, "cannot write meanwhile"));
	reading_done(&reading);
	assert_int_equal(2, count_events(place->store));
	assert_int_equal(0, tell(place->store, "three", &err));
}

static void test_reading__inside_a_transaction_sees_what_that_did(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(reading_done) struct reading reading = { 0 };
	struct place *place = *state;
	struct error err = { 0 };

	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, reading_begin(&reading, place->store, &err));
	assert_int_equal(0, tell(place->store, "one", &err));
	assert_int_equal(1, count_events(place->store));
	reading_done(&reading);
	assert_int_equal(0, transaction_commit(&transaction, &err));
}

static void test_transaction__with_a_failed_part_is_undone(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	struct set_row set = { .digest = "no digest" };
	struct error err = { 0 };
	int64_t count = 0;

	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	assert_int_equal(0, tell(place->store, "one", &err));
	assert_int_equal(-1, store_set_add(place->store, &set, "alice", &err)); /* did nothing */
	set.digest = place_set;
	assert_int_equal(-1, store_set_add(place->store, &set, "", &err)); /* fails half-way */
	assert_true(place_refused(transaction_commit(&transaction, &err), &err, ERR_CONFLICT,
		"a part of the transaction had failed"));
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event"));
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM patch_set"));
	assert_int_equal(0, tell(place->store, "after", &err));
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_int_equal(1, count);
}

/* In a child: write without end, a committed event and then half of a transaction, until killed. */
static void write_until_killed(const struct place *place, int told)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct store *store = place_connect(place);
	struct error err = { 0 };

	for (;;) {
		if (tell(store, "whole", &err) < 0 ||
			transaction_begin(&transaction, store, &err) < 0 ||
			tell(store, "half", &err) < 0)
			_exit(1);
		if (write(told, "x", 1) != 1)
			_exit(1);
		if (tell(store, "half", &err) < 0)
			_exit(1);
		transaction_done(&transaction);
	}
}

/*
 * Killed in the middle of a transaction, many times: the last committed state is there, and whole.
 */
static void test_store__a_killed_writer_leaves_what_it_committed(void **state)
{
	struct place *place = *state;
	struct error err = { 0 };
	int64_t count = 0;

	store_close(place->store); /* a connection does not survive a fork */
	for (int i = 0; i < 10; i++) {
		int ends[2], status = 0;
		char byte = 0;

		assert_int_equal(0, pipe(ends));

		pid_t pid = fork();

		if (pid == 0)
			write_until_killed(place, ends[1]);
		assert_true(pid > 0);
		for (int j = 0; j <= i; j++)
			assert_int_equal(1, read(ends[0], &byte, 1));
		kill(pid, SIGKILL);
		assert_int_equal(pid, waitpid(pid, &status, 0));
		assert_true(WIFSIGNALED(status));
		close(ends[0]);
		close(ends[1]);
	}
	place->store = place_connect(place);
	assert_int_equal(0, store_check(place->store, &err));
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_true(count >= 55); /* 1 + 2 + ... + 10 were committed before the kills */
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'half'"));
}

/* Several processes may meet at a new directory. */
static void test_store__is_made_once_by_many_at_the_same_time(void **state)
{
	struct place *place = *state;
	CLEANUP(free) char *directory = path_join(place->directory, "new");
	pid_t pids[8];

	for (int i = 0; i < 8; i++) {
		pids[i] = fork();
		if (pids[i] == 0) {
			struct store *store = NULL;
			struct error err = { 0 };
			int result = store_open(directory, &store, &err) < 0 ||
				     tell(store, "here", &err) < 0;

			if (result)
				fprintf(stderr, "# %s\n", err.text);
			_exit(result);
		}
	}
	for (int i = 0; i < 8; i++) {
		int status = 0;

		assert_int_equal(pids[i], waitpid(pids[i], &status, 0));
		assert_int_equal(0, status);
	}
}

struct crowd {
	struct store *store;
	int failed[8];
};

static void work(void *context, size_t index)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct crowd *crowd = context;
	struct error err = { 0 };

	for (int i = 0; i < 20; i++) {
		CLEANUP(event_rows_done) struct event_rows rows = { 0 };
		const struct event_filter filter = { .limit = 1 };

		crowd->failed[index] += transaction_begin(&transaction, crowd->store, &err) < 0;
		crowd->failed[index] += tell(crowd->store, "one", &err) < 0;
		crowd->failed[index] += tell(crowd->store, "two", &err) < 0;
		crowd->failed[index] += transaction_commit(&transaction, &err) < 0;
		crowd->failed[index] += store_events(crowd->store, &filter, &rows, &err) < 0;
	}
}

static void test_store__is_shared_by_threads(void **state)
{
	struct place *place = *state;
	struct crowd crowd = { place->store, { 0 } };
	struct error err = { 0 };
	int64_t count = 0;

	workers_run(8, 8, work, &crowd);
	for (int i = 0; i < 8; i++)
		assert_int_equal(0, crowd.failed[i]);
	assert_int_equal(0, store_event_verify(place->store, &count, &err));
	assert_int_equal(320, count);
	/* Nobody's pair was torn apart by another thread. */
	assert_int_equal(0, place_ask(place, "SELECT COUNT(*) FROM event a JOIN event b"
					     " ON b.seq = a.seq + 1 WHERE a.seq % 2 = 1"
					     " AND NOT (a.kind = 'one' AND b.kind = 'two')"));
}

static void test_db__refuses_a_driver_that_lacks_a_function(void **state)
{
	struct db_driver driver = sqlite_driver;
	struct db *db = NULL;
	struct error err = { 0 };

	(void)state;
	driver.commit = NULL;
	assert_true(place_refused(db_open(&driver, "/nowhere", &db, &err), &err, ERR_USAGE,
		"database driver 'sqlite' has no function 'commit'"));
	driver = sqlite_driver;
	driver.check = NULL;
	assert_true(place_refused(
		db_open(&driver, "/nowhere", &db, &err), &err, ERR_USAGE, "no function 'check'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_store__opens_again_with_what_was_kept),
		IN_PLACE(test_store__is_not_for_everybody_to_read),
		IN_PLACE(test_store__brings_an_old_database_up_with_its_rows),
		cmocka_unit_test(test_store__steps_of_the_schema_are_numbered_without_gaps),
		cmocka_unit_test(test_store__refuses_files_that_it_cannot_use),
		cmocka_unit_test(test_store__refuses_a_directory_that_cannot_be),
		IN_PLACE(test_store__damage_is_found),
		IN_PLACE(test_store__a_word_that_is_not_known_is_corrupt),
		IN_PLACE(test_transaction__is_kept_together_or_not_at_all),
		IN_PLACE(test_transaction__with_a_failed_part_is_undone),
		IN_PLACE(test_transaction__inside_another_is_a_part_of_it),
		IN_PLACE(test_transaction__is_seen_by_its_own_thread_alone),
		IN_PLACE(test_reading__is_of_one_moment),
		IN_PLACE(test_reading__inside_a_transaction_sees_what_that_did),
		IN_PLACE(test_store__a_killed_writer_leaves_what_it_committed),
		IN_PLACE(test_store__is_made_once_by_many_at_the_same_time),
		IN_PLACE(test_store__is_shared_by_threads),
		cmocka_unit_test(test_db__refuses_a_driver_that_lacks_a_function),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
