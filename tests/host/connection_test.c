/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/workers.h"
#include "fleet/connection_private.h"
#include "reach.h"
#include "sshd.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BIG        ((size_t)8 * 1024 * 1024)
#define LATE_CALLS 20

static void test_connection__runs_commands_one_after_the_other(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	static const struct {
		const char *command, *input, *output, *errors;
		int status;
	} cases[] = {
		{ "echo out; echo err >&2; exit 7", NULL, "out\n", "err\n", 7 },
		{ "cat", "in", "in", "", 0 },
		{ "cat", NULL, "", "", 0 },
		{ "exit 3", "nobody reads this", "", "", 3 },
		{ "kill -9 $$", NULL, "", "", 137 },
		{ "printf '%s' \"it's\"", NULL, "it's", "", 0 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(session_result_done) struct session_result r = { 0 };

		reach_run(c,
			&(struct connection_command){ .text = cases[i].command,
				.input = cases[i].input,
				.input_size = cases[i].input ? strlen(cases[i].input) : 0 },
			&r);
		assert_string_equal(cases[i].output, r.output);
		assert_int_equal(strlen(cases[i].output), r.output_size);
		assert_string_equal(cases[i].errors, r.errors);
		assert_int_equal(cases[i].status, r.exit_status);
	}
}

/* Its output is there although somebody keeps the pipe; who has a session of its own is not touched. */
static void test_connection__leaves_what_a_command_left_behind(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	int64_t started = clock_monotonic_ms();
	long pid = 0;

	reach_run(c, &(struct connection_command){ .text = "setsid sleep 20 & echo $!" }, &r);
	assert_in_range(clock_monotonic_ms() - started, 0, 10000);
	pid = strtol(r.output, NULL, 10);
	assert_in_range(pid, 2, INT32_MAX);
	assert_int_equal(0, kill((pid_t)pid, SIGKILL));
}

struct zeros {
	size_t left;
	size_t calls;
};

static ssize_t fill_zeros(void *context, char *buffer, size_t size, struct error *err)
{
	struct zeros *s = context;
	size_t got = s->left < size ? s->left : size;

	(void)err;
	memset(buffer, 'x', got);
	s->left -= got;
	s->calls++;
	return (ssize_t)got;
}

static void count_bytes(void *context, const char *bytes, size_t size)
{
	(void)bytes;
	*(size_t *)context += size;
}

static void test_connection__carries_large_input_and_output(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct zeros source = { .left = BIG };
	size_t seen = 0;

	reach_run(c,
		&(struct connection_command){ .text = "cat",
			.input = "head",
			.input_size = 4,
			.fill = fill_zeros,
			.fill_context = &source,
			.on_output = count_bytes,
			.output_context = &seen,
			.output_limit = 1000 },
		&r);
	assert_int_equal(BIG + 4, seen);
	assert_int_equal(1000, r.output_size);
	assert_true(r.is_truncated);
	assert_memory_equal("headxxx", r.output, 7);
}

static ssize_t fill_fails(void *context, char *buffer, size_t size, struct error *err)
{
	(void)context;
	(void)buffer;
	(void)size;
	return error_set(err, ERR_CORRUPT, "the source is broken");
}

static void test_connection__stops_when_its_input_fails(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	struct session_result r = { 0 };
	struct error err = { 0 };

	assert_int_equal(-1,
		connection_run(c, &(struct connection_command){ .text = "cat", .fill = fill_fails },
			&r, &err));
	assert_string_equal("the source is broken", err.text);
}

struct ticks {
	int seen, most; /* the last of them ends it */
};

static int tick(void *context, struct error *err)
{
	struct ticks *t = context;

	t->seen++;
	return t->seen < t->most ? 0 : error_set(err, ERR_CONFLICT, "the lease is lost");
}

static void test_connection__ticks_while_a_command_runs(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct ticks ticks = { .most = 100 };

	/* Whether there is something to read or not. */
	reach_run(c,
		&(struct connection_command){ .text = "timeout 2.5 yes; sleep 2.5",
			.on_tick = tick,
			.tick_context = &ticks,
			.output_limit = 1000 },
		&r);
	assert_in_range(ticks.seen, 2, r.elapsed_ms / 1000);
	ticks.seen = 0;
	session_result_done(&r);
	reach_run(c,
		&(struct connection_command){
			.text = "true", .on_tick = tick, .tick_context = &ticks },
		&r);
	assert_int_equal(0, ticks.seen);
}

static void test_connection__gives_a_command_up_when_a_tick_says_so(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	struct session_result r = { 0 };
	struct ticks ticks = { .most = 2 };
	struct error err = { 0 };
	const struct connection_command command = {
		.text = "sleep 20", .on_tick = tick, .tick_context = &ticks
	};
	int64_t started = clock_monotonic_ms();

	assert_int_equal(-1, connection_run(c, &command, &r, &err));
	assert_int_equal(ERR_CONFLICT, err.kind);
	assert_string_equal("the lease is lost", err.text);
	assert_int_equal(2, ticks.seen);
	assert_in_range(clock_monotonic_ms() - started, 2000, 10000);
}

struct late {
	int calls;
};

/* Nothing at first, then a word, nothing for long, and the end. */
static ssize_t fill_late(void *context, char *buffer, size_t size, struct error *err)
{
	struct late *l = context;
	int call = l->calls++;

	(void)err;
	assert_true(size > 4);
	if (call == 2)
		memcpy(buffer, "late", 4);
	if (call == 2)
		return 4;
	return call == LATE_CALLS - 1 ? 0 : SESSION_NOT_YET;
}

static void test_connection__waits_for_input_that_comes_later(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct late source = { 0 };

	reach_run(c,
		&(struct connection_command){
			.text = "cat", .fill = fill_late, .fill_context = &source },
		&r);
	assert_string_equal("late", r.output);
	assert_int_equal(LATE_CALLS, source.calls);
	assert_in_range(r.elapsed_ms, 0, LATE_CALLS * 500);
}

static void test_connection__ends_a_command_at_its_time_limit(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	struct session_result r = { 0 };
	struct error err = { 0 };
	int64_t started = clock_monotonic_ms();

	assert_int_equal(
		-1, connection_run(c,
			    &(struct connection_command){ .text = "sleep 20", .timeout_ms = 300 },
			    &r, &err));
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	assert_in_range(clock_monotonic_ms() - started, 300, 10000);
}

/* One that never falls silent: there is always something to read. */
static void test_connection__ends_a_command_that_keeps_talking(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	struct session_result r = { 0 };
	struct error err = { 0 };
	const struct connection_command command = {
		.text = "exec yes", .output_limit = 1000, .timeout_ms = 300
	};
	int64_t started = clock_monotonic_ms();

	assert_int_equal(-1, connection_run(c, &command, &r, &err));
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	assert_in_range(clock_monotonic_ms() - started, 300, 10000);
}

static void test_connection__refuses_a_way_that_lacks_a_function(void **state)
{
	const struct sshd *d = *state;
	struct connection_transport lame = connection_ssh;
	struct connection *c = NULL;
	struct error err = { 0 };

	lame.give_up = NULL;
	assert_int_equal(-1, connection_open(&lame, &d->host, &d->settings, &c, &err));
	assert_int_equal(ERR_USAGE, err.kind);
	assert_non_null(strstr(err.text, "'ssh' to hosts has no function 'give_up'"));
}

/* True once nobody of that number runs any more, within a second. Dead is enough: not everywhere does number 1
 * wait for those that lost their parent. */
static bool is_gone(pid_t pid)
{
	CLEANUP(free) char *path = mem_printf("/proc/%d/stat", (int)pid);

	for (int tries = 0; tries < 20; tries++) {
		CLEANUP(free) char *text = NULL;
		struct error err = { 0 };

		if (file_read(path, 4096, &text, NULL, &err) < 0 || strstr(text, ") Z "))
			return true;
		usleep(50000);
	}
	return false;
}

static void keep_pid(void *context, const char *bytes, size_t size)
{
	char text[32];

	snprintf(text, sizeof text, "%.*s", (int)size, bytes);
	*(pid_t *)context = (pid_t)strtol(text, NULL, 10);
}

static void test_connection__kills_all_of_a_command_at_its_time_limit(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	struct session_result r = { 0 };
	struct error err = { 0 };
	pid_t pid = 0;
	const struct connection_command command = { .text = "sleep 20 & echo $!; wait",
		.on_output = keep_pid,
		.output_context = &pid,
		.timeout_ms = 300 };

	assert_int_equal(-1, connection_run(c, &command, &r, &err));
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	assert_in_range(pid, 2, INT32_MAX);
	assert_true(is_gone(pid));
}

static void test_connection__fills_in_the_words_of_its_command(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	struct host host = { .name = "web1", .address = "10.1.2.3", .user = "op", .port = 2022 };
	const char *const command[] = { "sh", "-c",
		"echo '{host}-{address},{user}{port} {nothing}'; eval \"$0\"", NULL };
	CLEANUP(session_result_done) struct session_result r = { 0 };

	settings.command = command;

	CLEANUP(connection_close) struct connection *c = reach_open(&host, &settings);

	reach_run(c, &(struct connection_command){ .text = "echo there" }, &r);
	assert_string_equal("web1-10.1.2.3,op2022 {nothing}\nthere\n", r.output);
	assert_string_equal("op", c->user);
	assert_string_equal("web1 (10.1.2.3)", c->address);
}

/* A host's own command goes before that of all; that of an original is its clone's. */
static void test_connection__asks_the_host_for_its_own_command(void **state)
{
	const struct sshd *d = *state;
	const char *const own[] = { "sh", "-c", "echo own; eval \"$0\"", NULL };
	const struct host host = { .name = "web1", .address = "web1", .user = "", .command = own };
	const struct host clone = {
		.name = "a/clone-1/web1", .address = "here", .user = "", .original = &host
	};
	const struct host *const hosts[] = { &host, &clone };

	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		CLEANUP(session_result_done) struct session_result r = { 0 };

		CLEANUP(connection_close) struct connection *c = reach_open(hosts[i], &d->settings);

		reach_run(c, &(struct connection_command){ .text = ":" }, &r);
		assert_string_equal("own\n", r.output);
	}
}

