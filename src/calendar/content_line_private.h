/* SPDX-License-Identifier: Apache-2.0 */
/*
 * content_line_private.h - an iCalendar text as its content lines: unfolded, cut into name, parameters and value.
 *
 * Invariant: each BEGIN has its END, and no line stands outside of a component.
 * Layer: calendar, private to it. Threads: any number may read one text.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;

struct content_line {
	const char *name;       /* "DTSTART", as it was written; borrowed, as the others are */
	const char *parameters; /* "TZID=Europe/Berlin;VALUE=DATE-TIME", or "" */
	const char *value;
	unsigned number; /* of the line in the text, from 1 */
	size_t end;      /* of a BEGIN: where its END is; else 0 */
};

struct content {
	char *text;                 /* owned; the lines point into it */
	struct content_line *lines; /* owned */
	size_t count, capacity;
};

/**
 * Cut a text into its lines.
 * @param out  content_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (which line, and what is wrong).
 */
NODISCARD int content_read(const char *text, size_t size, struct content *out, struct error *err);

/* Is it a line of that name? (NULL: of an extension, "X-".) Letters count without their case, as RFC 5545 has it. */
bool content_is(const struct content_line *l, const char *name);

/* Where the line after this one is; a component is passed over as a whole. */
size_t content_next(const struct content *c, size_t at);

/* The value of a parameter without its quotes; NULL when there is none. free(). */
char *content_parameter(const struct content_line *l, const char *name);

/**
 * Are all parameters of these names, or extensions?
 * @param known  Ended by NULL.
 * @return 0, or -1 with err: ERR_CORRUPT.
 */
NODISCARD int content_check_parameters(
	const struct content_line *l, const char *const *known, struct error *err);

/* Set an error of a line: "line 12: NAME: what is wrong". Always -1. */
NODISCARD int content_refuse(const struct content_line *l, const char *wrong, struct error *err);

/* Put "line 12: NAME" before an error that one line makes; its kind becomes ERR_CORRUPT. Always -1. */
NODISCARD int content_wrap(const struct content_line *l, struct error *err);

void content_done(struct content *c);
CLEANUP_DONE(struct content, content_done)
