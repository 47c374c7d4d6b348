/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "content/changelog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TRAILER(day) "\n -- Some Body <body@example.org>  " day " 10:00:00 +0200\n\n"

/* A backport: above the stable line's own entries come those of the version it was made from. */
static const char nginx[] =
	"nginx (1.22.1-9+deb12u11) bookworm-security; urgency=high\n\n"
	"  * CVE-2026-118899, CVE-2026-113425: mended (Closes: #1).\n"
	"  * See DSA-6001-1 and CVE-2026-118899." TRAILER(
		"Fri, 20 Nov 2026") "nginx (1.22.1-9+deb12u10) bookworm-security; urgency=medium\n\n"
				    "  * CVE-2026-123007: (mended)" TRAILER(
					    "Mon, 02 Nov 2026") "nginx (1.22.1-9+deb12u9) bookworm; urgency=critical\n\n"
								"  * CVE-2020-1: long ago" TRAILER(
									"Sun, 01 Nov 2026") "nginx (1.23.0-1~bpo1) experimental; urgency=low\n\n"
											    "  * CVE-2021-2: newer than what is asked for" TRAILER(
												    "Sat, 31 Oct 2026");

static void test_changelog__takes_what_lies_between_two_versions(void **state)
{
	static const struct {
		const char *from, *to, *advisories, *urgency;
		size_t entries;
	} cases[] = {
		{ "1.22.1-9+deb12u9", "1.22.1-9+deb12u11",
			"CVE-2026-113425 CVE-2026-118899 CVE-2026-123007 DSA-6001-1", "high", 2 },
		{ "1.22.1-9+deb12u10", "1.22.1-9+deb12u11",
			"CVE-2026-113425 CVE-2026-118899 DSA-6001-1", "high", 1 },
		{ "1.22.1-9+deb12u9", "1.22.1-9+deb12u10", "CVE-2026-123007", "medium", 1 },
		/* Rebuilds stand in no changelog. */
		{ "1.22.1-9+deb12u9+b2", "1.22.1-9+deb12u10+b6", "CVE-2026-123007", "medium", 1 },
		{ "1.22.1-9+deb12u11", "1.22.1-9+deb12u11+b1", "", "", 0 },
		{ "1.22.1-9+deb12u11", "1.22.1-9+deb12u11", "", "", 0 },
		/* A host that is ahead of the set. */
		{ "1.24.0-1", "1.22.1-9+deb12u11", "", "", 0 },
		{ "", "1.22.1-9+deb12u9", "CVE-2020-1", "critical", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(changelog_summary_done) struct changelog_summary got = { 0 };

		changelog_summarize(nginx, sizeof nginx - 1, cases[i].from, cases[i].to, &got);
		assert_string_equal(cases[i].advisories, got.advisories);
		assert_string_equal(cases[i].urgency, got.urgency);
		assert_int_equal(cases[i].entries, got.entries);
	}
}

static void test_changelog__knows_the_moment_of_the_newest_entry(void **state)
{
	CLEANUP(changelog_summary_done) struct changelog_summary got = { 0 };

	(void)state;
	changelog_summarize(nginx, sizeof nginx - 1, "1.22.1-9+deb12u9", "1.22.1-9+deb12u11", &got);
	assert_int_equal(1795161600, got.newest_at); /* 2026-11-20 08:00 UTC */
}

static void test_changelog__takes_only_whole_ids(void **state)
{
	static const char text[] =
		"a (2) x; urgency=HIGH\n\n"
		"  * CVE-2026-1, (CVE-2026-22) [CVE-2026-333]; CVE-2026-4444/CVE-2026-5.\n"
		"  * no: CVE-20x6-1 CVE-2026 CVE-2026- XCVE-2026-6 CVE-2026-12345678901 cve-2026-7\n"
		"  * DLA-4000-1, DSA-1, GHSA-1234, GHSA-vh2m-22xx-q8qf, GHSA-vh2m-22xx-q8qf9 GHSA-abcd-22xx-q8qf\n";
	CLEANUP(changelog_summary_done) struct changelog_summary got = { 0 };

	(void)state;
	changelog_summarize(text, sizeof text - 1, "1", "2", &got);
	assert_string_equal(
		"CVE-2026-1 CVE-2026-22 CVE-2026-333 CVE-2026-4444 CVE-2026-5 DLA-4000-1"
		" GHSA-vh2m-22xx-q8qf",
		got.advisories);
	assert_string_equal("high", got.urgency);
}

static void test_changelog__passes_over_what_it_does_not_understand(void **state)
{
	static const char *const texts[] = { "", "\n\n\n",
		"Version 1.2 of upstream\n * CVE-2026-1\n", "a (", "a ()\n CVE-2026-1", " -- \n",
		"a (2\n  * CVE-2026-1\n" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		CLEANUP(changelog_summary_done) struct changelog_summary got = { 0 };

		changelog_summarize(texts[i], strlen(texts[i]), "1", "2", &got);
		assert_string_equal("", got.advisories);
		assert_int_equal(0, got.entries);
	}
}

static void test_changelog__tells_ids_from_names(void **state)
{
	static const struct {
		const char *text, *id;
	} cases[] = {
		{ "CVE-2026-1234", "CVE-2026-1234" },
		{ "cve-2026-1234", "CVE-2026-1234" },
		{ "dsa-6001-1", "DSA-6001-1" },
		{ "ghsa-VH2M-22xx-q8qf", "GHSA-vh2m-22xx-q8qf" },
		{ "CVE-2026", NULL },
		{ "CVE-2026-1234 ", NULL },
		{ "cvelist-2-1", NULL },
		{ "nginx", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *id = changelog_id(cases[i].text);

		if (cases[i].id)
			assert_string_equal(cases[i].id, id);
		else
			assert_null(id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changelog__takes_what_lies_between_two_versions),
		cmocka_unit_test(test_changelog__knows_the_moment_of_the_newest_entry),
		cmocka_unit_test(test_changelog__takes_only_whole_ids),
		cmocka_unit_test(test_changelog__tells_ids_from_names),
		cmocka_unit_test(test_changelog__passes_over_what_it_does_not_understand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
