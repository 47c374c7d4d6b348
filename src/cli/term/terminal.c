/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/terminal.h"

#include "base/cells.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One guarded stream. */
struct guard {
	int fd;
	struct str left; /* bytes that were not shown yet: a character that is not whole */
};

/* False, with errno, when not all could be written. */
static bool send_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t sent = write(fd, bytes, size);

		if (sent < 0 && errno != EINTR)
			return false;
		bytes += sent > 0 ? sent : 0;
		size -= sent > 0 ? (size_t)sent : 0;
	}
	return true;
}

bool terminal_has_reader(int fd)
{
	struct pollfd one = { .fd = fd };

	return poll(&one, 1, 0) <= 0 || !(one.revents & POLLERR);
}

void terminal_put(int fd, const char *bytes, size_t size)
{
	(void)send_all(fd, bytes, size);
}

/* All is taken, or 0 of it when it could not be written. */
static ssize_t guard_write(void *cookie, const char *bytes, size_t size)
{
	struct guard *g = cookie;
	CLEANUP(str_done) struct str shown = { 0 };
	CLEANUP(str_done) struct str all = STEAL(&g->left);
	str_add_bytes(&all, bytes, size);

	size_t taken = cells_show(&shown, str_text(&all), all.size);

	str_add_bytes(&g->left, str_text(&all) + taken, all.size - taken);
	return send_all(g->fd, str_text(&shown), shown.size) ? (ssize_t)size : 0;
}

static int guard_close(void *cookie)
{
	struct guard *g = cookie;

	str_done(&g->left);
	free(g);
	return 0;
}

static FILE *guarded(int fd, int buffering)
{
	struct guard *g = mem_new(1, sizeof *g);
	const cookie_io_functions_t functions = { .write = guard_write, .close = guard_close };
	FILE *stream = fopencookie(g, "w", functions);

	if (!stream)
		abort(); /* out of memory, as in mem.c */
	g->fd = fd;
	setvbuf(stream, NULL, buffering, BUFSIZ);
	return stream;
}

void terminal_guard(void)
{
	stdout = guarded(STDOUT_FILENO, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF);
	stderr = guarded(STDERR_FILENO, _IONBF);
}

void terminal_unguard(void)
{
	if (isatty(STDOUT_FILENO))
		return;
	fclose(stdout); /* the guard; what it guards stays open */
	stdout = fdopen(STDOUT_FILENO, "w");
	if (!stdout)
		abort(); /* out of memory, as in mem.c */
}

void terminal_done(void)
{
	fclose(stdout);
	fclose(stderr);
}
