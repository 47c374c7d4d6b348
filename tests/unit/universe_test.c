/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "plan/universe.h"
#include "plan/universe_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DIGEST   "5b72d419dc0fdaaf3765268e9b5edba6f545cd63f926d3c4d807fc3e33b86cdd"
#define CAPITALS "ABCDEF19DC0FDAAF3765268E9B5EDBA6F545CD63F926D3C4D807FC3E33B86CDD"
#define HEAD     "Platform: debian-12-amd64\nArchitectures: amd64\n\n"

#define OPENSSL                                                                                    \
	"Package: openssl\nSource: ossl (1:3.0.22-1)\nVersion: 3.0.22-1+b1\nArchitecture: amd64\n" \
	"Depends: libssl3 (>= 3.0.9)\nX-Odd:  kept \tas it is \n more\n"                           \
	"Filename: pool/o/openssl.deb\nSize: 1021788\nSHA256: " DIGEST "\n"

/* Feed a text as an index; its file is gone at once, as when a sync has replaced it. */
static int read_text(struct universe *u, const char *text, bool is_security, struct error *err)
{
	char path[] = "/tmp/patchline-universe-XXXXXX";
	int fd = mkstemp(path);
	struct feed feed = { .name = "main", .path = path, .is_security = is_security };

	assert_true(fd >= 0);
	assert_int_equal(strlen(text), write(fd, text, strlen(text)));
	close(fd);

	int result = universe_read(u, &feed, err);

	unlink(path);
	return result;
}

static struct hoststate *state_of(const char *text)
{
	struct hoststate *s = NULL;
	struct error err = { 0 };

	assert_int_equal(0, hoststate_read(text, strlen(text), &s, &err));
	return s;
}

static void test_universe__keeps_what_an_index_tells(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(known_file_done) struct known_file file = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(u, OPENSSL, true, &err));
	universe_finish(u);

	uint32_t version = universe_find(u, "openssl", "amd64", "3.0.22-1+b1");
	struct known k = universe_at(u, version);

	assert_int_equal(1, universe_count(u));
	assert_string_equal("openssl", k.name);
	assert_string_equal("ossl", k.source);
	assert_string_equal("1:3.0.22-1", k.source_version);
	assert_string_equal("main", k.feed);
	assert_int_equal(0, universe_file(u, version, &file, &err));
	assert_string_equal("pool/o/openssl.deb", file.filename);
	assert_string_equal(DIGEST, file.sha256);
	assert_int_equal(1021788, file.size);
	assert_true(k.is_security && k.is_available);
	assert_int_equal(UNIVERSE_NONE, universe_find(u, "openssl", "amd64", "3.0.22-1"));
	assert_int_equal(UNIVERSE_NONE, universe_find(u, "openssl", "i386", "3.0.22-1+b1"));
}

static void test_universe__gives_stanzas_back_byte_for_byte(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(free) char *text = NULL;
	struct error err = { 0 };
	size_t size = 0;

	(void)state;
	assert_int_equal(
		0, read_text(u, "\nPackage: a\nVersion: 1\nArchitecture: all\n\n\n" OPENSSL, false,
			   &err));
	universe_finish(u);
	assert_int_equal(0, universe_stanza(u, 1, &text, &size, &err));
	assert_string_equal(OPENSSL, text);
	assert_int_equal(sizeof OPENSSL - 1, size);
}

