/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/patchset.h"
#include "model/patchset_diff.h"
#include "model/patchset_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DIGEST_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define DIGEST_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define DEB12    "debian-12-amd64"

#define HEAD "Format: patchline-set 1\nCreated: 2026-11-23T08:15:00Z\nRelease: 2.2\n"
#define REPO "\nRepository: " DEB12 "\nPackages-SHA256: " DIGEST_A "\nPackages-Size: 9\n"
#define PACKAGE(name, size)                                                                        \
	"\nPackage: " name "\nVersion: 1.0-1\nArchitecture: amd64\nPlatform: " DEB12               \
	"\nSHA256: " DIGEST_A "\nSize: " size "\nSource: debian\nFilename: pool/" name ".deb\n"
#define LEFT_OUT                                                                                   \
	"\nLeft-Out: bash\nVersion: 1\nArchitecture: amd64\nPlatform: " DEB12                      \
	"\nReason: excluded by --except\n"

static const struct package openssl = {
	.platform = DEB12,
	.name = "openssl",
	.version = "3.0.22-1~deb12u2",
	.architecture = "amd64",
	.sha256 = DIGEST_A,
	.size = 1434532,
	.source = "security",
	.filename = "pool/updates/main/o/openssl/openssl_3.0.22-1~deb12u2_amd64.deb",
	.advisories = "CVE-2026-35189 CVE-2026-42767",
	.is_security = true,
	.above = "3.0.20-1",
	.passed_by = "3.1~bpo",
	.raises_nothing = true,
};

static struct package package_named(const char *name, const char *version)
{
	return (struct package){
		.platform = DEB12,
		.name = name,
		.version = version,
		.architecture = "all",
		.sha256 = DIGEST_B,
		.size = 7,
		.source = "debian",
		.filename = "pool/x.deb",
	};
}

static struct patchset_draft *draft_full(bool is_backwards)
{
	struct patchset_draft *draft = patchset_draft_new("2.2", 1795421700);
	struct package bash = package_named("bash", "1"), other = package_named("zlib", "2");
	struct repository repository = { DEB12, DIGEST_A, 99 };
	struct set_source source = { "debian", "bookworm", DIGEST_B };
	struct left_out held = { DEB12, "curl", "8", "amd64", "held on\nqa-db1" };

	static const struct unplanned unread[] = { { "qa-web2", "qa", "it was never scanned" },
		{ "qa-db2", "qa", "no route\nto host" } };

	other.platform = "a-platform";
	other.is_new = true;
	patchset_draft_add_package(draft, is_backwards ? &openssl : &bash);
	patchset_draft_add_left_out(draft, &held);
	patchset_draft_add_package(draft, &other);
	patchset_draft_add_package(draft, is_backwards ? &bash : &openssl);
	patchset_draft_add_repository(draft, &repository);
	patchset_draft_add_source(draft, &source);
	patchset_draft_add_unplanned(draft, &unread[is_backwards]);
	patchset_draft_add_unplanned(draft, &unread[!is_backwards]);
	patchset_draft_narrow(draft, "security-only");
	return draft;
}

static struct patchset *sealed(struct patchset_draft *draft, char **text, size_t *size)
{
	struct patchset *set = NULL;
	struct error err = { 0 };
	char digest[DIGEST_HEX_SIZE];

	assert_int_equal(0, patchset_seal(draft, text, size, digest, &err));
	assert_int_equal(0, patchset_read(*text, *size, digest, &set, &err));
	assert_string_equal(digest, patchset_digest(set));
	return set;
}

