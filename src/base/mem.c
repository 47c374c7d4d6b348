/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory)
{
	if (memory)
		return memory;
	abort(); /* main() says so */
}

void *mem_new(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

char *mem_strdup(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

char *mem_strndup(const char *s, size_t size)
{
	return checked(strndup(s, size));
}

char *mem_printf(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	int length = vasprintf(&text, fmt, args);
	va_end(args);
	return checked(length < 0 ? NULL : text);
}

void *mem_grow(void *items, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;

	if (wanted > SIZE_MAX / size)
		checked(NULL);
	items = checked(realloc(items, wanted * size));
	memset((char *)items + *capacity * size, 0, (wanted - *capacity) * size);
	*capacity = wanted;
	return items;
}

void mem_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	for (size_t i = 1; i < count; i++) {
		const char *one = (const char *)items + (i - 1) * size;

		if (compare(one, one + size) > 0) {
			qsort(items, count, size, compare);
			return;
		}
	}
}
