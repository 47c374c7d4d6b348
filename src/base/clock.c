/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include "base/error.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DURATION_MAX ((int64_t)100 * 365 * 86400)

static const struct unit {
	char name;
	int64_t seconds;
} units[] = {
	{ 's', 1 },
	{ 'm', 60 },
	{ 'h', 3600 },
	{ 'd', 86400 },
	{ 'w', 604800 },
};

int64_t clock_now(void)
{
	return (int64_t)time(NULL);
}

int64_t clock_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timespec clock_moment_after(int64_t ms)
{
	int64_t at = clock_monotonic_ms() + ms;

	return (struct timespec){ (time_t)(at / 1000), (long)(at % 1000) * 1000000 };
}

const char *clock_format(int64_t at, char out[CLOCK_TEXT_SIZE])
{
	time_t when = (time_t)at;
	struct tm parts;

	if (!gmtime_r(&when, &parts) ||
		!strftime(out, CLOCK_TEXT_SIZE, "%Y-%m-%dT%H:%M:%SZ", &parts))
		snprintf(out, CLOCK_TEXT_SIZE, "@%lld", (long long)at);
	return out;
}

const char *clock_format_age(int64_t seconds, char out[CLOCK_TEXT_SIZE])
{
	const struct unit *unit = &units[0];

	if (seconds < 0)
		seconds = 0;
	/* Weeks are read but not written: "10d" says more than "1w". */
	for (size_t i = 1; units[i].name != 'w' && seconds >= 2 * units[i].seconds; i++)
		unit = &units[i];
	snprintf(out, CLOCK_TEXT_SIZE, "%lld%c", (long long)(seconds / unit->seconds), unit->name);
	return out;
}

static const struct unit *find_unit(char name)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		if (units[i].name == name)
			return &units[i];
	}
	return NULL;
}

int clock_parse_duration(const char *text, int64_t *seconds, struct error *err)
{
	const char *at = text;
	int64_t total = 0;

	do {
		char *end = NULL;
		long long number = isdigit((unsigned char)*at) ? strtoll(at, &end, 10) : -1;
		const struct unit *unit = number < 0 ? NULL : find_unit(*end);

		if (!unit || number > DURATION_MAX / unit->seconds)
			return error_set(err, ERR_USAGE,
				"'%.40s' is not a duration; want e.g. \"90s\", \"15m\", \"1h30m\" or \"7d\"",
				text);
		total += number * unit->seconds;
		at = end + 1;
	} while (*at);
	if (total > DURATION_MAX)
		return error_set(err, ERR_USAGE, "'%.40s' is longer than a hundred years", text);
	*seconds = total;
	return 0;
}

static bool is_utc(const char *zone)
{
	static const char *const names[] = { " UTC", " GMT", " Z", " +0000", " -0000" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(zone, names[i]) == 0)
			return true;
	}
	return false;
}

int clock_parse_date(const char *text, int64_t *at, struct error *err)
{
	static const struct {
		const char *format;
		bool has_zone;
	} forms[] = {
		{ "%a, %d %b %Y %H:%M:%S", true },
		{ "%a, %d-%b-%y %H:%M:%S", true },
		{ "%a %b %d %H:%M:%S %Y", false },
	};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct tm parts = { 0 };
		const char *end = strptime(text, forms[i].format, &parts);

		if (end && (forms[i].has_zone ? is_utc(end) : !*end)) {
			*at = (int64_t)timegm(&parts);
			return 0;
		}
	}
	return error_set(err, ERR_CORRUPT, "'%.60s' is not a date in UTC", text);
}
