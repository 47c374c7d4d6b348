/* SPDX-License-Identifier: Apache-2.0 */
#include "store/candidate.h"
#include "store/set.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A digest that begins with `prefix` and goes on with zeros. */
static void add(struct store *store, const char *prefix)
{
	char digest[65];
	struct error err = { 0 };
	struct set_row set = { .digest = digest,
		.release = "2.2",
		.package_count = 7,
		.total_size = 5000000000,
		.summary = "{\"cves\":3}" };

	memset(digest, '0', 64);
	digest[64] = '\0';
	memcpy(digest, prefix, strlen(prefix));
	assert_int_equal(0, store_set_add(store, &set, "alice", &err));
}

static void test_set__keeps_every_field(void **state)
{
	struct place *place = *state;
	CLEANUP(set_row_done) struct set_row set = { 0 };
	struct error err = { 0 };

	add(place->store, "beef");
	assert_int_equal(0, store_set_find(place->store, "beef", &set, &err));
	assert_int_equal(64, strlen(set.digest));
	assert_string_equal("alice", set.created_by);
	assert_string_equal("2.2", set.release);
	assert_int_equal(7, set.package_count);
	assert_true(set.total_size == 5000000000);
	assert_string_equal("{\"cves\":3}", set.summary);
	assert_true(set.created_at > 1700000000);
}

static void test_set__is_found_by_a_unique_beginning_only(void **state)
{
	static const struct {
		const char *prefix;
		enum error_kind kind; /* ERR_NONE: found */
		const char *told;
	} cases[] = {
		{ "abcd1", ERR_NONE, "" },
		{ "abcd10000000", ERR_NONE, "" },
		{ "abcd1"
		  "00000000000000000000000000000000000000000000000000000000000",
			ERR_NONE, "" },
		{ "abcd", ERR_USAGE, "'abcd' may mean more than one patch set: abcd1000" },
		{ "abc", ERR_USAGE, "too short" },
		{ "", ERR_USAGE, "too short" },
		{ "abce", ERR_NOT_FOUND, "there is no patch set 'abce'" },
		{ "ABCD", ERR_USAGE, "want up to 64 digits" },
		{ "abcd%", ERR_USAGE, "want up to 64 digits" },
		{ "abcd1"
		  "000000000000000000000000000000000000000000000000000000000000",
			ERR_USAGE, "want up to 64 digits" },
	};
	struct place *place = *state;

	add(place->store, "abcd1");
	add(place->store, "abcd2");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(set_row_done) struct set_row set = { 0 };
		struct error err = { 0 };
		int result = store_set_find(place->store, cases[i].prefix, &set, &err);

		if (cases[i].kind == ERR_NONE)
			assert_int_equal(0, result);
		else
			assert_true(place_refused(result, &err, cases[i].kind, cases[i].told));
		assert_true(cases[i].kind == ERR_NONE || !set.digest);
	}
}

static void test_set__ambiguous_beginning_names_the_matches(void **state)
{
	struct place *place = *state;
	CLEANUP(set_row_done) struct set_row set = { 0 };
	struct error err = { 0 };
	char prefix[8];

	for (int i = 0; i < 9; i++) {
		snprintf(prefix, sizeof prefix, "abcd%d", i);
		add(place->store, prefix);
	}
	assert_true(place_refused(
		store_set_find(place->store, "abcd", &set, &err), &err, ERR_USAGE, " ..."));
	assert_non_null(strstr(err.text, "abcd0000"));
	assert_non_null(strstr(err.text, "abcd5000"));
	assert_null(strstr(err.text, "abcd6000"));
}

