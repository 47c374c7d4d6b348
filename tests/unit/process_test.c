/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Run a line of shell; everything else as the options say. */
static void run_shell(
	const char *line, struct process_options options, struct process_result *result)
{
	const char *const argv[] = { "sh", "-c", line, NULL };
	struct error err = { 0 };

	options.argv = argv;
	assert_int_equal(0, process_run(&options, result, &err));
}

static void test_process__keeps_output_and_status(void **state)
{
	static const struct {
		const char *line, *output, *errors;
		int status;
	} cases[] = {
		{ "true", "", "", 0 },
		{ "echo a; echo b >&2; exit 3", "a\n", "b\n", 3 },
		{ "printf 'a\\nb'", "a\nb", "", 0 },
		{ "kill -9 $$", "", "", 128 + 9 },
		{ "read x || echo none", "none\n", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(process_result_done) struct process_result r = { 0 };

		run_shell(cases[i].line, (struct process_options){ 0 }, &r);
		assert_string_equal(cases[i].output, r.output);
		assert_string_equal(cases[i].errors, r.errors);
		assert_int_equal(cases[i].status, r.exit_status);
		assert_false(r.is_timed_out);
		assert_false(r.is_truncated);
	}
}

static void test_process__merges_both_streams_in_their_order(void **state)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };

	(void)state;
	run_shell(
		"echo a; echo b >&2; echo c", (struct process_options){ .merge_output = true }, &r);
	assert_string_equal("a\nb\nc\n", r.output);
	assert_string_equal("", r.errors);
}

static void test_process__lets_an_added_name_win_in_every_shell(void **state)
{
	static const char *const added[] = { "PATCHLINE_TEST_NAME=new", "PATCHLINE_MORE=", NULL };
	CLEANUP(process_result_done) struct process_result r = { 0 };

	(void)state;
	assert_int_equal(0, setenv("PATCHLINE_TEST_NAME", "old", 1));
	assert_int_equal(0, setenv("PATCHLINE_TEST_NAME_LONGER", "kept", 1));
	run_shell("echo $PATCHLINE_TEST_NAME-${PATCHLINE_MORE-unset}-$PATCHLINE_TEST_NAME_LONGER;"
		  " env | grep -c ^PATCHLINE_TEST_NAME=; bash -c 'echo $PATCHLINE_TEST_NAME'",
		(struct process_options){ .environment = added }, &r);
	assert_string_equal("new--kept\n1\nnew\n", r.output);
}

static void test_process__runs_in_the_directory_given(void **state)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	const char *const argv[] = { "true", NULL };
	struct error err = { 0 };

	(void)state;
	run_shell("pwd", (struct process_options){ .directory = "/usr" }, &r);
	assert_string_equal("/usr\n", r.output);
	assert_int_equal(
		-1, process_run(&(struct process_options){ .argv = argv, .directory = "/none" },
			    &(struct process_result){ 0 }, &err));
	assert_int_equal(ERR_SYSTEM, err.kind);
	assert_non_null(strstr(err.text, "running 'true' in '/none'"));
}

