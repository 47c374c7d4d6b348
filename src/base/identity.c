/* SPDX-License-Identifier: Apache-2.0 */
#include "base/identity.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/own.h"
#include "base/str.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STAT_SIZE ((size_t)4096)

/* After the name of the program come its state and, as the nineteenth behind that, its start. */
#define STAT_START 19

static void read_boot(char out[IDENTITY_SIZE])
{
	CLEANUP(free) char *text = NULL;
	struct error ignored = { 0 };

	if (file_read("/proc/sys/kernel/random/boot_id", IDENTITY_SIZE, &text, NULL, &ignored) < 0)
		return;
	text[strcspn(text, "\n")] = '\0';
	snprintf(out, IDENTITY_SIZE, "%s", text);
}

static void read_space(char out[IDENTITY_SIZE])
{
	ssize_t size = readlink("/proc/self/ns/pid", out, IDENTITY_SIZE - 1);

	out[size > 0 ? size : 0] = '\0';
}

/* The state of a process, and when it was started; false when that is not told. */
static bool read_stat(int64_t process, char *state, int64_t *started)
{
	CLEANUP(free) char *path = mem_printf("/proc/%lld/stat", (long long)process);
	CLEANUP(free) char *text = NULL;
	struct error ignored = { 0 };

	if (file_read(path, STAT_SIZE, &text, NULL, &ignored) < 0)
		return false;

	/* The name may have blanks and brackets in it. */
	const char *at = strrchr(text, ')');

	if (!at || at[1] != ' ')
		return false;
	at += 2;
	*state = *at;
	for (int field = 0; at && field < STAT_START; field++)
		at = strchr(at + 1, ' ');
	*started = at ? strtoll(at, NULL, 10) : 0;
	return *started > 0;
}

void identity_own(struct identity *out)
{
	char state = ' ';

	*out = (struct identity){ .process = getpid() };
	if (gethostname(out->machine, sizeof out->machine - 1) < 0)
		snprintf(out->machine, sizeof out->machine, "unknown");
	read_boot(out->boot);
	read_space(out->space);
	if (!read_stat(out->process, &state, &out->started))
		out->started = 0;
}

/* Whether both count their processes in the same way. */
static bool shares_space(const struct identity *a, const struct identity *b)
{
	return *a->boot && *a->space && str_equal(a->boot, b->boot) &&
	       str_equal(a->space, b->space);
}

enum life identity_life(const struct identity *whose)
{
	struct identity own;
	int64_t started = 0;
	char state = ' ';

	identity_own(&own);
	if (!shares_space(whose, &own))
		return LIFE_UNKNOWN;
	if (kill((pid_t)whose->process, 0) < 0 && errno == ESRCH)
		return LIFE_GONE;
	if (!whose->started || !read_stat(whose->process, &state, &started))
		return LIFE_UNKNOWN;
	/* Z, X: it has ended, and nobody has asked how. */
	if (started != whose->started || strchr("ZX", state))
		return LIFE_GONE;
	return strchr("Tt", state) ? LIFE_STOPPED : LIFE_RUNNING;
}
