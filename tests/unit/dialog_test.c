/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/dialog.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT ((size_t)100000)

static struct dialog *open_shell(const char *line)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	struct dialog *c = NULL;
	struct error err = { 0 };

	assert_int_equal(0, dialog_open(argv, &c, &err));
	return c;
}

static void expect_line(struct dialog *c, const char *expected)
{
	CLEANUP(free) char *line = NULL;
	struct error err = { 0 };

	if (dialog_receive(c, LIMIT, 5000, &line, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(expected, line);
}

static void expect_error(struct dialog *c, enum error_kind kind, const char *words)
{
	char *line = NULL;
	struct error err = { 0 };

	assert_int_equal(-1, dialog_receive(c, LIMIT, 300, &line, &err));
	assert_null(line);
	assert_int_equal(kind, err.kind);
	if (!strstr(err.text, words))
		fail_msg("'%s' does not say '%s'", err.text, words);
}

static void test_dialog__speaks_both_ways(void **state)
{
	CLEANUP(dialog_close)
	struct dialog *c = open_shell("while read -r x; do echo \"<$x>\"; done");

	(void)state;
	dialog_send(c, "one");
	expect_line(c, "<one>");
	dialog_send(c, "two");
	dialog_send(c, "three");
	expect_line(c, "<two>");
	expect_line(c, "<three>");
}

/* Both pipes are full long before the whole has gone through. */
static void test_dialog__passes_more_than_pipes_hold(void **state)
{
	CLEANUP(dialog_close) struct dialog *c = open_shell("exec cat");
	CLEANUP(free) char *line = malloc(LIMIT);

	(void)state;
	memset(line, 'x', LIMIT - 1);
	line[LIMIT - 1] = '\0';
	for (int i = 0; i < 20; i++)
		dialog_send(c, line);
	for (int i = 0; i < 20; i++)
		expect_line(c, line);
}

static void test_dialog__tells_how_the_program_ended(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "echo no disk >&2; exit 3", "(exit status 3): no disk" },
		{ "printf half; exit 0", "(exit status 0)" },
		{ "kill -9 $$", "(signal 9)" },
		{ "sleep 60 & exit 4", "(exit status 4)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(dialog_close) struct dialog *c = open_shell(cases[i].line);

		expect_error(c, ERR_UNCERTAIN, cases[i].words);
	}
}

static void test_dialog__gives_what_was_said_before_the_end(void **state)
{
	CLEANUP(dialog_close) struct dialog *c = open_shell("echo a; echo b; exit 1");

	(void)state;
	usleep(100000);
	expect_line(c, "a");
	expect_line(c, "b");
	expect_error(c, ERR_UNCERTAIN, "exit status 1");
}

static void test_dialog__refuses_what_is_no_line(void **state)
{
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "head -c 200000 /dev/zero | tr '\\0' x; sleep 60", "over 100000 bytes" },
		{ "printf 'a\\000b\\n'; sleep 60", "no text" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(dialog_close) struct dialog *c = open_shell(cases[i].line);

		expect_error(c, ERR_CORRUPT, cases[i].words);
	}
}

static void test_dialog__gives_up_after_its_time(void **state)
{
	CLEANUP(dialog_close) struct dialog *c = open_shell("sleep 60");
	int64_t started = clock_monotonic_ms();

	(void)state;
	expect_error(c, ERR_UNCERTAIN, "has not answered");
	assert_in_range(clock_monotonic_ms() - started, 250, 2000);
}

/* A killed process stays as a zombie until its parent, by then somebody else, takes notice. */
static bool is_running(const char *pid)
{
	CLEANUP(free) char *path = mem_printf("/proc/%s/stat", pid);
	CLEANUP(stream_close) FILE *in = fopen(path, "re");
	char state = 'Z';

	return in && fscanf(in, "%*d (%*[^)]) %c", &state) == 1 && state != 'Z';
}

/* One that ignores its input's end and SIGTERM is still gone, with what is in its group. */
static void test_dialog__ends_a_stubborn_program(void **state)
{
	struct dialog *c = open_shell(
		"trap '' TERM; sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done'");
	CLEANUP(free) char *line = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, dialog_receive(c, LIMIT, 5000, &line, &err));
	dialog_end(c, 200);
	for (int i = 0; i < 100 && is_running(line); i++)
		usleep(20000);
	assert_false(is_running(line));
}

static void test_dialog__leaves_sessions_of_their_own_alone(void **state)
{
	struct dialog *c = open_shell("setsid sleep 60 >/dev/null 2>&1 & echo $!; cat >/dev/null");
	CLEANUP(free) char *line = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, dialog_receive(c, LIMIT, 5000, &line, &err));
	usleep(200000); /* until setsid has made it one */
	dialog_end(c, 500);
	assert_int_equal(0, kill((pid_t)atoi(line), SIGKILL));
}

static void test_dialog__knows_that_there_is_no_such_program(void **state)
{
	const char *const argv[] = { "/nowhere/provider", NULL };
	struct dialog *c = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(-1, dialog_open(argv, &c, &err));
	assert_null(c);
	assert_int_equal(ERR_NOT_FOUND, err.kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialog__speaks_both_ways),
		cmocka_unit_test(test_dialog__passes_more_than_pipes_hold),
		cmocka_unit_test(test_dialog__tells_how_the_program_ended),
		cmocka_unit_test(test_dialog__gives_what_was_said_before_the_end),
		cmocka_unit_test(test_dialog__refuses_what_is_no_line),
		cmocka_unit_test(test_dialog__gives_up_after_its_time),
		cmocka_unit_test(test_dialog__ends_a_stubborn_program),
		cmocka_unit_test(test_dialog__leaves_sessions_of_their_own_alone),
		cmocka_unit_test(test_dialog__knows_that_there_is_no_such_program),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