static void test_connection__says_where_its_command_does_not_lead(void **state)
{
	const struct sshd *d = *state;
	const struct {
		const char *command[4];
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{ { "sh", "-c", "echo no such container >&2; exit 1" }, ERR_UNREACHABLE,
			"test (127.0.0.1): 'sh' ended with 1: no such container" },
		{ { "sh", "-c", "echo refused >&2; exit 255" }, ERR_UNREACHABLE, "refused: " },
		{ { "sh", "-c", "sleep 20" }, ERR_UNREACHABLE, "did not end within 1 s" },
		{ { "/nonexistent/docker" }, ERR_USAGE,
			"the command that leads there: running '/nonexistent/docker': No such file" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ssh_settings settings = d->settings;

		settings.command = cases[i].command;
		settings.connect_timeout = 1;
		reach_refused(&d->host, &settings, cases[i].kind, cases[i].told);
	}
}

static void test_connection__takes_255_for_a_way_that_broke(void **state)
{
	CLEANUP(connection_close) struct connection *c = reach_host(*state);
	struct session_result r = { 0 };
	struct error err = { 0 };

	assert_int_equal(-1,
		connection_run(c,
			&(struct connection_command){ .text = "echo broken pipe >&2; exit 255" },
			&r, &err));
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	assert_non_null(strstr(err.text, "broken pipe: test (127.0.0.1): connection lost"));
}

struct many {
	const struct sshd *d;
	bool is_right[20];
};

static void talk(void *context, size_t index)
{
	struct many *m = context;
	CLEANUP(connection_close) struct connection *c = NULL;
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(free)
	char *command = mem_printf("head -c 100000 /dev/zero | wc -c; echo %zu", index);
	CLEANUP(free) char *expected = mem_printf("100000\n%zu\n", index);
	struct error err = { 0 };

	m->is_right[index] =
		reach_try(&m->d->host, &m->d->settings, &c, &err) == 0 &&
		connection_run(c, &(struct connection_command){ .text = command }, &r, &err) == 0 &&
		strcmp(expected, r.output) == 0;
}

static void test_connection__talks_to_twenty_at_a_time(void **state)
{
	struct many m = { .d = *state };

	workers_run(20, 20, talk, &m);
	for (size_t i = 0; i < 20; i++)
		assert_true(m.is_right[i]);
}

static int start(void **state)
{
	*state = sshd_start();
	return 0;
}

static int stop(void **state)
{
	sshd_stop(*state);
	return 0;
}

/* This machine, by a command: no sshd at all. */
static int start_command(void **state)
{
	static const char *const command[] = { "sh", "-c", NULL };
	struct sshd *d = mem_new(1, sizeof *d);

	d->host = (struct host){ .name = "test", .address = "127.0.0.1", .user = "" };
	d->settings = (struct ssh_settings){ .user = "root", .command = command };
	*state = d;
	return 0;
}

static int stop_command(void **state)
{
	free(*state);
	return 0;
}

/* clang-format off */
/* What holds whatever the way. */
#define CONTRACT                                                                   \
	cmocka_unit_test(test_connection__runs_commands_one_after_the_other),      \
	cmocka_unit_test(test_connection__carries_large_input_and_output),         \
	cmocka_unit_test(test_connection__stops_when_its_input_fails),             \
	cmocka_unit_test(test_connection__waits_for_input_that_comes_later),       \
	cmocka_unit_test(test_connection__ticks_while_a_command_runs),             \
	cmocka_unit_test(test_connection__gives_a_command_up_when_a_tick_says_so), \
	cmocka_unit_test(test_connection__ends_a_command_at_its_time_limit),       \
	cmocka_unit_test(test_connection__ends_a_command_that_keeps_talking),      \
	cmocka_unit_test(test_connection__refuses_a_way_that_lacks_a_function), \
	cmocka_unit_test(test_connection__talks_to_twenty_at_a_time)
/* clang-format on */

int main(void)
{
	const struct CMUnitTest by_command[] = {
		CONTRACT,
		cmocka_unit_test(test_connection__leaves_what_a_command_left_behind),
		cmocka_unit_test(test_connection__kills_all_of_a_command_at_its_time_limit),
		cmocka_unit_test(test_connection__fills_in_the_words_of_its_command),
		cmocka_unit_test(test_connection__asks_the_host_for_its_own_command),
		cmocka_unit_test(test_connection__says_where_its_command_does_not_lead),
		cmocka_unit_test(test_connection__takes_255_for_a_way_that_broke),
	};
	const struct CMUnitTest by_ssh[] = { CONTRACT };

	signal(SIGPIPE, SIG_IGN); /* as in the program */

	int failed = cmocka_run_group_tests(by_command, start_command, stop_command);

	if (failed || access("/usr/sbin/sshd", X_OK) < 0)
		return failed ? failed : 77;
	return cmocka_run_group_tests(by_ssh, start, stop);
}
