/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/complaint.h"

#include "base/mem.h"
#include "base/str.h"

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

/* A package's own last line, "dpkg: error ..." and what dpkg adds to it; what comes behind only repeats it. */
static char *dpkg_words(char *output)
{
	char *before = NULL, *line = output, *next = NULL;

	for (; line; before = line, line = next) {
		next = cut_line(line);
		if (str_starts(line, "dpkg: error"))
			break;
	}
	if (!line)
		return NULL;
	if (next)
		cut_line(next);
	return mem_printf("%s%s%s%s%s", before ? str_trim(before) : "", before ? "; " : "",
		str_trim(line), next ? " " : "", next ? str_trim(next) : "");
}

char *complaint_find(const char *output)
{
	CLEANUP(free) char *lines = mem_strdup(output), *copy = mem_strdup(output);
	char *words = dpkg_words(lines), *end = strrchr(str_trim(copy), '\n');

	if (words)
		return words;
	return mem_strdup(end ? str_trim(end) : str_trim(copy));
}

char *complaint_last(const char *said)
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
