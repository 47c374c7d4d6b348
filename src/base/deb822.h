/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deb822.h - paragraphs of "Field: value" lines, read one paragraph at a time.
 *
 * The form of Packages indexes, Release files, dpkg's status and of what hosts tell about themselves
 * (deb822(5)). Nothing is copied twice: fields point into a buffer that the next paragraph overwrites.
 * Layer: base. Threads: one reader, one thread.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct deb822;

/* Most bytes of one paragraph; a longer one is refused (the largest in Debian is below 1 MiB). */
#define DEB822_PARAGRAPH_MAX ((size_t)16 * 1024 * 1024)

/* A reader over bytes in memory, borrowed until deb822_free(), which the caller calls. */
struct deb822 *deb822_new_text(const char *text, size_t size);

/* The text begins at that line of a longer one: lines are counted from there. Before the first deb822_next(). */
void deb822_count_from(struct deb822 *d, size_t line);

/**
 * Read the next paragraph.
 *
 * Lines starting with '#' are comments (a paragraph of comments alone is passed over); empty lines
 * part paragraphs; a line starting with white space goes on with the field above. Carriage returns at the end of lines are dropped.
 * @return 1 when there is one, 0 at the end, or -1 with err: ERR_CORRUPT (line number, what is wrong:
 *         no colon, continuation without a field, NUL byte, too long, more than 1,000 fields, a field named twice);
 *         the next call goes on behind that paragraph.
 */
NODISCARD int deb822_next(struct deb822 *d, struct error *err);

/**
 * The value of a field of the present paragraph, case of the name ignored.
 * @return NULL when it is not there. White space at both ends of each line is cut; lines
 *         are joined by '\n'. Borrowed until the next deb822_next().
 */
const char *deb822_get(const struct deb822 *d, const char *name);

/* The fields of the present paragraph in their order. */
size_t deb822_count(const struct deb822 *d);
const char *deb822_name_at(const struct deb822 *d, size_t index);
const char *deb822_value_at(const struct deb822 *d, size_t index);

/* The paragraph's text as it was read, without the empty line behind it; its size. Borrowed. */
const char *deb822_raw(const struct deb822 *d, size_t *size);

/* Where the paragraph's text starts, counted in bytes from the start of the text. */
size_t deb822_offset(const struct deb822 *d);

/* The number of the line at which the present paragraph starts, from 1. */
size_t deb822_line(const struct deb822 *d);

void deb822_free(struct deb822 *d);
CLEANUP_FUNC(struct deb822 *, deb822_free)
