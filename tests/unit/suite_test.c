/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "evidence/suite.h"
#include "model/config.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static const struct suite_host hosts[] = {
	{ "qa-web1", "10.2.0.11", "web" },
	{ "qa-web2", "10.2.0.12", "web" },
	{ "qa-db1", "10.2.0.21", "main-db" },
};
static const struct suite_setting setting = {
	.environment = "qa",
	.candidate = "2.2+a41f",
	.release = "2.2",
	.hosts = hosts,
	.host_count = 3,
};

/* Stands for a connection: the script runs in a shell of this machine. */
static int local_shell(void *context, const char *host, const char *script, int64_t timeout_ms,
	struct process_result *out, struct error *err)
{
	const char *const argv[] = { "sh", "-s", NULL };
	const struct process_options options = {
		.argv = argv,
		.input = script,
		.input_size = strlen(script),
		.timeout_ms = timeout_ms,
	};

	assert_string_equal("qa-web1", host);
	++*(int *)context;
	return process_run(&options, out, err);
}

static int broken_shell(void *context, const char *host, const char *script, int64_t timeout_ms,
	struct process_result *out, struct error *err)
{
	(void)context;
	(void)script;
	(void)timeout_ms;
	(void)out;
	return error_set(err, ERR_UNREACHABLE, "%s: no route to host", host);
}

static void run_suite(enum test_format format, const char *line, const struct suite_place *place,
	struct suite_result *out)
{
	const char *const command[] = { "sh", "-c", line, NULL };
	const struct suite suite = {
		.name = "shop", .command = command, .format = format, .timeout = 30
	};
	struct error err = { 0 };

	assert_int_equal(0, suite_run(&suite, &setting, place, out, &err));
	assert_true(out->started_at > 0 && out->ended_at >= out->started_at);
}

#define XML(words) "printf '<testsuite><testcase name=\"a\">" words "</testcase></testsuite>'"
#define TO_FILE    " >\"$PATCHLINE_TEST_REPORT\""

static const struct {
	enum test_format format;
	const char *line;
	enum outcome outcome;
	const char *reason;
	size_t passed, failed;
} endings[] = {
	{ TEST_EXIT, "true", OUTCOME_PASSED, "", 1, 0 },
	{ TEST_EXIT, "exit 3", OUTCOME_FAILED, "exit status 3", 0, 1 },
	{ TEST_EXIT, "kill -9 $$", OUTCOME_FAILED, "9", 0, 1 },
	{ TEST_TAP, "echo 1..1; echo ok", OUTCOME_PASSED, "", 1, 0 },
	{ TEST_TAP, "echo 1..2; echo ok; echo not ok 2 - till; exit 1", OUTCOME_FAILED,
		"1 of 2 tests failed: till", 1, 1 },
	{ TEST_TAP, "echo 1..1; echo not ok 1 - till", OUTCOME_FAILED, "1 of 1 tests failed", 0,
		1 },
	{ TEST_TAP, "echo 1..1; echo ok; exit 3", OUTCOME_FAILED,
		"no test failed in its report, but exit status 3", 1, 0 },
	{ TEST_TAP, "echo 1..1; echo ok 1 '# SKIP' no network", OUTCOME_ERROR,
		"all 1 tests were skipped", 0, 0 },
	{ TEST_TAP, "echo nothing here", OUTCOME_ERROR, "it reported no tests (exit status 0)", 0,
		0 },
	{ TEST_TAP, "echo TAP version 99", OUTCOME_ERROR, "cannot be read: line 1: TAP version 99",
		0, 0 },
	{ TEST_TAP, "echo 1..1; echo ok 1; echo not ok 2 >&2", OUTCOME_PASSED, "", 1, 0 },
	{ TEST_JUNIT, XML("") TO_FILE, OUTCOME_PASSED, "", 1, 0 },
	{ TEST_JUNIT, XML("<failure/>") TO_FILE, OUTCOME_FAILED, "1 of 1 tests failed: a", 0, 1 },
	{ TEST_JUNIT, XML(""), OUTCOME_ERROR, "it wrote no report to the file", 0, 0 },
	{ TEST_JUNIT, ":" TO_FILE, OUTCOME_ERROR, "the report is empty", 0, 0 },
	{ TEST_JUNIT, "echo '<html/>'" TO_FILE, OUTCOME_ERROR, "line 1: want <testsuites>", 0, 0 },
};