static void test_process__says_what_cannot_be_run(void **state)
{
	static const struct {
		const char *program;
		enum error_kind kind;
	} cases[] = {
		{ "no-such-program-anywhere", ERR_NOT_FOUND },
		{ "/none/such", ERR_NOT_FOUND },
		{ "/etc/passwd", ERR_SYSTEM },
		{ "/", ERR_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *const argv[] = { cases[i].program, NULL };
		struct process_result r = { .exit_status = 77 };
		struct error err = { 0 };

		assert_int_equal(
			-1, process_run(&(struct process_options){ .argv = argv }, &r, &err));
		assert_int_equal(cases[i].kind, err.kind);
		assert_non_null(strstr(err.text, cases[i].program));
		assert_int_equal(77, r.exit_status);
	}
}

static void test_process__passes_big_input_through(void **state)
{
	size_t size = 3 * 1024 * 1024;
	CLEANUP(free) char *input = malloc(size);
	CLEANUP(process_result_done) struct process_result r = { 0 };

	(void)state;
	assert_non_null(input);
	for (size_t i = 0; i < size; i++)
		input[i] = (char)(i * 7 + i / 256);
	run_shell("cat", (struct process_options){ .input = input, .input_size = size }, &r);
	assert_int_equal(size, r.output_size);
	assert_memory_equal(input, r.output, size);
}

static void test_process__does_not_mind_a_program_that_reads_nothing(void **state)
{
	size_t size = 3 * 1024 * 1024;
	CLEANUP(free) char *input = calloc(1, size);
	CLEANUP(process_result_done) struct process_result r = { 0 };

	(void)state;
	assert_non_null(input);
	run_shell("exec <&-; echo done",
		(struct process_options){ .input = input, .input_size = size }, &r);
	assert_string_equal("done\n", r.output);
	assert_int_equal(0, r.exit_status);
}

static void test_process__cuts_output_at_its_limit_and_says_so(void **state)
{
	CLEANUP(process_result_done) struct process_result r = { 0 }, exact = { 0 };

	(void)state;
	run_shell("head -c 500000 /dev/zero; echo end >&2",
		(struct process_options){ .output_limit = 1000 }, &r);
	assert_int_equal(1000, r.output_size);
	assert_true(r.is_truncated);
	assert_string_equal("end\n", r.errors);
	run_shell("printf 1234", (struct process_options){ .output_limit = 4 }, &exact);
	assert_string_equal("1234", exact.output);
	assert_false(exact.is_truncated);
}

static void count_output(void *context, const char *bytes, size_t size)
{
	(void)bytes;
	*(size_t *)context += size;
}

static void test_process__tells_output_as_it_comes(void **state)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	size_t told = 0;

	(void)state;
	run_shell("head -c 300000 /dev/zero; echo x >&2",
		(struct process_options){ .on_output = count_output, .context = &told }, &r);
	assert_int_equal(300002, told);
	assert_int_equal(300000, r.output_size);
}

/* Gone, or a zombie that waits for whoever adopted it. */
static bool is_gone(pid_t pid)
{
	char path[64], text[512] = "";

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);

	FILE *in = fopen(path, "r");

	if (!in)
		return true;
	(void)!fread(text, 1, sizeof text - 1, in);
	fclose(in);
	return strstr(text, ") Z");
}

static void test_process__kills_the_whole_group_at_the_time_limit(void **state)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	pid_t grandchild;

	(void)state;
	run_shell("sleep 30 & echo $!; wait", (struct process_options){ .timeout_ms = 200 }, &r);
	assert_true(r.is_timed_out);
	assert_int_equal(128 + SIGKILL, r.exit_status);
	assert_in_range(r.elapsed_ms, 200, 5000);
	grandchild = (pid_t)atoi(r.output);
	assert_true(grandchild > 0);
	for (int i = 0; i < 100 && kill(grandchild, 0) == 0; i++)
		usleep(10000);
	assert_true(is_gone(grandchild));
}

/* What it left: in the background, in a session of its own, of a parent that is gone, deaf to all that can be ignored. */
#define LEAVE                                                                                      \
	"sleep 60 & echo $!;"                                                                      \
	"setsid sh -c 'trap \"\" TERM HUP INT; echo $$; while :; do sleep 60; done' &"             \
	"(setsid sh -c '(sleep 60 & echo $!; sleep 60) & exit' &) ; sleep 0.3;"

