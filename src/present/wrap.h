/* SPDX-License-Identifier: Apache-2.0 */
/* wrap.h - prose cut into lines between its words. Layer: present. Threads: any. */
#pragma once

#include <stddef.h>

/* The text in lines of at most `width` (> 0) bytes, parted by '\n'; longer words are cut. free(). */
char *wrap_words(const char *text, size_t width);

/* Columns of the terminal that standard output is; 0 when it is none. */
size_t terminal_width(void);
