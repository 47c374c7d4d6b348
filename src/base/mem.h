/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - memory that never fails: out of memory ends the process, and the journal resumes it. */
#pragma once

#include "base/own.h"

#include <stddef.h>

void *mem_new(size_t count, size_t size);      /* zeroed */
char *mem_strdup(const char *s);               /* NULL gives NULL */
char *mem_strndup(const char *s, size_t size); /* at most size bytes, ended by NUL */
char *mem_printf(const char *fmt, ...) PRINTF(1, 2);
void *mem_grow(void *items, size_t *capacity, size_t size); /* doubles *capacity */

/* The items with room for one more behind the `count` that are there: items = mem_room(items, count, ...). */
static inline void *mem_room(void *items, size_t count, size_t *capacity, size_t size)
{
	return count == *capacity ? mem_grow(items, capacity, size) : items;
}

/* As qsort(), also of none; elements that are in order already are only looked at. */
void mem_sort(void *items, size_t count, size_t size, int (*compare)(const void *, const void *));
