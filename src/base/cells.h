/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells.h - words of others on a terminal: made harmless, measured and cut in its cells.
 *
 * Texts are UTF-8 whatever the locale says. Layer: base. Threads: any.
 */
#pragma once

#include <stddef.h>

struct str;

/**
 * One line of what may be any bytes: terminal sequences and control characters (those of writing direction too) are
 * gone, line ends and tabs are spaces, what is no UTF-8 is '?'.
 *
 * @param most  Bytes of the line at most; no character is cut in two.
 * @return free(). Never NULL.
 */
char *cells_clean(const char *text, size_t size, size_t most);

/* How many cells a clean text takes: two for East Asian ones and pictures, none for combining marks. */
size_t cells_width(const char *text);

/* Append a clean text in at most `width` cells; one that is longer ends in an ellipsis. */
void cells_add(struct str *s, const char *text, size_t width);

/* The same, with spaces up to `width`: a column. */
void cells_add_column(struct str *s, const char *text, size_t width);