static void test_set__sealed_twice_is_one_set_and_one_event(void **state)
{
	struct place *place = *state;
	CLEANUP(set_rows_done) struct set_rows sets = { 0 };
	struct error err = { 0 };

	add(place->store, "01");
	add(place->store, "02");
	add(place->store, "01");
	assert_int_equal(0, store_sets(place->store, &sets, &err));
	assert_int_equal(2, sets.count);
	assert_memory_equal("02", sets.items[0].digest, 2); /* newest first */
	assert_int_equal(
		2, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'set.sealed'"));
}

static void test_set__refuses_what_is_no_digest(void **state)
{
	static const char *const bad[] = { NULL, "", "abcd",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" };
	struct place *place = *state;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct error err = { 0 };
		struct set_row set = { .digest = bad[i] };

		assert_true(place_refused(store_set_add(place->store, &set, "alice", &err), &err,
			ERR_USAGE, "is not the digest of a patch set"));
	}
}

static void test_candidate__is_one_for_a_pair(void **state)
{
	struct place *place = *state;
	CLEANUP(candidate_row_done) struct candidate_row again = { 0 };
	struct error err = { 0 };

	place_furnish(place->store);
	assert_int_equal(0, store_candidate_add(place->store,
				    &(struct candidate_draft){ "2.2", place_set, LANE_CODE_LINE },
				    "bob", &again, &err));
	assert_string_equal(place_candidate, again.id);
	assert_string_equal("2.2", again.release);
	assert_string_equal(place_set, again.set);
	assert_string_equal("alice", again.created_by);
	assert_int_equal(0, again.closed_at);
	assert_null(again.closed_reason);
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'candidate.made'"));
}

static void test_candidate__wants_a_set_and_a_plain_release(void **state)
{
	static const struct {
		const char *release, *set;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{ "2.2", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
			ERR_NOT_FOUND, "making the candidate '2.2+bbbbbbbbbbbb': the store lacks" },
		{ "", place_set, ERR_USAGE, "a release wants a name" },
		{ "2 2", place_set, ERR_USAGE, "white space" },
		{ "2+2", place_set, ERR_USAGE, "'+'" },
		{ "../2", place_set, ERR_USAGE, "'/'" },
		{ "2\n", place_set, ERR_USAGE, "control" },
	};
	struct place *place = *state;

	place_furnish(place->store);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct candidate_row row = { 0 };
		struct error err = { 0 };
		const struct candidate_draft draft = { cases[i].release, cases[i].set,
			LANE_CODE_LINE };
		int result = store_candidate_add(place->store, &draft, "alice", &row, &err);

		assert_true(place_refused(result, &err, cases[i].kind, cases[i].told));
		assert_null(row.id);
	}
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM candidate"));
}

static void make_in(struct store *store, const char *release, const char *prefix, enum lane lane)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	char digest[65];
	struct error err = { 0 };

	add(store, prefix);
	memset(digest, '0', 64);
	digest[64] = '\0';
	memcpy(digest, prefix, strlen(prefix));
	assert_int_equal(
		0, store_candidate_add(store, &(struct candidate_draft){ release, digest, lane },
			   "alice", &row, &err));
}

static void make(struct store *store, const char *release, const char *prefix)
{
	make_in(store, release, prefix, LANE_CODE_LINE);
}

static void test_candidate__of_the_snapshot_lane_is_not_picked_by_release(void **state)
{
	static const struct {
		const char *text, *id; /* NULL: refused */
	} cases[] = {
		{ "2.2", "2.2+a10000000000" },
		{ "2.2+b1", "2.2+b10000000000" },
		{ "2.3+c10000000000", "2.3+c10000000000" },
		{ "2.3+", "2.3+c10000000000" },
		{ "2.3", NULL },
		{ "2", "2.2+a10000000000" },
	};
	struct place *place = *state;
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };
	struct error err = { 0 };

	make(place->store, "2.2", "a1");
	make_in(place->store, "2.2", "b1", LANE_SNAPSHOT);
	make_in(place->store, "2.3", "c1", LANE_SNAPSHOT);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
		int result = store_candidate_find(place->store, cases[i].text, &row, &err);

		if (!cases[i].id)
			assert_true(place_refused(result, &err, ERR_NOT_FOUND, "'2.3'"));
		else
			assert_string_equal(cases[i].id, row.id);
	}
	assert_int_equal(0, store_candidates(place->store, "2.2", &rows, &err));
	assert_int_equal(1, rows.count);
	candidate_rows_done(&rows);
	assert_int_equal(0, store_candidates(place->store, NULL, &rows, &err));
	assert_int_equal(3, rows.count);
	assert_int_equal(LANE_SNAPSHOT, rows.items[0].lane);
	assert_int_equal(LANE_CODE_LINE, rows.items[2].lane);
}

