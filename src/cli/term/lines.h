/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lines.h - lines to be shown, each with its tone. Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

enum tone {
	TONE_PLAIN,
	TONE_HEAD,  /* a heading */
	TONE_GOOD,  /* it is done */
	TONE_BAD,   /* somebody must look */
	TONE_FAINT, /* not to be read each time */
	TONE_COUNT,
};

struct line {
	char *text; /* owned; without an end of line */
	enum tone tone;
};

struct lines {
	struct line *items; /* owned */
	size_t count, capacity;
};

/* Append; takes the text. */
void lines_add(struct lines *l, enum tone tone, char *text);

/* Drop lines off the end until there are at most so many. */
void lines_cut(struct lines *l, size_t most);

void lines_done(struct lines *l);
CLEANUP_DONE(struct lines, lines_done)