static void test_patchset__keeps_every_field(void **state)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = draft_full(false);
	CLEANUP(free) char *text = NULL;
	size_t size = 0, first = 0;
	CLEANUP(patchset_free) struct patchset *set = sealed(draft, &text, &size);
	const struct package *p = patchset_find(set, DEB12, "openssl", "amd64", NULL);

	(void)state;
	assert_int_equal(3, patchset_count(set));
	assert_string_equal("zlib", patchset_at(set, 0)->name);
	assert_true(patchset_at(set, 0)->is_new);
	assert_int_equal(2, patchset_platform(set, DEB12, &first));
	assert_int_equal(1, first);
	assert_int_equal(0, patchset_platform(set, "debian-12", NULL));
	assert_non_null(p);
	assert_string_equal(openssl.version, p->version);
	assert_string_equal(openssl.sha256, p->sha256);
	assert_string_equal(openssl.source, p->source);
	assert_string_equal(openssl.filename, p->filename);
	assert_string_equal(openssl.advisories, p->advisories);
	assert_int_equal(openssl.size, p->size);
	assert_true(p->is_security && !p->is_new && p->raises_nothing);
	assert_string_equal(openssl.above, p->above);
	assert_string_equal(openssl.passed_by, p->passed_by);
	assert_null(patchset_find(set, DEB12, "openssl", "i386", NULL));
	assert_string_equal("2.2", patchset_release(set));
	assert_string_equal("security-only", patchset_narrowed_by(set));
	assert_int_equal(1795421700, patchset_created_at(set));
	assert_int_equal(99, patchset_repository(set, DEB12)->packages_size);
	assert_null(patchset_repository(set, "a-platform"));
	assert_string_equal("held on qa-db1", patchset_left_out_at(set, 0)->reason);
	assert_string_equal("bookworm", patchset_source_at(set, 0)->suite);
	assert_int_equal(2, patchset_unplanned_count(set));
	assert_string_equal("qa-db2", patchset_unplanned_at(set, 0)->host);
	assert_string_equal("qa", patchset_unplanned_at(set, 0)->environment);
	assert_string_equal("no route to host", patchset_unplanned(set, "qa-db2"));
	assert_string_equal("it was never scanned", patchset_unplanned(set, "qa-web2"));
	assert_null(patchset_unplanned(set, "qa-web1"));
}

static void test_patchset__does_not_care_in_which_order_it_was_filled(void **state)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *one = draft_full(false);
	CLEANUP(patchset_draft_free) struct patchset_draft *two = draft_full(true);
	CLEANUP(free) char *text_one = NULL;
	CLEANUP(free) char *text_two = NULL;
	size_t size_one = 0, size_two = 0;
	CLEANUP(patchset_free) struct patchset *set_one = sealed(one, &text_one, &size_one);
	CLEANUP(patchset_free) struct patchset *set_two = sealed(two, &text_two, &size_two);

	(void)state;
	assert_int_equal(size_one, size_two);
	assert_memory_equal(text_one, text_two, size_one);
	assert_string_equal(patchset_digest(set_one), patchset_digest(set_two));
}

static void test_patchset__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "line 1: empty; want 'Format'" },
		{ "Format: patchline-set 2\n", "line 1: Format 'patchline-set 2' is not" },
		{ REPO, "line 2: does not start with 'Format'" },
		{ HEAD HEAD, "line 4: field 'Format' is there twice" },
		{ HEAD "\n" HEAD, "line 5: a second 'Format'" },
		{ "Format: patchline-set 1\nCreated: now\n", "line 2: Created 'now' is not" },
		{ HEAD "Extra: 1\n", "line 4: unexpected field 'Extra'" },
		{ HEAD "\nColour: red\n", "line 5: a paragraph of a manifest does not start with" },
		{ HEAD PACKAGE("zlib", "1") PACKAGE("bash", "1"), "line 14: not sorted" },
		{ HEAD PACKAGE("bash", "1") PACKAGE("bash", "2"), "line 14: there twice" },
		{ HEAD PACKAGE("bash", "1k"), "line 10: Size '1k' is not a size in bytes" },
		{ HEAD PACKAGE("bash", "0"), "line 10: Size '0' is not" },
		{ HEAD PACKAGE("bash", "18446744073709551616"), "line 10: Size '18446" },
		{ HEAD PACKAGE("bash", "01"), "line 10: not in the form" },
		{ HEAD PACKAGE("bash", "1 "), "line 10: not in the form" },
		{ HEAD PACKAGE("../bash", "1"), "line 5: Package '../bash' is not" },
		{ HEAD LEFT_OUT PACKAGE("bash", "1"), "line 11: out of order" },
		{ HEAD "\n" LEFT_OUT, "line 5: not in the form" },
		{ "# hello\n" HEAD, "line 1: not in the form" },
		{ HEAD "\nRepository: x\nPackages-SHA256: AB\nPackages-Size: 1\n",
			"line 6: Packages-SHA256 'AB' is not 64 hexadecimal digits" },
		{ HEAD "\nRepository: ../x\n", "line 5: Repository '../x' is not a name" },
		{ HEAD "\nRepository: x\nPackages-SHA256: " DIGEST_A "\nPackages-Size: -1\n",
			"line 7: Packages-Size '-1' is not a size in bytes" },
		{ HEAD "\nRepository: x\nPackages-Size: 1\n",
			"line 6: want field 'Packages-SHA256'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct patchset *set = NULL;
		struct error err = { 0 };

		assert_int_equal(
			-1, patchset_read(cases[i].text, strlen(cases[i].text), NULL, &set, &err));
		assert_null(set);
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' lacks '%s'", i, err.text, cases[i].told);
	}
}

