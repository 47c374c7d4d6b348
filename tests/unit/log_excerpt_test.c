/* SPDX-License-Identifier: Apache-2.0 */
#include "base/own.h"
#include "rollout/log_excerpt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_log_excerpt__is_what_the_package_and_dpkg_said(void **state)
{
	static const struct {
		const char *output, *words;
	} cases[] = {
		{ "Setting up a (1.1) ...\n"
		  "a: no room for my cache\n"
		  "dpkg: error processing package a (--configure):\n"
		  " installed a package post-installation script subprocess returned error exit status 1\n"
		  "Errors were encountered while processing:\n a\n"
		  "E: Sub-process /usr/bin/dpkg returned an error code (1)\n",
			"a: no room for my cache; dpkg: error processing package a (--configure): installed "
			"a package post-installation script subprocess returned error exit status 1" },
		{ "dpkg: error: dpkg frontend lock was locked by another process with pid 7\nNote: x\n",
			"dpkg: error: dpkg frontend lock was locked by another process with pid 7 Note: x" },
		{ "unpacking\ndpkg: error: cannot write", "unpacking; dpkg: error: cannot write" },
		{ "Reading package lists...\nE: Unable to correct problems\n\n",
			"E: Unable to correct problems" },
		{ "Setting up a (1.1) ...\nKeep the old file? [Y/n] dpkg: error processing package a (--configure):\n"
		  " old postinst returned error exit status 1\nE: Sub-process /usr/bin/dpkg returned an error code (1)\n",
			"Keep the old file? [Y/n]; dpkg: error processing package a (--configure): old "
			"postinst returned error exit status 1" },
		{ "dpkg: error processing package a (--configure):\n it failed\nE: Problem executing scripts DPkg::Post-Invoke\n",
			"dpkg: error processing package a (--configure): it failed; E: Problem executing "
			"scripts DPkg::Post-Invoke" },
		{ "Reading\nE: Unable to correct problems\nE: Broken packages\nrefused, nothing was changed: no\n",
			"E: Unable to correct problems; refused, nothing was changed: no" },
		{ "E: Sub-process /usr/bin/dpkg exited unexpectedly\n",
			"E: Sub-process /usr/bin/dpkg exited unexpectedly" },
		{ "one line", "one line" },
		{ "\n", "" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *words = log_excerpt_find(cases[i].output);

		assert_string_equal(cases[i].words, words);
	}
}

static void test_log_excerpt__last_words_are_three_lines_at_most(void **state)
{
	static const struct {
		const char *said, *words;
	} cases[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "\none\n", "one" },
		{ "one\ntwo", "one; two" },
		{ "one\ntwo\nthree\n", "one; two; three" },
		{ "one\ntwo\nthree\nfour\n\n", "two; three; four" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *words = log_excerpt_last(cases[i].said);

		assert_string_equal(cases[i].words, words);
	}
}

static void test_log_excerpt__tells_what_was_being_stopped(void **state)
{
	static const struct {
		const char *said, *words;
	} cases[] = {
		{ "", "" },
		{ "going down\nStopped target Timers.\n", "" },
		{ "Stopping a.service - A...\nStopping b.service...\nStopped a.service - A.\n",
			"b.service" },
		{ "Stopping b.service...\nStopping c.service - C...\nStopped ab.service.\nb.service: done",
			"b.service, c.service" },
		{ "Stopping b.service...\nStopped b.service.", "" },
		{ "Stopping ", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *words = log_excerpt_pending(cases[i].said);

		assert_string_equal(cases[i].words, words);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_excerpt__is_what_the_package_and_dpkg_said),
		cmocka_unit_test(test_log_excerpt__last_words_are_three_lines_at_most),
		cmocka_unit_test(test_log_excerpt__tells_what_was_being_stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
