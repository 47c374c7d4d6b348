/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/original.h"
#include "model/hoststate.h"
#include "store/host.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STATE_HEAD "Platform: debian-12-amd64\nArchitectures: amd64\n"
#define PACKAGE(status, name, version)                                                             \
	"\nPackage: " name "\nStatus: " status                                                     \
	" ok installed\nArchitecture: amd64\nVersion: " version "\n"

static struct hoststate *read_state(const char *text)
{
	struct hoststate *state = NULL;
	struct error err = { 0 };

	if (hoststate_read(text, strlen(text), &state, &err) < 0)
		fail_msg("%s", err.text);
	return state;
}

/* An original with one host in that state, and one file. */
static struct original *make(const char *release, const char *state_text, const char *content)
{
	CLEANUP(hoststate_free) struct hoststate *state = read_state(state_text);
	struct original *o = original_new("production", release, 1000);
	char packages[DIGEST_HEX_SIZE];

	original_add_host(o, &(struct original_host){ .name = "web1",
				     .group = "web",
				     .release = release ? release : "",
				     .state = hoststate_digest(state),
				     .packages = packages_digest(state, packages) });
	if (content)
		original_add_file(
			o, &(struct original_file){ "/etc/app", "file", "644 0:0", content });
	return o;
}

static void keep_state(struct store *store, const char *text)
{
	CLEANUP(hoststate_free) struct hoststate *state = read_state(text);
	struct error err = { 0 };

	assert_int_equal(0, store_state_put(store, hoststate_digest(state),
				    hoststate_platform(state), text, &err));
}

static const char before[] = STATE_HEAD PACKAGE("install", "nginx", "1.22.1-9")
	PACKAGE("install", "openssl", "3.0.17-1") PACKAGE("install", "zlib1g", "1.2.13");
static const char after[] = STATE_HEAD PACKAGE("install", "jq", "1.6")
	PACKAGE("install", "nginx", "1.22.1-10") PACKAGE("hold", "openssl", "3.0.17-1");
/* Differs in what does not count. */
static const char same[] = STATE_HEAD PACKAGE("install", "nginx", "1.22.1-9") PACKAGE(
	"install", "openssl", "3.0.17-1") PACKAGE("install", "zlib1g", "1.2.13") "Auto: yes\n";

static void expect(const struct differences *d, size_t index, const char *words)
{
	assert_in_range(index, 0, d->count - 1);
	assert_string_equal(words, d->items[index]);
}