static void test_universe__notices_an_index_changed_in_place(void **state)
{
	char path[] = "/tmp/patchline-universe-XXXXXX";
	int fd = mkstemp(path);
	struct feed feed = { .name = "main", .path = path };
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(free) char *text = NULL;
	struct error err = { 0 };
	size_t size = 0;

	(void)state;
	assert_int_equal(sizeof OPENSSL - 1, write(fd, OPENSSL, sizeof OPENSSL - 1));
	assert_int_equal(0, universe_read(u, &feed, &err));
	universe_finish(u);
	assert_int_equal(8, pwrite(fd, "libssl33", 8, 9));
	assert_int_equal(-1, universe_stanza(u, 0, &text, &size, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_null(text);
	close(fd);
	unlink(path);
}

static void test_universe__takes_a_version_from_the_first_feed_that_has_it(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(known_file_done) struct known_file file = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0,
		read_text(u, "Package: a\nVersion: 1\nArchitecture: all\nSize: 1\n", false, &err));
	assert_int_equal(0,
		read_text(u, "Package: a\nVersion: 1\nArchitecture: all\nSize: 2\n", true, &err));
	assert_int_equal(1, universe_count(u));
	assert_int_equal(0, universe_file(u, 0, &file, &err));
	assert_int_equal(1, file.size);
	assert_true(universe_at(u, 0).is_security);
}

static void test_universe__adds_what_only_hosts_have(void **state)
{
	static const char text[] = HEAD "Package: openssl\nVersion: 3.0.22-1+b1\n"
					"Architecture: amd64\nDepends: libssl3(>=3.0.9)\n\n"
					"Package: acme\nVersion: 1\nArchitecture: amd64\n";
	static const char rebuilt[] = HEAD "Package: openssl\nVersion: 3.0.22-1+b1\n"
					   "Architecture: amd64\nDepends: libssl4\n";
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(hoststate_free) struct hoststate *usual = state_of(text), *odd = state_of(rebuilt);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(u, OPENSSL, false, &err));
	assert_int_equal(0, universe_add_state(u, usual, &err));
	assert_int_equal(2, universe_count(u));
	assert_false(universe_at(u, 1).is_available);
	assert_int_equal(UNIVERSE_NONE, universe_find(u, "acme", "amd64", "1"));
	assert_int_equal(0, universe_add_state(u, odd, &err));
	assert_int_equal(0, universe_add_state(u, odd, &err));
	assert_int_equal(3, universe_count(u));
}

static void test_universe__leaves_out_what_cannot_be_read(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "Version: 1\n", "line 5: '' is not the name of a package" },
		{ "\nPackage: a\nArchitecture: all\n", "line 6: 'a' has the version ''" },
		{ "Package: a\nVersion: 1.0_2\nArchitecture: all\n",
			"'a' has the version '1.0_2', which is none" },
		{ "Package: a\nVersion: 1\n", "'a' has no known architecture" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nSize: 1k\n",
			"'a': '1k' is not a size in bytes" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nSize: -5\n",
			"'a': '-5' is not a size in bytes" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nSHA256: beef\n",
			"the SHA256 'beef', which is none" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nSHA256: " CAPITALS "\n",
			"the SHA256 'ABCDEF" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nDepends: z (>= 1), b (>= 1\n",
			"'a': want a version and ')'" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nDepends: libc6 (>= )\n",
			"'a': want a version and ')'" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nProvides: z\nDepends: ${shlibs:Depends}, b\n",
			"'a': want the name of a package at '${shlibs" },
		{ "Package: a\nVersion: 1\nArchitecture: all\nVersion: 2\n",
			"line 8: field 'Version' is there twice" },
		{ "Package: a\nno colon\n", "line 6: no colon" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(universe_free) struct universe *u = universe_new("amd64");
		CLEANUP(free)
		char *text = mem_printf("Package: before\nVersion: 1\nArchitecture: all\n\n%s\n"
					"Package: behind\nVersion: 1\nArchitecture: all\n",
			cases[i].text);
		struct error err = { 0 };

		assert_int_equal(0, read_text(u, text, false, &err));
		universe_finish(u);
		assert_int_equal(2, universe_count(u));
		assert_int_equal(0, universe_find(u, "before", "all", "1"));
		assert_int_equal(1, universe_find(u, "behind", "all", "1"));
		assert_int_equal(0, u->word_count);
		assert_int_equal(1, universe_unread_count(u));
		assert_int_equal(1, universe_unread_at(u, 0).count);
		assert_non_null(strstr(universe_unread_at(u, 0).reason, cases[i].told));
	}
}

static void test_universe__names_some_of_the_unread_and_counts_all(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(str_done) struct str text = { 0 };
	struct error err = { 0 };
	size_t count = 0;

	(void)state;
	for (int i = 0; i < 500; i++)
		str_addf(&text, "Package: a%d\nVersion: 1_%d\nArchitecture: all\n\n", i, i);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(0, read_text(u, str_text(&text), false, &err));
		assert_int_equal((i + 1) * 20, universe_unread_count(u));
	}
	for (size_t i = 0; i < universe_unread_count(u); i++) {
		assert_int_equal(i / 20, universe_unread_at(u, i).feed);
		count += universe_unread_at(u, i).count;
	}
	assert_int_equal(1000, count);
}

