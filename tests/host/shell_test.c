/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "fleet/hoststep.h"
#include "fleet/order.h"
#include "fleet/scan.h"
#include "fleet/session.h"
#include "fleet/upload.h"
#include "model/inventory.h"
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

#define HOSTS 12

static void test_session__knows_its_programs(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	struct session_result r = { 0 };
	struct error err = { 0 };

	assert_int_equal(
		-1, session_run(s, &(struct session_call){ .program = "format-disk" }, &r, &err));
	assert_int_equal(ERR_USAGE, err.kind);
	assert_string_equal("no program 'format-disk'", err.text);
}

/* What an argument says must not be read by a shell on the way. */
static void test_session__passes_arguments_untouched(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	CLEANUP(inventory_free) struct inventory *i = NULL;
	struct error err = { 0 };
	const char *command = "printf '%s|' \"it's\" '$HOME' '`x`' \"\\\\\"";

	if (scan_host(s, command, 0, &i, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal("it's|$HOME|`x`|\\|", inventory_facts(i)->release);
	assert_int_equal(0, inventory_facts(i)->release_status);
}

static void test_session__tells_a_program_that_failed(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	const char *args[] = { "put", "set", "platform", "4", NULL };
	struct error err = { 0 };

	assert_int_equal(0, session_run(s,
				    &(struct session_call){ .program = "stage",
					    .platform = "debian-12-amd64",
					    .args = args,
					    .input = "list",
					    .input_size = 4 },
				    &r, &err));
	assert_int_equal(1, r.exit_status);
	assert_string_equal("not a file of a set: list\n", r.errors);
}

static void test_session__refuses_names_that_are_none(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	struct session_step_result r = { 0 };
	struct error err = { 0 };
	static const char *const names[] = { "", "../up", ".hidden", "two words", "a/b" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(-1, session_step(s, names[i], "step",
					     &(struct session_call){ .program = "apply",
						     .platform = "debian-12-amd64" },
					     &r, &err));
		assert_int_equal(ERR_USAGE, err.kind);
	}
}

static void test_stage__says_what_is_wrong_with_its_files(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	CLEANUP(free) char *path = sshd_path(d, "file");
	char digest[] = "0123456789012345678901234567890123456789012345678901234567890123";
	struct upload_file file = { .path = "../up", .local = path, .sha256 = digest, .size = 3 };
	struct upload options = { .files = &file, .count = 1 };
	struct order order = { .set = digest, .platform = "debian-12-amd64" };
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, "four", 4, 0600, &err));
	assert_int_equal(-1, upload_files(s, &order, &options, &err));
	assert_int_equal(ERR_SYSTEM, err.kind);
	assert_non_null(strstr(err.text, "not a file of a set"));
}

struct seen {
	size_t calls, last, failed;
};

static void see(void *context, const struct scan_target *target, size_t done, size_t count)
{
	struct seen *s = context;

	s->calls++;
	s->failed += target->error.kind != ERR_NONE;
	assert_int_equal(s->last + 1, done);
	assert_int_equal(HOSTS, count);
	s->last = done;
}

/* One that does not answer costs the others nothing. */
static void test_scan__reads_many_and_tells_each(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	struct scan_target targets[HOSTS] = { 0 };
	struct host dead = d->host;
	struct seen seen = { 0 };
	struct scan_options options = { .on_done = see, .context = &seen };

	dead.port = sshd_free_port();
	for (size_t i = 0; i < HOSTS; i++)
		targets[i].session = session_new(pool, i == 5 ? &dead : &d->host);
	assert_int_equal(1, scan_run(pool, targets, HOSTS, &options));
	assert_int_equal(HOSTS, seen.calls);
	assert_int_equal(1, seen.failed);
	assert_int_equal(ERR_UNREACHABLE, targets[5].error.kind);
	assert_null(targets[5].inventory);
	for (size_t i = 1; i < HOSTS; i++) {
		if (i != 5)
			assert_string_equal(inventory_state_digest(targets[0].inventory),
				inventory_state_digest(targets[i].inventory));
	}
	seen = (struct seen){ 0 };
	assert_int_equal(1, scan_run(pool, targets, HOSTS, &options));
	scan_targets_done(targets, HOSTS);
}

/* By its name alone, and nothing is begun. */
static void test_session__collects_nothing_where_nothing_was_begun(void **state)
{
	const struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };
	struct error err = { 0 };

	for (int i = 0; i < 2; i++) {
		session_step_result_done(&result);
		if (session_step(s, "rollout-9", "apply-1", &(struct session_call){ 0 }, &result,
			    &err) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(STEP_END_ABSENT, result.end);
		assert_int_equal(-1, result.exit_status);
	}
}

