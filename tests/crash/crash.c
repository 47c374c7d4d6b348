/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crash - kill Patchline at one of its commits, as a power cut would.
 *
 *	LD_PRELOAD=libcrash.so PATCHLINE_CRASH=before:3 patchline ...
 *
 * Counts the commits of the store and ends the process with SIGKILL just before or just after the one of that
 * number. "cut:3" runs the shell command of PATCHLINE_CUT after it instead, and lets the process go on: for what may
 * happen to the world at that moment. "removing:3" ends it just before the third time that it takes away a file or folder. Other programs on the way (ip netns exec, a shell) are left alone, and so is whatever Patchline starts.
 * Without PATCHLINE_CRASH nothing happens.
 */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int exec_function(
	sqlite3 *, const char *, int (*)(void *, int, char **, char **), void *, char **);

static struct {
	const char *when; /* one of `whens`; NULL: never */
	long at;          /* which commit, or removal, from 1 */
	long seen;
} plan;

static const char *const whens[] = { "before", "after", "cut", "removing" };

__attribute__((constructor)) static void read_plan(void)
{
	const char *text = getenv("PATCHLINE_CRASH");

	if (!text || strcmp(program_invocation_short_name, "patchline") != 0)
		return;
	unsetenv("LD_PRELOAD");
	for (size_t i = 0; i < sizeof whens / sizeof *whens; i++) {
		size_t size = strlen(whens[i]);

		if (strncmp(text, whens[i], size) != 0 || text[size] != ':')
			continue;
		plan.when = whens[i];
		plan.at = strtol(text + size + 1, NULL, 10);
	}
}

/* A command that fails cuts nothing, and the test that wanted it sees that. */
static void cut(void)
{
	const char *command = getenv("PATCHLINE_CUT");

	if (command && system(command) != 0)
		abort();
}

static void pass(const char *when)
{
	if (!plan.when || strcmp(plan.when, when) != 0 || plan.seen != plan.at)
		return;
	if (strcmp(when, "cut") == 0)
		cut();
	else
		kill(getpid(), SIGKILL);
}

/* The store commits in this one way only (src/store/sqlite.c). */
__attribute__((visibility("default"))) int sqlite3_exec(sqlite3 *db, const char *sql,
	int (*callback)(void *, int, char **, char **), void *context, char **message)
{
	exec_function *real = NULL;
	bool commits =
		strcmp(sql, "COMMIT") == 0 && !(plan.when && strcmp(plan.when, "removing") == 0);

	*(void **)&real = dlsym(RTLD_NEXT, "sqlite3_exec");
	if (commits)
		plan.seen++;
	if (commits)
		pass("before");

	int result = real(db, sql, callback, context, message);

	if (commits)
		pass("after");
	if (commits)
		pass("cut");
	return result;
}

/* Files and folders are taken away in this one way (src/base/file.c). */
__attribute__((visibility("default"))) int remove(const char *__filename)
{
	int (*real)(const char *) = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "remove");
	if (plan.when && strcmp(plan.when, "removing") == 0) {
		plan.seen++;
		pass("removing");
	}
	return real(__filename);
}
