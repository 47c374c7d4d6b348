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

/* Where in a line the complaint about a package begins: a prompt that waited for an answer has no line end. */
static char *find_error(const char *line)
{
	for (size_t i = 0; i < package_managers_count; i++) {
		char *at = strstr(line, package_managers[i].error_line);

		if (at)
			return at;
	}
	return NULL;
}

static bool is_own_line(const char *line, bool has_error)
{
	for (size_t i = 0; i < package_managers_count; i++) {
		const struct package_manager *m = &package_managers[i];

		if (str_starts(line, m->refuse_line) &&
			!(has_error && str_starts(line, m->repeat_line)))
			return true;
	}
	return false;
}

/* The same, in one line, with what the line before it says, or what stands before it in its own. */
static char *join_words(char *before, char *error, char *next)
{
	const char *said = before ? str_trim(before) : "";

	return mem_printf("%s%s%s%s%s", said, *said ? "; " : "", str_trim(error), next ? " " : "",
		next ? str_trim(next) : "");
}

/* A package's own last line, "dpkg: error ..." and what dpkg adds to it; what comes behind only repeats it. */
static char *manager_words(char *output)
{
	for (char *before = NULL, *line = output, *next = NULL; line; before = line, line = next) {
		char *error = NULL;

		next = cut_line(line);
		error = find_error(line);
		if (!error)
			continue;
		if (next)
			cut_line(next);
		if (error == line)
			return join_words(before, error, next);

		CLEANUP(free) char *prompt = mem_printf("%.*s", (int)(error - line), line);

		return join_words(prompt, error, next);
	}
	return NULL;
}

/* The first complaint of the package manager as a whole; NULL when there is none that says more than has_error. */
static char *own_words(char *output, bool has_error)
{
	for (char *line = output, *next = NULL; line; line = next) {
		next = cut_line(line);
		if (is_own_line(line, has_error))
			return str_trim(line);
	}
	return NULL;
}

char *log_excerpt_find(const char *output)
{
	CLEANUP(free) char *lines = mem_strdup(output), *others = mem_strdup(output);
	CLEANUP(free) char *copy = mem_strdup(output), *words = manager_words(lines);
	const char *own = own_words(others, words), *last = str_trim(copy);

	if (words)
		return mem_printf("%s%s%s", words, own ? "; " : "", own ? own : "");
	last = strrchr(last, '\n') ? strrchr(last, '\n') + 1 : last;
	return own && !str_equal(own, last) ? mem_printf("%s; %s", own, last) : mem_strdup(last);
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
