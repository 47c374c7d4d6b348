/* SPDX-License-Identifier: Apache-2.0 */
/* cell_private.h - what one field of one row says. Layer: present, private to it. Threads: any. */
#pragma once

#include "present/view.h"

#define CELL_TEXT_SIZE 64

struct cell {
	bool is_nothing;           /* then the rest is zero */
	const char *text;          /* borrowed from the row, or `room`; of text, prose and digest */
	int64_t number;            /* of number, size, duration, time and flag */
	const char *const *words;  /* borrowed; of words that are a list */
	const char *joined;        /* borrowed; of words in one text, with single spaces between */
	const void *rows;          /* borrowed; of a list or an object */
	size_t count;              /* of rows */
	const struct jvalue *json; /* borrowed */
	char room[CELL_TEXT_SIZE];
};

void cell_read(const struct field *f, const void *row, struct cell *c);

/* The words of a cell, one after the other: at = {0} before the first. False behind the last. */
struct cell_word {
	size_t at, size;
	const char *text; /* borrowed; not ended by NUL */
};
bool cell_next_word(const struct cell *c, struct cell_word *word);

/* As people see it in a table, "-" for nothing; free(). */
char *cell_show(const struct field *f, const struct cell *c);