/* Start a step, lose it at once, and ask again: it went on alone, and is not done twice. */
static void test_session__collects_a_step_that_it_lost(void **state)
{
	struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };
	CLEANUP(free) char *done = sshd_path(d, "done");
	CLEANUP(free) char *release = mem_printf("sleep 4; echo once >>%s; cat %s", done, done);
	struct session_call call = { .program = "inventory",
		.args = (const char *const[]){ release, NULL },
		.timeout_ms = 3000 };
	struct error err = { 0 };

	assert_int_equal(-1, session_step(s, "rollout-1", "apply-1", &call, &result, &err));
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	call.timeout_ms = 20000;
	if (session_step(s, "rollout-1", "apply-1", &call, &result, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(STEP_END_DONE, result.end);
	assert_int_equal(0, result.exit_status);
	assert_true(result.was_there);
	assert_non_null(strstr(result.output, "\nRelease:\n once\nRelease-Status: 0\n"));
	session_step_result_done(&result);
	if (session_step(s, "rollout-1", "apply-1", &(struct session_call){ 0 }, &result, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(STEP_END_DONE, result.end);
	assert_non_null(strstr(result.output, "\nRelease:\n once\nRelease-Status: 0\n"));
}

static int give_up(void *context, struct error *err)
{
	++*(int *)context;
	return error_set(err, ERR_REFUSED, "cancelled");
}

static int give_up_when_begun(void *started, struct error *err)
{
	return access(started, F_OK) == 0 ? error_set(err, ERR_REFUSED, "cancelled") : 0;
}

/* Whoever stops watching a step does not stop the step. */
static void test_hoststep__leaves_a_step_alone_when_its_watcher_goes(void **state)
{
	struct sshd *d = *state;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };
	struct session_call call = { .program = "inventory",
		.args = (const char *const[]){ "sleep 3; echo told", NULL } };
	CLEANUP(free) char *started = sshd_path(d, "rollout-2/apply-1/started");
	struct error err = { 0 };

	call.on_tick = give_up_when_begun;
	call.tick_context = started;
	assert_int_equal(-1, session_step(s, "rollout-2", "apply-1", &call, &result, &err));
	assert_int_equal(ERR_REFUSED, err.kind);
	assert_string_equal("step apply-1 of rollout-2: run: cancelled", err.text);
	call.on_tick = NULL;
	if (session_step(s, "rollout-2", "apply-1", &call, &result, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(STEP_END_DONE, result.end);
	assert_true(result.was_there);
	assert_non_null(strstr(result.output, "\nRelease:\n told\n"));
}

/* The tick of a watch reaches the connection, here a slow one. */
static void test_hoststep__ticks_while_it_watches(void **state)
{
	const struct sshd *d = *state;
	const char *const slow[] = { "env", d->identity, "sh", "-c", "sleep 1.3; exec sh -c \"$0\"",
		NULL };
	struct ssh_settings settings = d->settings;
	struct session_step_result result = { 0 };
	struct order order = { .set = "0123456789abcdef0123456789abcdef"
				      "0123456789abcdef0123456789abcdef",
		.platform = "any",
		.restart = "never" };
	int ticks = 0;
	const struct hoststep restart = { "rollout-3", "restart-1", &order, .on_tick = give_up,
		.context = &ticks };
	struct error err = { 0 };

	settings.command = slow;

	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);

	assert_int_equal(-1, hoststep_restart(s, &restart, &result, &err));
	assert_int_equal(ERR_REFUSED, err.kind);
	assert_int_equal(1, ticks);
}

/* ---- who speaks before our program ---- */

/* What the shell of whoever signs in does before it comes to our command, $0. */
struct greeting {
	const char *shell, *user; /* NULL: root */
	const char *note;         /* what is told of it; NULL: the call fails */
	const char *error;
};

static void check_greeting(const struct sshd *d, const struct greeting *g)
{
	CLEANUP(free) char *path = mem_printf("PATH=%s:%s", d->directory, getenv("PATH"));
	const char *const words[] = { "env", path, "sh", "-c", g->shell, NULL };
	struct ssh_settings settings = d->settings;
	CLEANUP(session_result_done) struct session_result r = { 0 };
	const struct session_call cat = { .program = "command",
		.args = (const char *const[]){ "cat; echo err >&2; exit 1", NULL },
		.input = "Our: data\n",
		.input_size = 10 };
	struct error err = { 0 };

	settings.command = words;
	settings.user = g->user ? g->user : "root";

	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	int ran = session_run(s, &cat, &r, &err);

	if (!g->note) {
		assert_int_equal(-1, ran);
		assert_int_equal(ERR_DENIED, err.kind);
		if (!strstr(err.text, g->error))
			fail_msg("'%s' not in '%s'", g->error, err.text);
		return;
	}
	if (ran < 0)
		fail_msg("%s: %s", g->shell, err.text);
	assert_int_equal(1, r.exit_status);
	assert_string_equal("Our: data\n", r.output);
	assert_string_equal("err\n", r.errors);
	assert_string_equal(g->note, session_note(s));
}

static void write_sudo(const struct sshd *d, const char *text)
{
	CLEANUP(free) char *path = sshd_path(d, "sudo");
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, text, strlen(text), 0755, &err));
}

#define THEN "[ \"$0\" = : ] || { " /* the command that tries the way is not greeted */

static void test_session__keeps_a_login_shells_words_out_of_our_data(void **state)
{
	static const struct greeting cases[] = {
		{ .shell = "exec sh -c \"$0\"", .note = "" },
		{ .shell = "echo Welcome: web1; exec sh -c \"$0\"",
			.note = "the login shell of root prints 'Welcome: web1'" },
		{ .shell = "printf Welcome; exec sh -c \"$0\"",
			.note = "the login shell of root prints 'Welcome'" },
		{ .shell = "echo stty: no tty >&2; exec sh -c \"$0\"",
			.note = "the login shell of root prints 'stty: no tty'" },
		{ .shell = "printf '\\033]0;mine\\007a\\nb\\n'; exec sh -c \"$0\"",
			.note = "the login shell of root prints 'a b'" },
		{ .shell = THEN "echo This account is not available.; exit 1; }",
			.error =
				"the login shell of 'root', or a command forced on it, ended with 1 before our "
				"program began, and says: This account is not available." },
		{ .shell = THEN "exit 0; }", .error = "ended with 0 before our program began" },
	};
	const struct sshd *d = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		check_greeting(d, &cases[i]);
}

/* A program that fails with 1 is no sudo that fails, whatever sudo says. */
static void test_session__tells_sudo_by_its_own_words(void **state)
{
	static const struct {
		const char *sudo;
		struct greeting g;
	} cases[] = {
		{ "#!/bin/sh\nshift; exec \"$@\"\n", { .note = "" } },
		{ "#!/bin/sh\necho 'sudo: unable to resolve host web-nowhere' >&2; shift; exec \"$@\"\n",
			{ .note = "sudo says 'sudo: unable to resolve host web-nowhere'" } },
		{ "#!/bin/sh\necho 'sudo: a password is required' >&2; exit 1\n",
			{ .error = "sudo does not serve 'patcher', ending with 1: sudo: a password is required" } },
		{ "#!/bin/sh\necho 'Sorry, user patcher is not allowed' >&2; exit 1\n",
			{ .error = "ending with 1: Sorry, user patcher is not allowed" } },
	};
	const struct sshd *d = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct greeting g = cases[i].g;

		g.user = "patcher";
		g.shell = "exec sh -c \"$0\"";
		write_sudo(d, cases[i].sudo);
		check_greeting(d, &g);
	}
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

/* This machine by a command; what is kept on a host lies in a directory that goes with it. */
static int start_command(void **state)
{
	struct sshd *d = mem_new(1, sizeof *d);

	strcpy(d->directory, "/tmp/patchline-way.XXXXXX");
	assert_non_null(mkdtemp(d->directory));
	d->identity = mem_printf("PATCHLINE_ROOT=%s", d->directory);

	const char *const words[] = { "env", d->identity, "sh", "-c", NULL };
	const char **command = mem_new(sizeof words / sizeof *words, sizeof *command);

	memcpy(command, words, sizeof words);
	d->host = (struct host){ .name = "test", .address = "test", .user = "" };
	d->settings = (struct ssh_settings){ .user = "root", .command = command };
	*state = d;
	return 0;
}

static int stop_command(void **state)
{
	struct sshd *d = *state;
	struct error err = { 0 };
	int result = file_remove_all(d->directory, &err);

	free((void *)(uintptr_t)d->settings.command);
	free(d->identity);
	free(d);
	return result;
}

/* clang-format off */
/* What holds whatever the way. */
#define CONTRACT                                                        \
	cmocka_unit_test(test_session__knows_its_programs),              \
	cmocka_unit_test(test_session__passes_arguments_untouched),      \
	cmocka_unit_test(test_session__tells_a_program_that_failed),     \
	cmocka_unit_test(test_session__refuses_names_that_are_none),     \
	cmocka_unit_test(test_stage__says_what_is_wrong_with_its_files)
/* clang-format on */

int main(void)
{
	const struct CMUnitTest by_command[] = {
		CONTRACT,
		cmocka_unit_test(test_session__collects_nothing_where_nothing_was_begun),
		cmocka_unit_test(test_session__collects_a_step_that_it_lost),
		cmocka_unit_test(test_hoststep__leaves_a_step_alone_when_its_watcher_goes),
		cmocka_unit_test(test_hoststep__ticks_while_it_watches),
		cmocka_unit_test(test_session__keeps_a_login_shells_words_out_of_our_data),
		cmocka_unit_test(test_session__tells_sudo_by_its_own_words),
	};
	const struct CMUnitTest by_ssh[] = {
		CONTRACT,
		cmocka_unit_test(test_scan__reads_many_and_tells_each),
	};

	/* Others than root go through sudo, which a test cannot ask for. */
	if (access("/usr/sbin/sshd", X_OK) < 0 || geteuid() != 0)
		return 77;

	signal(SIGPIPE, SIG_IGN);

	int failed = cmocka_run_group_tests(by_command, start_command, stop_command);

	return failed ? failed : cmocka_run_group_tests(by_ssh, start, stop);
}