static void test_candidate__joins_the_line_when_it_is_frozen_with_its_release(void **state)
{
	struct place *place = *state;
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	struct error err = { 0 };

	make_in(place->store, "2.2", "b1", LANE_SNAPSHOT);
	make(place->store, "2.2", "a1");
	make(place->store, "2.2", "b1");
	assert_int_equal(0, store_candidate_find(place->store, "2.2", &row, &err));
	assert_string_equal("2.2+b10000000000", row.id);
	assert_int_equal(LANE_CODE_LINE, row.lane);
	candidate_row_done(&row);
	make_in(place->store, "2.2", "a1", LANE_SNAPSHOT);
	assert_int_equal(0, store_candidate_find(place->store, "2.2+a1", &row, &err));
	assert_int_equal(LANE_CODE_LINE, row.lane);
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'candidate.joined'"));
}

static void test_candidate__is_found_by_id_release_or_beginning(void **state)
{
	static const struct {
		const char *text, *id; /* NULL: not found */
		enum error_kind kind;
	} cases[] = {
		{ "2.2+a10000000000", "2.2+a10000000000", ERR_NONE },
		{ "2.2", "2.2+a20000000000", ERR_NONE }, /* the newest */
		{ "2.2+a1", "2.2+a10000000000", ERR_NONE },
		{ "2.3", "2.3+a10000000000", ERR_NONE },
		{ "2.3+", "2.3+a10000000000", ERR_NONE },
		{ "2.2+a", NULL, ERR_USAGE },
		{ "2.4", NULL, ERR_NOT_FOUND },
		{ "2.2+b", NULL, ERR_NOT_FOUND },
		{ "", NULL, ERR_USAGE },
		{ "%", NULL, ERR_NOT_FOUND },
	};
	struct place *place = *state;

	make(place->store, "2.2", "a1");
	make(place->store, "2.2", "a2");
	make(place->store, "2.3", "a1");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
		struct error err = { 0 };
		int result = store_candidate_find(place->store, cases[i].text, &row, &err);

		if (!cases[i].id)
			assert_true(place_refused(result, &err, cases[i].kind, ""));
		else
			assert_int_equal(0, result);
		if (cases[i].id)
			assert_string_equal(cases[i].id, row.id);
	}
}

static void test_candidate__closes_once(void **state)
{
	struct place *place = *state;
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };
	struct error err = { 0 };

	make(place->store, "2.2", "a1");
	make(place->store, "2.3", "a1");
	assert_int_equal(0,
		store_candidate_close(place->store, "2.2+a10000000000", "rejected", "bob", &err));
	assert_true(place_refused(
		store_candidate_close(place->store, "2.2+a10000000000", "again", "bob", &err), &err,
		ERR_CONFLICT, "closed already: rejected"));
	assert_true(place_refused(store_candidate_close(place->store, "9+9", "no", "bob", &err),
		&err, ERR_NOT_FOUND, "there is no candidate '9+9'"));
	assert_int_equal(0, store_candidates(place->store, NULL, &rows, &err));
	assert_int_equal(2, rows.count);
	assert_string_equal("2.3", rows.items[0].release);
	assert_int_equal(0, rows.items[0].closed_at);
	assert_true(rows.items[1].closed_at > 0);
	assert_string_equal("rejected", rows.items[1].closed_reason);
	candidate_rows_done(&rows);
	assert_int_equal(0, store_candidates(place->store, "2.2", &rows, &err));
	assert_int_equal(1, rows.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_set__keeps_every_field),
		IN_PLACE(test_set__is_found_by_a_unique_beginning_only),
		IN_PLACE(test_set__ambiguous_beginning_names_the_matches),
		IN_PLACE(test_set__sealed_twice_is_one_set_and_one_event),
		IN_PLACE(test_set__refuses_what_is_no_digest),
		IN_PLACE(test_candidate__is_one_for_a_pair),
		IN_PLACE(test_candidate__wants_a_set_and_a_plain_release),
		IN_PLACE(test_candidate__is_found_by_id_release_or_beginning),
		IN_PLACE(test_candidate__of_the_snapshot_lane_is_not_picked_by_release),
		IN_PLACE(test_candidate__joins_the_line_when_it_is_frozen_with_its_release),
		IN_PLACE(test_candidate__closes_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