/* The same suite ends in the same way on the controller and on a host. */
static void test_suite__ends_as_it_should_wherever_it_runs(void **state)
{
	int runs = 0;
	const struct suite_place host = { "qa-web1", local_shell, &runs };
	const struct suite_place *const places[] = { NULL, &host };

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof endings / sizeof *endings); i++) {
		CLEANUP(suite_result_done) struct suite_result r = { 0 };

		run_suite(endings[i / 2].format, endings[i / 2].line, places[i % 2], &r);
		assert_string_equal(outcome_name(endings[i / 2].outcome), outcome_name(r.outcome));
		assert_non_null(strstr(r.reason, endings[i / 2].reason));
		assert_int_equal(r.outcome == OUTCOME_PASSED, *r.reason == '\0');
		assert_int_equal(endings[i / 2].passed, r.report.passed);
		assert_int_equal(endings[i / 2].failed, r.report.failed);
	}
	assert_int_equal(sizeof endings / sizeof *endings, runs);
}

static void test_suite__is_told_what_it_tests(void **state)
{
	static const char line[] =
		"env | grep ^PATCHLINE_ | grep -v -e _REPORT= -e _FILE= | LC_ALL=C sort;"
		"cat $PATCHLINE_HOSTS_FILE 2>/dev/null; test -d \"${PATCHLINE_TEST_REPORT%/*}\"";
	static const char facts[] = "PATCHLINE_CANDIDATE=2.2+a41f\nPATCHLINE_CLONE=\n"
				    "PATCHLINE_ENVIRONMENT=qa\n";
	static const char lists[] =
		"PATCHLINE_HOSTS=qa-web1=10.2.0.11 qa-web2=10.2.0.12 qa-db1=10.2.0.21\n"
		"PATCHLINE_HOSTS_MAIN_DB=qa-db1=10.2.0.21\n"
		"PATCHLINE_HOSTS_WEB=qa-web1=10.2.0.11 qa-web2=10.2.0.12\n"
		"PATCHLINE_RELEASE=2.2\nPATCHLINE_SET=\nPATCHLINE_TEST=shop\n";
	int runs = 0;
	const struct suite_place host = { "qa-web1", local_shell, &runs };
	CLEANUP(suite_result_done) struct suite_result here = { 0 }, there = { 0 };
	char wanted[1000];

	(void)state;
	run_suite(TEST_EXIT, line, NULL, &here);
	snprintf(wanted, sizeof wanted,
		"%sPATCHLINE_HOST=\n%sqa-web1 10.2.0.11 web\nqa-web2 10.2.0.12 web\n"
		"qa-db1 10.2.0.21 main-db\n",
		facts, lists);
	assert_string_equal(wanted, here.output);
	assert_int_equal(OUTCOME_PASSED, here.outcome);
	run_suite(TEST_EXIT, line, &host, &there);
	snprintf(wanted, sizeof wanted, "%sPATCHLINE_HOST=qa-web1\n%s", facts, lists);
	assert_string_equal(wanted, there.output);
	assert_int_equal(OUTCOME_PASSED, there.outcome);
}

/* What leads into a clone's network stands before the command, on the controller alone. */
static void test_suite__runs_inside_a_clone(void **state)
{
	static const char *const inside[] = { "env", "WAY=in and out", NULL };
	static const char *const command[] = { "sh", "-c",
		"echo \"$WAY\" $PATCHLINE_ENVIRONMENT $PATCHLINE_CLONE", NULL };
	const struct suite suite = { .name = "shop", .command = command, .timeout = 20 };
	struct suite_setting clone = setting;
	CLEANUP(suite_result_done) struct suite_result here = { 0 }, there = { 0 };
	struct error err = { 0 };
	int runs = 0;
	const struct suite_place host = { "qa-web1", local_shell, &runs };

	(void)state;
	clone.clone = "clone-3";
	clone.inside = inside;
	assert_int_equal(0, suite_run(&suite, &clone, NULL, &here, &err));
	assert_string_equal("in and out qa clone-3\n", here.output);
	assert_int_equal(0, suite_run(&suite, &clone, &host, &there, &err));
	assert_string_equal(" qa clone-3\n", there.output);
}

