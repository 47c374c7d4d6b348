/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/complaint.h"

#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

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
