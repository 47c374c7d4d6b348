/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power goes after any operation on the disk, and everything or a part of what was not synced with it: the store
 * opens again, is whole, has all that had returned before, and nothing that had not begun.
 */
#include "base/file.h"
#include "base/mem.h"
#include "lossy_vfs.h"
#include "store/event.h"
#include "store/store_private.h"
#include "store_fixture.h"
#include "voyage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LEGS_MAX 64

/* What a store that lost its power is. */
enum verdict {
	SOUND,
	LOST,     /* what had returned is not there */
	INVENTED, /* what had not begun is there */
	DAMAGED,  /* it does not open, is not whole, or has the half of something */
	VERDICT_COUNT,
};

static const char *const verdicts[VERDICT_COUNT] = { "sound", "lost", "invented", "damaged" };

/* A voyage, and what the store was after each leg. Two directories: the store's, and the one for what a cut leaves. */
struct log {
	char root[64], home[80], wreck[80];
	struct lossy *lossy;
	size_t begun_at[LEGS_MAX], done_at[LEGS_MAX]; /* in operations */
	char digests[LEGS_MAX][65];
};

/* Memory is quick and forgets nothing; where there is none to write to, any disk does. */
static void log_begin(struct log *log)
{
	*log = (struct log){ 0 };
	snprintf(log->root, sizeof log->root, "%s/patchline-power-XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(log->root));
	snprintf(log->home, sizeof log->home, "%s/home", log->root);
	snprintf(log->wreck, sizeof log->wreck, "%s/wreck", log->root);
	log->lossy = lossy_plug();
}

static void log_end(struct log *log)
{
	struct error err = { 0 };

	lossy_free(STEAL(&log->lossy));
	assert_int_equal(0, file_remove_all(log->root, &err));
}

static struct place place_at(const char *directory)
{
	struct place place = { 0 };

	snprintf(place.database, sizeof place.database, "%s/patchline.db", directory);
	return place;
}

/* Go the whole way, and write down what is what after each leg. */
static void log_sail(struct log *log, const struct db_driver *driver)
{
	const struct place place = place_at(log->home);
	struct voyage v = { driver, log->home, place.database, NULL };

	assert_true(voyage_leg_count <= LEGS_MAX);
	for (size_t i = 0; i < voyage_leg_count; i++) {
		struct error err = { 0 };

		log->begun_at[i] = lossy_count(log->lossy);
		if (voyage_legs[i].run(&v, &err) < 0)
			fail_msg("%s: %s", voyage_legs[i].name, err.text);
		log->done_at[i] = lossy_count(log->lossy);
		place_digest(&place, log->digests[i]);
	}
	lossy_unplug(log->lossy);
}

/* The first leg whose end the store stands at, from that one on; voyage_leg_count: at none. */
static size_t find_leg(const struct log *log, const char *digest, size_t from)
{
	size_t i = from;

	while (i < voyage_leg_count && strcmp(log->digests[i], digest) != 0)
		i++;
	return i;
}

/* A store that opens, is whole, and takes the next event. */
static int look(const char *directory, char digest[65], struct error *err)
{
	static const struct event_draft draft = { "a", "b", SUBJECT_ENVIRONMENT, "c", NULL };
	CLEANUP(store_close) struct store *store = NULL;
	const struct place place = place_at(directory);
	int64_t count = 0;

	if (store_open(directory, &store, err) < 0 || store_check(store, err) < 0 ||
		store_event_verify(store, &count, err) < 0)
		return -1;
	place_digest(&place, digest);
	if (store_event_add(store, &draft, err) < 0)
		return -1;
	return store_event_verify(store, &count, err);
}

/* Judge the wreck of a cut after so many operations. */
static enum verdict judge(const struct log *log, size_t at)
{
	size_t promised = 0, begun = 0;
	struct error err = { 0 };
	char digest[65];

	for (size_t i = 1; i < voyage_leg_count; i++) {
		if (log->done_at[i] <= at)
			promised = i;
		if (log->begun_at[i] < at)
			begun = i;
	}
	if (look(log->wreck, digest, &err) < 0) {
		print_message("# cut after %zu: %s\n", at, err.text);
		return DAMAGED;
	}

	size_t found = find_leg(log, digest, promised);

	if (found < voyage_leg_count)
		return found <= begun ? SOUND : INVENTED;
	return find_leg(log, digest, 0) < voyage_leg_count ? LOST : DAMAGED;
}

static void empty_wreck(const struct log *log)
{
	struct error err = { 0 };

	assert_int_equal(0, file_remove_all(log->wreck, &err));
	assert_int_equal(0, dir_make(log->wreck, 0700, &err));
}

static enum verdict cut(const struct log *log, size_t at, enum loss loss)
{
	empty_wreck(log);
	lossy_cut(log->lossy, at, loss, (unsigned)at, log->wreck);
	return judge(log, at);
}

/* After each operation, or each n-th; how often which verdict was given. */
static void cut_everywhere(
	const struct log *log, enum loss loss, size_t every, size_t counts[VERDICT_COUNT])
{
	for (size_t at = 0; at <= lossy_count(log->lossy); at += every)
		counts[cut(log, at, loss)]++;
}

static size_t tell(const char *what, const size_t counts[VERDICT_COUNT])
{
	size_t bad = 0;

	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		print_message("# %s: %zu %s\n", what, counts[i], verdicts[i]);
		bad += i == SOUND ? 0 : counts[i];
	}
	return bad;
}

