/* SPDX-License-Identifier: Apache-2.0 */
/* mem.h - memory that never fails: out of memory ends the process, and the journal resumes it. */
#pragma once

#include <stddef.h>

void *mem_new(size_t count, size_t size); /* zeroed */
char *mem_strdup(const char *s);
void *mem_grow(void *items, size_t *capacity, size_t size); /* doubles *capacity */
