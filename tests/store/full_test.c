/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The disk is full at any write of any verb: the verb says so and names the file, nothing of it is done, and when there
 * is room again, it succeeds.
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

#define WRITES_MAX 2000

struct hold {
	struct place place; /* its store is the voyage's */
	struct voyage voyage;
	struct lossy *lossy;
};

static int hold_setup(void **state)
{
	struct hold *h = mem_new(1, sizeof *h);

	snprintf(h->place.directory, sizeof h->place.directory, "/tmp/patchline-full-XXXXXX");
	assert_non_null(mkdtemp(h->place.directory));
	snprintf(
		h->place.database, sizeof h->place.database, "%s/patchline.db", h->place.directory);
	h->voyage = (struct voyage){ &sqlite_driver, h->place.directory, h->place.database, NULL };
	h->lossy = lossy_plug();
	*state = h;
	return 0;
}

static int hold_teardown(void **state)
{
	struct hold *h = *state;
	struct error err = { 0 };

	store_close(h->voyage.store);
	lossy_free(h->lossy);
	assert_int_equal(0, file_remove_all(h->place.directory, &err));
	free(h);
	return 0;
}

/* Nothing to look into while no command has the store open. */
static void look(const struct hold *h, char digest[65])
{
	*digest = '\0';
	if (h->voyage.store)
		place_digest(&h->place, digest);
}

/* One leg with room for so many writes. True when they were enough. */
static bool try_leg(struct hold *h, const struct leg *leg, unsigned writes)
{
	char before[65], after[65];
	struct error err = { 0 };

	look(h, before);
	lossy_fill(h->lossy, writes);

	int result = leg->run(&h->voyage, &err);

	lossy_make_room(h->lossy);
	if (result == 0)
		return true;
	if (!place_refused(result, &err, ERR_SYSTEM, "no space left on the disk of") ||
		!strstr(err.text, h->place.database) || !strstr(err.text, "make room"))
		fail_msg("%s, room for %u writes: %s", leg->name, writes, err.text);
	look(h, after);
	if (strcmp(before, after) != 0)
		fail_msg("%s, room for %u writes: something is left of it", leg->name, writes);
	if (h->voyage.store && store_check(h->voyage.store, &err) < 0)
		fail_msg("%s, room for %u writes: %s", leg->name, writes, err.text);
	return false;
}

static void test_full__every_verb_fails_cleanly_at_every_write(void **state)
{
	struct hold *h = *state;
	unsigned failures = 0;

	for (size_t i = 0; i < voyage_leg_count; i++) {
		unsigned writes = 0;

		while (!try_leg(h, &voyage_legs[i], writes)) {
			failures++;
			assert_true(++writes < WRITES_MAX);
		}
	}
	print_message("# %zu legs, %u failures\n", voyage_leg_count, failures);
	assert_true(failures > 5 * voyage_leg_count);
}

static void test_full__what_was_written_before_is_still_read(void **state)
{
	static const struct event_draft draft = { "a", "b", SUBJECT_ENVIRONMENT, "c", NULL };
	struct hold *h = *state;
	struct error err = { 0 };
	int64_t count = 0;

	assert_int_equal(0, store_open(h->place.directory, &h->voyage.store, &err));
	assert_int_equal(0, store_event_add(h->voyage.store, &draft, &err));
	lossy_fill(h->lossy, 0);
	assert_true(place_refused(store_event_add(h->voyage.store, &draft, &err), &err, ERR_SYSTEM,
		"no space left on the disk of"));
	assert_int_equal(0, store_event_verify(h->voyage.store, &count, &err));
	assert_int_equal(1, count);
	store_close(STEAL(&h->voyage.store)); /* the log stays: there is no room to put it away */
	lossy_make_room(h->lossy);
	assert_int_equal(0, store_open(h->place.directory, &h->voyage.store, &err));
	assert_int_equal(0, store_event_verify(h->voyage.store, &count, &err));
	assert_int_equal(1, count);
	assert_int_equal(0, store_event_add(h->voyage.store, &draft, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_full__every_verb_fails_cleanly_at_every_write,
			hold_setup, hold_teardown),
		cmocka_unit_test_setup_teardown(test_full__what_was_written_before_is_still_read,
			hold_setup, hold_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
