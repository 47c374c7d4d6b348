/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/check/check.h"
#include "model/config.h"
#include "present/words.h"
#include "store/store.h"

#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define STATE_MODE  0700
#define SPACE_LEAST ((uint64_t)200 * 1024 * 1024)      /* below: nothing can be kept */
#define SPACE_FEW   ((uint64_t)2 * 1024 * 1024 * 1024) /* below: a set or two */

static void add_space(struct checks *c, const char *path)
{
	struct statvfs disk;

	if (statvfs(path, &disk) < 0)
		return;

	uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
	char size[SIZE_TEXT_SIZE];
	CLEANUP(free)
	char *what = mem_printf("%s free for %s", size_format(free_bytes, size), path);
	struct check_item r = { CHECK_GOOD, "state", "disk space", what, "" };

	if (free_bytes < SPACE_FEW) {
		r.status = free_bytes < SPACE_LEAST ? CHECK_WRONG : CHECK_WARNING;
		r.todo =
			"make room, or put 'state' on a larger disk: each set keeps its packages there";
	}
	checks_add(c, &r);
}

void check_state(struct checks *c, const struct config *config)
{
	CLEANUP(store_close) struct store *store = NULL;
	struct error err = { 0 };
	struct check_item r = { CHECK_GOOD, "state", "directory", config->state, "" };

	if (dir_make(config->state, STATE_MODE, &err) < 0 ||
		dir_check_own(config->state, &err) < 0 ||
		store_open(config->state, &store, &err) < 0) {
		r.status = CHECK_WRONG;
		r.what = err.text;
		r.todo =
			"let 'state' name a directory that this user, and nobody else, may write to";
	}
	checks_add(c, &r);
	add_space(c, config->state);
}

static void add_file(struct checks *c, const char *name, const char *path)
{
	struct check_item r = { CHECK_GOOD, "ssh", name, path, "" };
	CLEANUP(free) char *what = mem_printf("'%s' is not there, or not readable", path);

	if (!*path)
		return;
	if (access(path, R_OK) < 0) {
		r.status = CHECK_WRONG;
		r.what = what;
		r.todo = "make the file, or let the configuration name another";
	}
	checks_add(c, &r);
}

void check_ssh(struct checks *c, const struct config *config)
{
	add_file(c, "config", config->ssh.config);
	add_file(c, "known-hosts", config->ssh.known_hosts);
	for (const char *const *path = config->ssh.identities; *path; path++)
		add_file(c, "identity", *path);
}

/* Where a program is, by PATH when it has no slash; NULL when it is nowhere. free(). */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	CLEANUP(free) char *copy = mem_strdup(path ? path : "/usr/bin:/bin");
	char *rest = copy;

	if (strchr(name, '/'))
		return access(name, X_OK) == 0 ? mem_strdup(name) : NULL;
	while (rest) {
		const char *directory = strsep(&rest, ":");
		CLEANUP(free) char *full = path_join(*directory ? directory : ".", name);

		if (access(full, X_OK) == 0)
			return STEAL(&full);
	}
	return NULL;
}

void check_tests(struct checks *c, const struct config *config)
{
	for (size_t i = 0; i < config->suite_count; i++) {
		const struct suite *s = &config->suites[i];
		bool is_here = str_equal(s->on, "controller");
		CLEANUP(free) char *found = is_here ? find_program(s->command[0]) : NULL;
		CLEANUP(free)
		char *what = is_here ? mem_printf("'%s' is no program that can be run here",
					       s->command[0])
				     : mem_printf("runs on the hosts of '%s'; not tried", s->on);
		struct check_item r = { CHECK_GOOD, "test", s->name, found ? found : what, "" };

		if (is_here && !found) {
			r.status = CHECK_WRONG;
			r.todo = "put the program there and make it executable (chmod +x)";
		}
		checks_add(c, &r);
	}
}