static void test_suite__is_stopped_at_its_time_limit(void **state)
{
	static const char *const command[] = { "sh", "-c", "echo begun; sleep 30", NULL };
	const struct suite suite = { .name = "slow", .command = command, .timeout = 1 };
	CLEANUP(suite_result_done) struct suite_result r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, suite_run(&suite, &setting, NULL, &r, &err));
	assert_int_equal(OUTCOME_TIMED_OUT, r.outcome);
	assert_string_equal("stopped at its time limit of 1 seconds", r.reason);
	assert_string_equal("begun\n", r.output);

	int runs = 0;
	const struct suite_place host = { "qa-web1", local_shell, &runs };
	CLEANUP(suite_result_done) struct suite_result there = { 0 };

	assert_int_equal(0, suite_run(&suite, &setting, &host, &there, &err));
	assert_int_equal(OUTCOME_TIMED_OUT, there.outcome);
	assert_string_equal("begun\n", there.output);
}

/* Gone, or a zombie that waits for whoever adopted it. */
static bool is_gone(const char *pid)
{
	char path[64], text[512] = "";

	snprintf(path, sizeof path, "/proc/%s/stat", pid);

	FILE *in = fopen(path, "r");

	if (!in)
		return true;
	(void)!fread(text, 1, sizeof text - 1, in);
	fclose(in);
	return strstr(text, ") Z");
}

/* In the background, in a session of its own and deaf to SIGTERM, of a parent that is gone; passed, failed and too late. */
static void test_suite__leaves_nothing_running(void **state)
{
	static const char leave[] =
		"sleep 60 & echo $!; setsid sh -c 'trap \"\" TERM HUP; echo $$; sleep 60; sleep 60' &"
		"(setsid sh -c '(sleep 60 & echo $!; sleep 60) & exit' &); sleep 0.3;";
	static const char *const ends[] = { "exit 0", "exit 1",
		"trap '' TERM; sleep 60; sleep 60" };
	int runs = 0;
	const struct suite_place host = { "qa-web1", local_shell, &runs };
	const struct suite_place *const places[] = { NULL, &host };

	(void)state;
	for (size_t i = 0; i < 2 * (sizeof ends / sizeof *ends); i++) {
		CLEANUP(free) char *line = mem_printf("%s%s", leave, ends[i / 2]);
		const char *const command[] = { "sh", "-c", line, NULL };
		const struct suite suite = { .name = "daemons", .command = command, .timeout = 2 };
		CLEANUP(suite_result_done) struct suite_result r = { 0 };
		struct error err = { 0 };
		size_t left = 0;

		assert_int_equal(0, suite_run(&suite, &setting, places[i % 2], &r, &err));
		assert_int_equal(i / 2 == 2, r.outcome == OUTCOME_TIMED_OUT);
		for (char *rest = r.output, *pid; (pid = strsep(&rest, "\n")) && isdigit(*pid);
			left++) {
			if (!is_gone(pid))
				fail_msg("%s: %s still runs", ends[i / 2], pid);
		}
		assert_int_equal(3, left);
	}
}

static void test_suite__that_cannot_be_run_is_an_error(void **state)
{
	static const char *const command[] = { "no-such-program", NULL };
	const struct suite suite = { .name = "none", .command = command, .timeout = 5 };
	const struct suite_place host = { "qa-web1", broken_shell, NULL };
	CLEANUP(suite_result_done) struct suite_result here = { 0 }, there = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, suite_run(&suite, &setting, NULL, &here, &err));
	assert_int_equal(OUTCOME_ERROR, here.outcome);
	assert_int_equal(-1, here.exit_status);
	assert_non_null(strstr(here.reason, "no-such-program"));
	assert_int_equal(0, suite_run(&suite, &setting, &host, &there, &err));
	assert_int_equal(OUTCOME_ERROR, there.outcome);
	assert_string_equal("qa-web1: no route to host", there.reason);
}

