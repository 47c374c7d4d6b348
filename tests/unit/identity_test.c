/* SPDX-License-Identifier: Apache-2.0 */
#include "base/identity.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* A process that waits for us; it tells who it is. */
static pid_t start_other(struct identity *out)
{
	int words[2];

	assert_int_equal(0, pipe(words));

	pid_t other = fork();

	if (other == 0) {
		struct identity own;

		identity_own(&own);
		if (write(words[1], &own, sizeof own) != sizeof own)
			_exit(1);
		pause();
		_exit(0);
	}
	assert_int_equal(sizeof *out, read(words[0], out, sizeof *out));
	close(words[0]);
	close(words[1]);
	return other;
}

static void test_identity__of_this_process_is_whole(void **state)
{
	struct identity own;

	(void)state;
	identity_own(&own);
	assert_int_equal(getpid(), own.process);
	assert_true(own.started > 0 && *own.boot && *own.machine);
	assert_int_equal(0, strncmp(own.space, "pid:[", 5));
	assert_int_equal(LIFE_RUNNING, identity_life(&own));
}

static void test_identity__tells_what_became_of_a_process(void **state)
{
	struct identity other;
	pid_t process = start_other(&other);

	(void)state;
	assert_int_equal(LIFE_RUNNING, identity_life(&other));
	kill(process, SIGSTOP);
	waitpid(process, NULL, WUNTRACED);
	assert_int_equal(LIFE_STOPPED, identity_life(&other));
	kill(process, SIGKILL);

	/* ended, and not asked for yet: its number is still taken */
	siginfo_t ended;

	assert_int_equal(0, waitid(P_PID, (id_t)process, &ended, WEXITED | WNOWAIT));
	assert_int_equal(LIFE_GONE, identity_life(&other));
	waitpid(process, NULL, 0);
	assert_int_equal(LIFE_GONE, identity_life(&other));
}

static void test_identity__a_number_alone_says_nothing(void **state)
{
	struct identity own, other;

	(void)state;
	identity_own(&own);
	other = own;
	other.started++;
	assert_int_equal(LIFE_GONE, identity_life(&other));
	other = own;
	snprintf(other.boot, sizeof other.boot, "another");
	assert_int_equal(LIFE_UNKNOWN, identity_life(&other));
	other = own;
	*other.space = '\0';
	assert_int_equal(LIFE_UNKNOWN, identity_life(&other));
	other = own;
	other.started = 0;
	assert_int_equal(LIFE_UNKNOWN, identity_life(&other));
}

/* What a process of a container with this one's name thinks of one outside: its exit status. */
static int ask_in_container(const struct identity *whose)
{
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		return -1;

	pid_t first = fork();
	int status = 0;

	if (first == 0) {
		if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
			mount("proc", "/proc", "proc", 0, NULL) < 0)
			_exit(LIFE_RUNNING + 1);
		_exit((int)identity_life(whose));
	}
	return first > 0 && waitpid(first, &status, 0) == first ? WEXITSTATUS(status) : -1;
}

static void test_identity__of_another_container_is_unknown(void **state)
{
	struct identity own;
	int status = 0;

	(void)state;
	identity_own(&own);

	pid_t child = fork();

	if (child == 0)
		_exit(ask_in_container(&own));
	assert_int_equal(child, waitpid(child, &status, 0));
	if ((int8_t)WEXITSTATUS(status) < 0)
		skip(); /* not allowed to make one */
	assert_int_equal(LIFE_UNKNOWN, WEXITSTATUS(status));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity__of_this_process_is_whole),
		cmocka_unit_test(test_identity__tells_what_became_of_a_process),
		cmocka_unit_test(test_identity__a_number_alone_says_nothing),
		cmocka_unit_test(test_identity__of_another_container_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
