/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cells.h - words of others on a terminal: made harmless or visible, measured and cut in its cells.
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

/**
 * Append what may be any bytes as text that a terminal shows and does not obey. Controls but line ends and tabs, marks of
 * writing direction and what is no UTF-8 stand there by name, as less(1) shows them: "^[", "<9B>", "<U+202E>".
 *
 * @return How many of the bytes are taken. A character that is cut off at the end is left (3 bytes at most), and so is a
 *         carriage return: what comes next decides.
 */
size_t cells_show(struct str *s, const char *text, size_t size);

/* JSON in which such characters are escaped as JSON does it: nothing is lost. free(). */
char *cells_show_json(const char *json);

/* How many cells a clean text takes: two for East Asian ones and pictures, none for combining marks. */
size_t cells_width(const char *text);

/* Append a clean text in at most `width` cells; one that is longer ends in an ellipsis. */
void cells_add(struct str *s, const char *text, size_t width);

/* The same, with spaces up to `width`: a column. */
void cells_add_column(struct str *s, const char *text, size_t width);
