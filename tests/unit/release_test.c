/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "content/release.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SUM  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DATE "Date: Sat, 21 Nov 2026 08:15:00 UTC\n"

static const char full[] =
	"Origin: Debian\nLabel: Debian-Security\nSuite: oldstable-security\n"
	"Codename: bookworm-security\n" DATE "Valid-Until: Sat, 28 Nov 2026 08:15:00 UTC\n"
	"Acquire-By-Hash: yes\nArchitectures: all amd64\nSHA256:\n"
	" " SUM "     1234 updates/main/binary-amd64/Packages.xz\n"
	" " SUM "        0 main/source/Sources\n";

static void test_release__tells_what_is_in_it(void **state)
{
	CLEANUP(release_free) struct release *r = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, release_read(full, sizeof full - 1, &r, &err));

	const struct release_facts *f = release_facts(r);
	const struct release_file *file = release_find(r, "updates/main/binary-amd64/Packages.xz");

	assert_string_equal("Debian", f->origin);
	assert_string_equal("Debian-Security", f->label);
	assert_string_equal("oldstable-security", f->suite);
	assert_string_equal("bookworm-security", f->codename);
	assert_int_equal(1795248900, f->date);
	assert_int_equal(1795248900 + 7 * 86400, f->valid_until);
	assert_true(f->has_by_hash && f->has_all_index);
	assert_non_null(file);
	assert_int_equal(1234, file->size);
	assert_string_equal(SUM, file->digest);
	assert_string_equal("SHA256", f->digests);
	assert_true(release_serves(r, "all") && release_serves(r, "amd64"));
	assert_false(release_serves(r, "md64"));
	assert_null(release_find(r, "main/binary-amd64/Packages"));
}

static void test_release__takes_sha512_where_there_is_no_sha256(void **state)
{
	static const char text[] = DATE "SHA512:\n " SUM SUM " 7 Packages\n";
	CLEANUP(release_free) struct release *r = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, release_read(text, sizeof text - 1, &r, &err));
	assert_string_equal("SHA512", release_facts(r)->digests);
	assert_string_equal(SUM SUM, release_find(r, "Packages")->digest);
	assert_true(release_serves(r, "any: it names none"));
}

static void test_release__knows_when_all_has_no_index(void **state)
{
	static const char *const texts[] = {
		DATE
		"Architectures: all amd64\nNo-Support-for-Architecture-all: Packages\nSHA256:\n",
		DATE "Architectures: amd64 small\nSHA256:\n",
		DATE "Architectures: amd64 all-of-it\nSHA256:\n",
		DATE "SHA256:\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CLEANUP(release_free) struct release *r = NULL;
		struct error err = { 0 };

		assert_int_equal(0, release_read(texts[i], strlen(texts[i]), &r, &err));
		assert_false(release_facts(r)->has_all_index);
		assert_false(release_facts(r)->has_by_hash);
		assert_int_equal(0, release_facts(r)->valid_until);
		assert_string_equal("", release_facts(r)->label);
	}
}

static void test_release__is_worth_what_apt_makes_of_its_flags(void **state)
{
	static const struct {
		const char *text;
		int priority;
	} cases[] = {
		{ "", 500 },
		{ "NotAutomatic: yes\n", 1 },
		{ "NotAutomatic: True\n", 1 },
		{ "NotAutomatic: 1\n", 1 },
		{ "NotAutomatic: on\n", 1 },
		{ "NotAutomatic: no\n", 500 },
		{ "NotAutomatic: 0\n", 500 },
		{ "NotAutomatic:\n", 500 },
		{ "NotAutomatic: yes\nButAutomaticUpgrades: yes\n", 100 },
		{ "NotAutomatic: yes\nButAutomaticUpgrades: no\n", 1 },
		{ "ButAutomaticUpgrades: yes\n", 500 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(release_free) struct release *r = NULL;
		struct error err = { 0 };
		char text[300];
		int size = snprintf(
			text, sizeof text, "%s" DATE "SHA256:\n " SUM " 0 x\n", cases[i].text);

		assert_int_equal(0, release_read(text, (size_t)size, &r, &err));
		assert_int_equal(cases[i].priority, release_facts(r)->priority);
	}
}

static void test_release__refuses_and_says_why(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "the Release file is empty" },
		{ "Suite: x\n", "it has no Date" },
		{ "Date: yesterday\n", "its Date: 'yesterday' is not a date" },
		{ DATE "Valid-Until: never\n", "its Valid-Until: 'never' is not a date" },
		{ DATE "NotAutomatic: maybe\n", "its NotAutomatic: 'maybe' is neither yes nor no" },
		{ DATE "NotAutomatic: yes\nButAutomaticUpgrades: 2\n",
			"its ButAutomaticUpgrades: '2' is neither" },
		{ DATE "MD5Sum:\n a 1 b\n",
			"no list of SHA256 or SHA512; weaker digests are not believed" },
		{ DATE "SHA512:\n " SUM " 1 x\n", "in its SHA512 list" },
		{ DATE "SHA256:\n abc 1 x\n", "'abc' in its SHA256 list" },
		{ DATE "SHA256:\n " SUM "\n", "in its SHA256 list" },
		{ DATE "SHA256:\n " SUM " -1 x\n", "in its SHA256 list" },
		{ DATE "SHA256:\n " SUM " 1x x\n", "size '1x' of 'x'" },
		{ DATE "SHA256:\n " SUM " 99999999999999999999 x\n", "size '9999" },
		{ "Date\n", "line 1: no colon" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct release *r = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, release_read(cases[i].text, strlen(cases[i].text), &r, &err));
		assert_null(r);
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' lacks '%s'", i, err.text, cases[i].told);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_release__tells_what_is_in_it),
		cmocka_unit_test(test_release__takes_sha512_where_there_is_no_sha256),
		cmocka_unit_test(test_release__knows_when_all_has_no_index),
		cmocka_unit_test(test_release__is_worth_what_apt_makes_of_its_flags),
		cmocka_unit_test(test_release__refuses_and_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