/* 40 architectures of which tables have room for 32: what does not fit is left out, each by itself. */
static void test_universe__leaves_out_what_has_no_room(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	CLEANUP(str_done) struct str text = { 0 };
	struct error err = { 0 };

	(void)state;
	for (int half = 0; half < 2; half++) {
		str_done(&text);
		for (int i = half * 20; i < half * 20 + 20; i++)
			str_addf(&text, "Package: a\nVersion: %d\nArchitecture: x%d\n\n", i, i);
		str_add(&text, "Package: last\nVersion: 1\nArchitecture: amd64\n");
		assert_int_equal(0, read_text(u, str_text(&text), false, &err));
	}
	universe_finish(u);
	assert_int_equal(31 + 1, universe_count(u));
	assert_int_equal(9, universe_unread_count(u));
	assert_string_equal("'a': more than 32 architectures", universe_unread_at(u, 0).reason);
}

static void test_universe__says_when_there_is_no_index(void **state)
{
	const struct feed feed = { .name = "main", .path = "/nonexistent/Packages" };
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(-1, universe_read(u, &feed, &err));
	assert_int_equal(ERR_NOT_FOUND, err.kind);
}

static void test_universe__wants_one_native_architecture(void **state)
{
	CLEANUP(universe_free) struct universe *u = universe_new("arm64");
	CLEANUP(hoststate_free) struct hoststate *s = state_of(HEAD);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(-1, universe_add_state(u, s, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_string_equal("a host of amd64 among hosts of arm64", err.text);
}

/* Deep enough for libsolv to end the process, and one more than is taken. */
static void test_universe__leaves_out_more_than_the_limits(void **state)
{
	static const struct {
		const char *field, *between, *told;
		int good, bad;
	} cases[] = {
		{ "Depends: c", " | c", "more than 1000 alternatives in one relation", 1000, 1001 },
		{ "Depends: c", " | c", "more than 1000 alternatives in one relation", 1000,
			50000 },
		{ "Provides: c", ", c", "more than 20000 relations", 20000, 20001 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(universe_free) struct universe *u = universe_new("amd64");
		CLEANUP(str_done) struct str text = { 0 };
		struct error err = { 0 };

		str_addf(&text, "Package: a\nVersion: 1\nArchitecture: all\n%s", cases[i].field);
		for (int k = 1; k < cases[i].good; k++)
			str_add(&text, cases[i].between);
		str_addf(
			&text, "\n\nPackage: b\nVersion: 1\nArchitecture: all\n%s", cases[i].field);
		for (int k = 1; k < cases[i].bad; k++)
			str_add(&text, cases[i].between);
		assert_int_equal(0, read_text(u, str_text(&text), false, &err));
		assert_int_equal(1, universe_count(u));
		assert_int_equal(0, universe_find(u, "a", "all", "1"));
		assert_int_equal(1, universe_unread_count(u));
		assert_non_null(strstr(universe_unread_at(u, 0).reason, cases[i].told));
		assert_non_null(strstr(universe_unread_at(u, 0).reason, "line 6: 'b'"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_universe__keeps_what_an_index_tells),
		cmocka_unit_test(test_universe__gives_stanzas_back_byte_for_byte),
		cmocka_unit_test(test_universe__notices_an_index_changed_in_place),
		cmocka_unit_test(test_universe__takes_a_version_from_the_first_feed_that_has_it),
		cmocka_unit_test(test_universe__adds_what_only_hosts_have),
		cmocka_unit_test(test_universe__leaves_out_what_cannot_be_read),
		cmocka_unit_test(test_universe__names_some_of_the_unread_and_counts_all),
		cmocka_unit_test(test_universe__leaves_out_what_has_no_room),
		cmocka_unit_test(test_universe__leaves_out_more_than_the_limits),
		cmocka_unit_test(test_universe__says_when_there_is_no_index),
		cmocka_unit_test(test_universe__wants_one_native_architecture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