static void test_original__is_read_as_it_was_written(void **state)
{
	CLEANUP(original_free) struct original *o = make("2.2", before, "aa");
	CLEANUP(original_free) struct original *again = NULL;
	CLEANUP(free) char *text = original_write(o);
	char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	(void)state;
	if (original_read(text, &again, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal("/etc/app", original_at(again, 0)->files[0].path);
	assert_string_equal(original_fingerprint(o, a), original_fingerprint(again, b));
}

static void test_original__refuses_what_is_none(void **state)
{
	static const char *const texts[] = { "", "[]", "{}", "{\"environment\":\"p\"}",
		"{\"environment\":\"p\",\"release\":\"\",\"hosts\":[{\"name\":\"web1\"}]}" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct original *o = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, original_read(texts[i], &o, &err));
		assert_null(o);
		assert_int_equal(ERR_CORRUPT, err.kind);
	}
}

/* The fingerprint does not depend on the order in which hosts and files were read. */
static void test_original__has_one_fingerprint_in_any_order(void **state)
{
	static const struct original_host hosts[] = {
		{ .name = "a", .group = "web", .release = "", .state = "s", .packages = "p" },
		{ .name = "b", .group = "web", .release = "", .state = "s", .packages = "q" },
	};
	static const struct original_file files[] = {
		{ "/etc/a", "file", "644 0:0", "1" },
		{ "/etc/b", "link", "", "/etc/a" },
	};
	CLEANUP(original_free) struct original *forth = original_new("e", NULL, 1);
	CLEANUP(original_free) struct original *back = original_new("e", NULL, 2);
	char x[DIGEST_HEX_SIZE], y[DIGEST_HEX_SIZE];

	(void)state;
	for (int i = 0; i < 2; i++) {
		original_add_host(forth, &hosts[i]);
		original_add_file(forth, &files[0]);
		original_add_file(forth, &files[1]);
		original_add_host(back, &hosts[1 - i]);
		original_add_file(back, &files[1]);
		original_add_file(back, &files[0]);
	}
	assert_string_equal("a", original_at(back, 0)->name);
	assert_string_equal(original_fingerprint(forth, x), original_fingerprint(back, y));
}

/* A folder of its own for each test; removed with its store. */
struct fixture {
	char folder[40];
	struct store *store;
};

static void fixture_begin(struct fixture *f)
{
	struct error err = { 0 };

	strcpy(f->folder, "/tmp/patchline-original-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	assert_int_equal(0, store_open(f->folder, &f->store, &err));
	keep_state(f->store, before);
	keep_state(f->store, after);
	keep_state(f->store, same);
}

static void fixture_done(struct fixture *f)
{
	struct error err = { 0 };

	store_close(f->store);
	assert_int_equal(0, file_remove_all(f->folder, &err));
}
CLEANUP_DONE(struct fixture, fixture_done)

static void test_original__tells_every_change_in_words(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };
	CLEANUP(original_free) struct original *then = make("2.2", before, "aa");
	CLEANUP(original_free) struct original *now = make("2.3", after, "bb");
	CLEANUP(differences_done) struct differences d = { 0 };
	char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	(void)state;
	fixture_begin(&f);
	original_add_file(now, &(struct original_file){ "/etc/new", "missing", "", "" });
	assert_int_equal(0, original_compare(f.store, then, now, &d, &err));
	assert_int_equal(8, d.count);
	expect(&d, 0, "release 2.2 -> 2.3");
	expect(&d, 1, "web1: release 2.2 -> 2.3");
	expect(&d, 2, "web1: jq 1.6 is new");
	expect(&d, 3, "web1: nginx 1.22.1-9 -> 1.22.1-10");
	expect(&d, 4, "web1: openssl is on hold");
	expect(&d, 5, "web1: zlib1g 1.2.13 is gone");
	expect(&d, 6, "web1: /etc/app changed");
	expect(&d, 7, "web1: /etc/new is new");
	assert_string_not_equal(original_fingerprint(then, a), original_fingerprint(now, b));
}

static void test_original__is_the_same_where_only_marks_differ(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };
	CLEANUP(original_free) struct original *then = make("2.2", before, "aa");
	CLEANUP(original_free) struct original *now = make("2.2", same, "aa");
	CLEANUP(differences_done) struct differences d = { 0 };
	char a[DIGEST_HEX_SIZE], b[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	(void)state;
	fixture_begin(&f);
	assert_int_equal(0, original_compare(f.store, then, now, &d, &err));
	assert_int_equal(0, d.count);
	assert_string_equal(original_fingerprint(then, a), original_fingerprint(now, b));
}

static void test_original__tells_files_and_hosts_that_came_and_went(void **state)
{
	static const struct {
		struct original_file then, now;
		const char *words;
	} cases[] = {
		{ { "/etc/x", "file", "644 0:0", "1" }, { "/etc/x", "file", "600 0:0", "1" },
			"web1: /etc/x has other permissions: 644 0:0 -> 600 0:0" },
		{ { "/etc/x", "file", "644 0:0", "1" }, { "/etc/x", "missing", "", "" },
			"web1: /etc/x was a file, is missing" },
		{ { "/etc/x", "link", "", "/a" }, { "/etc/x", "link", "", "/b" },
			"web1: /etc/x changed" },
		{ { "/etc/x", "file", "644 0:0", "1" }, { "/etc/y", "file", "644 0:0", "1" },
			"web1: /etc/x is gone" },
	};
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	fixture_begin(&f);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(original_free) struct original *then = make(NULL, before, NULL);
		CLEANUP(original_free) struct original *now = make(NULL, before, NULL);
		CLEANUP(differences_done) struct differences d = { 0 };
		struct error err = { 0 };

		original_add_file(then, &cases[i].then);
		original_add_file(now, &cases[i].now);
		assert_int_equal(0, original_compare(f.store, then, now, &d, &err));
		expect(&d, 0, cases[i].words);
	}
}

static void test_original__needs_the_states_that_it_names(void **state)
{
	static const char unknown[] = STATE_HEAD PACKAGE("install", "nginx", "9");
	CLEANUP(fixture_done) struct fixture f = { 0 };
	CLEANUP(original_free) struct original *then = make("2.2", before, NULL);
	CLEANUP(original_free) struct original *now = make("2.2", unknown, NULL);
	struct differences d = { 0 };
	struct error err = { 0 };

	(void)state;
	fixture_begin(&f);
	assert_int_equal(-1, original_compare(f.store, then, now, &d, &err));
	assert_int_equal(ERR_NOT_FOUND, err.kind);
	assert_int_equal(0, d.count);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_original__is_read_as_it_was_written),
		cmocka_unit_test(test_original__refuses_what_is_none),
		cmocka_unit_test(test_original__has_one_fingerprint_in_any_order),
		cmocka_unit_test(test_original__tells_every_change_in_words),
		cmocka_unit_test(test_original__is_the_same_where_only_marks_differ),
		cmocka_unit_test(test_original__tells_files_and_hosts_that_came_and_went),
		cmocka_unit_test(test_original__needs_the_states_that_it_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