static void test_process__is_ended_with_all_that_it_left(void **state)
{
	static const struct {
		const char *end;
		int64_t timeout_ms;
		int exit_status;
	} cases[] = {
		{ "exit 0", 20000, 0 },
		{ "exit 3", 20000, 3 },
		{ "kill -9 $$", 20000, 128 + SIGKILL },
		{ "kill 0; sleep 60", 20000, 128 + SIGTERM },
		{ "trap '' TERM; sleep 60", 1000, 128 + SIGKILL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(process_result_done) struct process_result r = { 0 };
		CLEANUP(free) char *line = mem_printf("%s%s", LEAVE, cases[i].end);
		size_t left = 0;

		run_shell(line,
			(struct process_options){
				.ends_all = true, .timeout_ms = cases[i].timeout_ms },
			&r);
		assert_int_equal(cases[i].exit_status, r.exit_status);
		assert_int_equal(cases[i].timeout_ms == 1000, r.is_timed_out);
		for (char *rest = r.output, *pid; (pid = strsep(&rest, "\n")) && *pid; left++)
			assert_true(is_gone((pid_t)atoi(pid)));
		assert_int_equal(3, left);
	}
}

static void test_process__is_not_held_by_a_daemon_left_behind(void **state)
{
	CLEANUP(process_result_done) struct process_result r = { 0 }, chatty = { 0 };

	(void)state;
	run_shell("sleep 3 & echo started", (struct process_options){ 0 }, &r);
	assert_string_equal("started\n", r.output);
	assert_in_range(r.elapsed_ms, 0, 2000);
	run_shell("timeout 2 yes & echo started",
		(struct process_options){ .output_limit = 100000 }, &chatty);
	assert_in_range(chatty.elapsed_ms, 0, 1500);
}

static void test_process__notices_the_end_at_once(void **state)
{
	int64_t started = clock_monotonic_ms();

	(void)state;
	for (int i = 0; i < 20; i++) {
		CLEANUP(process_result_done) struct process_result r = { 0 };

		run_shell("exec >&- 2>&-; exit 0", (struct process_options){ 0 }, &r);
		assert_int_equal(0, r.exit_status);
	}
	/* Twenty slices of 50 ms would be a second of doing nothing. */
	assert_in_range(clock_monotonic_ms() - started, 0, 900);
}

#define PATIENCE_MS 20000

static void start(struct child *c, const char *program, const char *argument, bool ends_all)
{
	const char *const argv[] = { program, argument, NULL };
	const struct process_options options = { .argv = argv, .input = "", .ends_all = ends_all };
	struct error err = { 0 };

	*c = (struct child)CHILD_NONE;
	assert_int_equal(0, child_start(c, &options, &err));
}

/* Start one, tell its number, and wait for whatever comes. */
static void be_killed_over(int tell, bool ends_all)
{
	struct child c;

	start(&c, "sleep", "300", ends_all);
	(void)!write(tell, &c.pid, sizeof c.pid);
	for (;;)
		pause();
}

static void kill_starter(bool ends_all)
{
	int told[2];
	pid_t starter, program = 0;

	assert_int_equal(0, pipe(told));
	starter = fork();
	if (starter == 0)
		be_killed_over(told[1], ends_all);
	assert_int_equal(sizeof program, read(told[0], &program, sizeof program));

	struct pollfd end = { .fd = pidfd_open(program, 0), .events = POLLIN };

	assert_true(end.fd >= 0);
	assert_int_equal(0, poll(&end, 1, 0));
	assert_int_equal(0, kill(starter, SIGKILL));
	assert_int_equal(starter, waitpid(starter, NULL, 0));
	assert_int_equal(1, poll(&end, 1, PATIENCE_MS));
	close(end.fd);
	close(told[0]);
	close(told[1]);
}

/* A keeper ends only after its program. */
static void test_process__ends_a_program_whose_starter_is_killed(void **state)
{
	(void)state;
	kill_starter(false);
	kill_starter(true);
}

static void *start_in_thread(void *child)
{
	start(child, "cat", NULL, false);
	return NULL;
}

static void test_process__outlives_the_thread_that_started_it(void **state)
{
	CLEANUP(child_done) struct child c = CHILD_NONE;
	pthread_t thread;
	char back = '\0';
	int status = 0;

	(void)state;
	assert_int_equal(0, pthread_create(&thread, NULL, start_in_thread, &c));
	assert_int_equal(0, pthread_join(thread, NULL));
	assert_int_equal(1, write(c.fds[STREAM_IN], "x", 1));
	assert_int_equal(1, read(c.fds[STREAM_OUT], &back, 1));
	assert_int_equal('x', back);
	child_shut(&c, STREAM_IN);
	assert_int_equal(c.pid, waitpid(c.pid, &status, 0));
	assert_int_equal(0, status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_process__keeps_output_and_status),
		cmocka_unit_test(test_process__merges_both_streams_in_their_order),
		cmocka_unit_test(test_process__lets_an_added_name_win_in_every_shell),
		cmocka_unit_test(test_process__runs_in_the_directory_given),
		cmocka_unit_test(test_process__says_what_cannot_be_run),
		cmocka_unit_test(test_process__passes_big_input_through),
		cmocka_unit_test(test_process__does_not_mind_a_program_that_reads_nothing),
		cmocka_unit_test(test_process__cuts_output_at_its_limit_and_says_so),
		cmocka_unit_test(test_process__tells_output_as_it_comes),
		cmocka_unit_test(test_process__kills_the_whole_group_at_the_time_limit),
		cmocka_unit_test(test_process__is_ended_with_all_that_it_left),
		cmocka_unit_test(test_process__is_not_held_by_a_daemon_left_behind),
		cmocka_unit_test(test_process__notices_the_end_at_once),
		cmocka_unit_test(test_process__ends_a_program_whose_starter_is_killed),
		cmocka_unit_test(test_process__outlives_the_thread_that_started_it),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