static void test_power__a_cut_anywhere_leaves_what_was_promised(void **state)
{
	static const struct {
		const char *what;
		size_t every; /* for time */
	} losses[LOSS_COUNT] = {
		[LOSE_UNSYNCED] = { "all unsynced lost", 1 },
		[LOSE_SECTORS] = { "sectors lost", 2 },
		[LOSE_PAGES] = { "pages lost", 3 },
	};
	size_t bad = 0;
	struct log log;

	(void)state;
	log_begin(&log);
	log_sail(&log, &sqlite_driver);
	print_message("# %zu legs, %zu operations\n", voyage_leg_count, lossy_count(log.lossy));
	assert_true(lossy_count(log.lossy) > 10 * voyage_leg_count);
	for (size_t loss = 0; loss < LOSS_COUNT; loss++) {
		size_t counts[VERDICT_COUNT] = { 0 };

		cut_everywhere(&log, (enum loss)loss, losses[loss].every, counts);
		bad += tell(losses[loss].what, counts);
	}
	log_end(&log);
	assert_int_equal(0, bad);
}

/* Put a wreck in order under the same hazard: the second cut comes while the store is put right from the first one. */
static void cut_twice(struct log *log, size_t at, size_t counts[VERDICT_COUNT])
{
	CLEANUP(store_close) struct store *store = NULL;
	struct error err = { 0 };

	empty_wreck(log);
	lossy_cut(log->lossy, at, LOSE_SECTORS, (unsigned)at, log->wreck);

	struct lossy *second = lossy_plug();

	if (store_open(log->wreck, &store, &err) < 0)
		fail_msg("%s", err.text);
	store_close(STEAL(&store));
	lossy_unplug(second);
	for (size_t i = 0; i <= lossy_count(second); i++) {
		empty_wreck(log);
		lossy_cut(second, i, i % 2 ? LOSE_SECTORS : LOSE_UNSYNCED, (unsigned)i, log->wreck);
		counts[judge(log, at)]++;
	}
	lossy_free(second);
}

static void test_power__a_second_cut_while_the_first_is_put_right(void **state)
{
	size_t counts[VERDICT_COUNT] = { 0 };
	struct log log;

	(void)state;
	log_begin(&log);
	log_sail(&log, &sqlite_driver);
	for (size_t at = 1; at <= lossy_count(log.lossy); at += 97)
		cut_twice(&log, at, counts);

	size_t bad = tell("cut twice", counts);

	log_end(&log);
	assert_int_equal(0, bad);
}

/* A driver that is less careful than ours. */
static int open_careless(void *context, const char *path, struct db **out, struct error *err)
{
	CLEANUP(db_close) struct db *db = NULL;

	if (sqlite_driver.open(NULL, path, &db, err) < 0 ||
		sqlite_driver.script(db, context, err) < 0)
		return -1;
	*out = STEAL(&db);
	return 0;
}

static void test_power__without_syncs_entries_are_lost(void **state)
{
	static char off[] = "PRAGMA synchronous = OFF", normal[] = "PRAGMA synchronous = NORMAL";
	char *const settings[] = { off, normal };

	(void)state;
	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		size_t counts[VERDICT_COUNT] = { 0 };
		struct db_driver careless = sqlite_driver;
		struct log log;

		careless.open = open_careless;
		careless.context = settings[i];
		log_begin(&log);
		log_sail(&log, &careless);
		cut_everywhere(&log, LOSE_UNSYNCED, 11, counts);
		tell(settings[i], counts);
		log_end(&log);
		assert_true(counts[LOST] > 10);
	}
}

static void test_power__a_commit_that_the_disk_does_not_confirm_is_uncertain(void **state)
{
	static const struct event_draft draft = { "a", "b", SUBJECT_ENVIRONMENT, "c", NULL };
	CLEANUP(store_close) struct store *store = NULL;
	struct error err = { 0 };
	int64_t count = 0;
	struct log log;

	(void)state;
	log_begin(&log);
	assert_int_equal(0, store_open(log.home, &store, &err));
	lossy_break_syncs(log.lossy, true);
	assert_true(place_refused(
		store_event_add(store, &draft, &err), &err, ERR_UNCERTAIN, "patchline.db"));
	lossy_break_syncs(log.lossy, false);
	assert_int_equal(0, store_event_verify(store, &count, &err));
	assert_int_equal(0, count);
	assert_int_equal(0, store_event_add(store, &draft, &err));
	store_close(STEAL(&store));
	log_end(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_power__a_cut_anywhere_leaves_what_was_promised),
		cmocka_unit_test(test_power__a_second_cut_while_the_first_is_put_right),
		cmocka_unit_test(test_power__without_syncs_entries_are_lost),
		cmocka_unit_test(test_power__a_commit_that_the_disk_does_not_confirm_is_uncertain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