/* An answer that breaks off, and one that forges an end, are no results. */
static int cut_shell(void *context, const char *host, const char *script, int64_t timeout_ms,
	struct process_result *out, struct error *err)
{
	const struct suite_place local = { host, local_shell, context };

	(void)timeout_ms;
	if (local.shell(local.context, host, script, 1000, out, err) < 0)
		return -1;
	*strstr(out->output, "patchline-suite-ended") = '\0';
	out->output_size = strlen(out->output);
	return 0;
}

static void test_suite__with_half_an_answer_is_an_error(void **state)
{
	int runs = 0;
	const struct suite_place host = { "qa-web1", cut_shell, &runs };
	CLEANUP(suite_result_done) struct suite_result r = { 0 };

	(void)state;
	run_suite(TEST_EXIT, "true", &host, &r);
	assert_int_equal(OUTCOME_ERROR, r.outcome);
	assert_string_equal("the host's answer ends before the suite did", r.reason);
}

static void test_suite__keeps_both_ends_of_long_output(void **state)
{
	int runs = 0;
	const struct suite_place host = { "qa-web1", local_shell, &runs };
	CLEANUP(suite_result_done) struct suite_result here = { 0 }, there = { 0 }, odd = { 0 };

	(void)state;
	run_suite(TEST_EXIT, "echo begin; head -c 3000000 /dev/zero | tr '\\0' x; echo end", NULL,
		&here);
	assert_true(here.is_cut);
	assert_true(str_starts(here.output, "begin\nxxx"));
	assert_true(str_ends(here.output, "xxxend\n"));
	assert_non_null(strstr(here.output, "bytes cut out here]"));
	assert_in_range(strlen(here.output), SUITE_OUTPUT_MAX, SUITE_OUTPUT_MAX + 200);
	run_suite(TEST_EXIT, "head -c 9000000 /dev/zero | tr '\\0' x", &host, &there);
	assert_int_equal(OUTCOME_PASSED, there.outcome);
	assert_true(there.is_cut);
	assert_non_null(strstr(there.output, "and more behind it"));
	run_suite(TEST_EXIT, "printf 'a\\000b'", NULL, &odd);
	assert_string_equal("a?b", odd.output);
	assert_false(odd.is_cut);
}

static void test_suite__runs_in_its_folder_and_leaves_none_behind(void **state)
{
	static const char *const command[] = { "./true", NULL };
	const struct suite suite = { .name = "near", .command = command, .timeout = 5 };
	char folder[] = "/tmp/suite_test.XXXXXX", line[200];
	struct suite_setting there = setting;
	CLEANUP(suite_result_done) struct suite_result r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(0, setenv("TMPDIR", folder, 1));
	snprintf(line, sizeof line,
		"printf '#!/bin/sh\\ntest -d $TMPDIR/patch*\\n' >%s/true && chmod +x %s/true",
		folder, folder);
	assert_int_equal(0, system(line));
	there.directory = folder;
	assert_int_equal(0, suite_run(&suite, &there, NULL, &r, &err));
	assert_string_equal("", r.reason);
	snprintf(line, sizeof line, "rm %s/true && rmdir %s", folder, folder);
	assert_int_equal(0, system(line));

	struct suite_result none = { 0 };

	assert_int_equal(-1, suite_run(&suite, &there, NULL, &none, &err));
	assert_int_equal(ERR_SYSTEM, err.kind);
	assert_int_equal(0, unsetenv("TMPDIR"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_suite__ends_as_it_should_wherever_it_runs),
		cmocka_unit_test(test_suite__is_told_what_it_tests),
		cmocka_unit_test(test_suite__runs_inside_a_clone),
		cmocka_unit_test(test_suite__is_stopped_at_its_time_limit),
		cmocka_unit_test(test_suite__leaves_nothing_running),
		cmocka_unit_test(test_suite__that_cannot_be_run_is_an_error),
		cmocka_unit_test(test_suite__with_half_an_answer_is_an_error),
		cmocka_unit_test(test_suite__keeps_both_ends_of_long_output),
		cmocka_unit_test(test_suite__runs_in_its_folder_and_leaves_none_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