static void test_patchset__is_refused_when_any_byte_differs_from_its_name(void **state)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = draft_full(false);
	CLEANUP(free) char *text = NULL;
	size_t size = 0;
	CLEANUP(patchset_free) struct patchset *set = sealed(draft, &text, &size);

	(void)state;
	for (size_t i = 0; i < size; i++) {
		struct patchset *changed = NULL;
		struct error err = { 0 };

		text[i] ^= 1;
		assert_int_equal(
			-1, patchset_read(text, size, patchset_digest(set), &changed, &err));
		assert_non_null(strstr(err.text, "it was changed"));
		text[i] ^= 1;
	}
}

static void test_patchset__does_not_seal_what_it_would_not_read(void **state)
{
	static const struct {
		const char *name, *filename, *advisories, *told;
	} cases[] = {
		{ "bash", "pool/x\n\nLeft-Out: y", "", "a line end in" },
		{ "b ash", "pool/x", "", "Package 'b ash' is not" },
		{ "", "pool/x", "", "Package '' is not" },
		{ "bash", "../../etc/passwd", "", "Filename '../../etc/passwd' is not" },
		{ "bash", "pool/..", "", "Filename 'pool/..' is not" },
		{ "bash", "/etc/passwd", "", "Filename '/etc/passwd' is not" },
		{ "bash", "pool/x", "CVE-2 CVE-1", "Advisories 'CVE-2 CVE-1' is not sorted ids" },
		{ "bash", "pool/x", "CVE-1 CVE-1", "is not sorted ids" },
		{ "bash", "pool/x", "CVE-1  CVE-2", "is not sorted ids" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(patchset_draft_free)
		struct patchset_draft *draft = patchset_draft_new("2.2", 1);
		struct package p = package_named(cases[i].name, "1");
		struct error err = { 0 };
		char digest[DIGEST_HEX_SIZE], *text = NULL;
		size_t size = 0;

		p.filename = cases[i].filename;
		p.advisories = cases[i].advisories;
		patchset_draft_add_package(draft, &p);
		assert_int_equal(-1, patchset_seal(draft, &text, &size, digest, &err));
		assert_null(text);
		assert_int_equal(ERR_USAGE, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' lacks '%s'", i, err.text, cases[i].told);
	}
}

static struct patchset *numbered(size_t from, size_t count, const char *version)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = patchset_draft_new("2.2", 1);
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	for (size_t i = from; i < from + count; i++) {
		CLEANUP(free) char *name = mem_printf("lib%zu", i);
		struct package p = package_named(name, i % 1000 ? "1" : version);

		patchset_draft_add_package(draft, &p);
	}
	return sealed(draft, &text, &size);
}

static void test_patchset__compares_fifty_thousand_packages_in_milliseconds(void **state)
{
	CLEANUP(patchset_free) struct patchset *before = numbered(0, 50000, "1");
	CLEANUP(patchset_free) struct patchset *after = numbered(3, 50000, "2");
	CLEANUP(free) struct difference *found = NULL;
	size_t counts[DIFFERENCE_COUNT] = { 0 };
	int64_t start = clock_monotonic_ms();
	size_t count = patchset_diff(before, after, &found);
	int64_t spent = clock_monotonic_ms() - start;

	(void)state;
	for (size_t i = 0; i < count; i++)
		counts[found[i].kind]++;
	assert_int_equal(3, counts[DIFFERENCE_REMOVED]);
	assert_int_equal(3, counts[DIFFERENCE_ADDED]);
	assert_int_equal(49, counts[DIFFERENCE_CHANGED]); /* lib1000, lib2000, ...: lib0 is gone */
	assert_string_equal("changed", difference_name(DIFFERENCE_CHANGED));
	assert_in_range(spent, 0, 500); /* some 10 ms; the rest is for a busy machine */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_patchset__keeps_every_field),
		cmocka_unit_test(test_patchset__does_not_care_in_which_order_it_was_filled),
		cmocka_unit_test(test_patchset__refuses_and_says_where),
		cmocka_unit_test(test_patchset__is_refused_when_any_byte_differs_from_its_name),
		cmocka_unit_test(test_patchset__does_not_seal_what_it_would_not_read),
		cmocka_unit_test(test_patchset__compares_fifty_thousand_packages_in_milliseconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
