/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jump - a clock that is set while Patchline works.
 *
 *	LD_PRELOAD=libjump.so PATCHLINE_CLOCK=FILE patchline ...
 *
 * The file says by how many seconds the wall's clock is wrong; it is read each time somebody asks what time it is. The
 * clock that is never set stays right, but runs ten times as fast until it has gained PATCHLINE_HURRY seconds. Other
 * programs, and what Patchline starts, know nothing of it.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef int gettime_function(clockid_t, struct timespec *);

static const char *file;    /* NULL: the clock is right */
static time_t hurry, began; /* seconds to gain, since that moment */

__attribute__((constructor)) static void read_plan(void)
{
	if (strcmp(program_invocation_short_name, "patchline") != 0)
		return;
	unsetenv("LD_PRELOAD");
	file = getenv("PATCHLINE_CLOCK");
	if (getenv("PATCHLINE_HURRY")) {
		struct timespec now;

		clock_gettime(CLOCK_MONOTONIC, &now);
		began = now.tv_sec;
		hurry = atol(getenv("PATCHLINE_HURRY"));
	}
}

static long wrong_by(void)
{
	FILE *in = file ? fopen(file, "re") : NULL;
	long seconds = 0;

	if (in && fscanf(in, "%ld", &seconds) != 1)
		seconds = 0;
	if (in)
		fclose(in);
	return seconds;
}

static time_t gained(time_t passed)
{
	return 9 * passed < hurry ? 9 * passed : hurry;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *out)
{
	gettime_function *real = NULL;

	*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");

	int result = real(clock, out);

	if (result == 0 && clock == CLOCK_REALTIME)
		out->tv_sec += wrong_by();
	if (result == 0 && clock == CLOCK_MONOTONIC)
		out->tv_sec += gained(out->tv_sec - began);
	return result;
}

__attribute__((visibility("default"))) time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}
