/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/log_excerpt.h"

#include "base/mem.h"
#include "base/str.h"
#include "model/package_manager.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LAST_LINES 3 /* of what a host said that does not come back */

/* Cut the line that starts at `start` off what follows it; NULL when there is none. */
static char *cut_line(char *start)
{
	char *end = strchr(start, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

static bool is_error_line(const char *line)
{
	for (size_t i = 0; i < package_managers_count; i++) {
		if (str_starts(line, package_managers[i].error_line))
			return true;
	}
	return false;
}

/* A package's own last line, "dpkg: error ..." and what dpkg adds to it; what comes behind only repeats it. */
static char *manager_words(char *output)
{
	char *before = NULL, *line = output, *next = NULL;

	for (; line; before = line, line = next) {
		next = cut_line(line);
		if (is_error_line(line))
			break;
	}
	if (!line)
		return NULL;
	if (next)
		cut_line(next);
	return mem_printf("%s%s%s%s%s", before ? str_trim(before) : "", before ? "; " : "",
		str_trim(line), next ? " " : "", next ? str_trim(next) : "");
}

char *log_excerpt_find(const char *output)
{
	CLEANUP(free) char *lines = mem_strdup(output), *copy = mem_strdup(output);
	char *words = manager_words(lines), *end = strrchr(str_trim(copy), '\n');

	if (words)
		return words;
	return mem_strdup(end ? str_trim(end) : str_trim(copy));
}

char *log_excerpt_last(const char *said)
{
	CLEANUP(free) char *copy = mem_strdup(said);
	CLEANUP(str_done) struct str out = { 0 };
	const char *start = str_trim(copy), *from = start + strlen(start);
	unsigned lines = 0;

	while (from > start && (from[-1] != '\n' || ++lines < LAST_LINES))
		from--;
	for (; *from; from++) {
		if (*from == '\n')
			str_add(&out, "; ");
		else
			str_add_bytes(&out, from, 1);
	}
	return str_take(&out);
}

/* The unit of "Stopping lab-slow.service - Slow...", or of "Stopping lab-slow.service..."; its size into *size. */
static const char *unit_of(const char *line, const char *verb, size_t *size)
{
	const char *unit = line + strlen(verb);

	if (!str_starts(line, verb))
		return NULL;
	*size = strcspn(unit, " \n");
	while (*size && unit[*size - 1] == '.')
		--*size;
	return unit;
}

static bool has_stopped(const char *said, const char *unit, size_t size)
{
	for (const char *line = said; line; line = strchr(line, '\n')) {
		size_t its = 0;

		line += *line == '\n';

		const char *other = unit_of(line, "Stopped ", &its);

		if (other && its == size && strncmp(other, unit, size) == 0)
			return true;
	}
	return false;
}

char *log_excerpt_pending(const char *said)
{
	CLEANUP(str_done) struct str out = { 0 };

	for (const char *line = said; line; line = strchr(line, '\n')) {
		size_t size = 0;

		line += *line == '\n';

		const char *unit = unit_of(line, "Stopping ", &size);

		if (unit && !has_stopped(said, unit, size))
			str_addf(&out, "%s%.*s", out.size ? ", " : "", (int)size, unit);
	}
	return str_take(&out);
}
