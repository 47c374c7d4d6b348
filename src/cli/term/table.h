/* SPDX-License-Identifier: Apache-2.0 */
/*
 * table.h - rows for people and for programs from one description: aligned columns, or JSON objects.
 *
 * Columns are declared once, with the name that JSON gives them; cells are set by column.
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct jvalue;
struct table;

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER, /* right-aligned */
	COLUMN_SIZE,   /* bytes: "12.3 MiB" for people, a number in JSON */
	COLUMN_TIME, /* UTC seconds: how long ago for people, RFC 3339 in JSON; 0 is "-" and null */
	COLUMN_FLAG, /* "yes" or "" */
	COLUMN_WORDS,    /* texts joined by commas; a list in JSON */
	COLUMN_ABRIDGED, /* likewise; people see the first two, and how many more there are */
	COLUMN_DIGEST,   /* 12 digits for people, all in JSON */
	COLUMN_DURATION, /* seconds: "12m" for people, a number in JSON */
	COLUMN_PROSE,    /* a text that goes on in further lines where the terminal is too narrow */
};

struct column {
	const char *name;   /* in JSON: "scanned_at" */
	const char *header; /* for people: "SCANNED"; NULL: only in JSON */
	enum column_kind kind;
};

/* A table with these columns (ended by a NULL name; borrowed). table_free(). */
struct table *table_new(const struct column *columns);

/* Start a row; the cells that are not set stay empty (null in JSON). */
void table_row(struct table *t);

/* Set a cell of the last row, by the column's name. Texts are copied; NULL leaves it empty. */
void table_text(struct table *t, const char *column, const char *text);
void table_number(
	struct table *t, const char *column, int64_t number); /* also size, time, flag, duration */
void table_words(struct table *t, const char *column, const char *const *words); /* ended by NULL */

size_t table_count(const struct table *t);

/* Print for people, who do not see columns that say nothing in any row; `empty` stands in for a table without rows (NULL: nothing is printed). */
void table_print(const struct table *t, const char *empty, FILE *out);

/* The rows as a JSON array, owned by the caller. */
struct jvalue *table_json(const struct table *t);

void table_free(struct table *t);
CLEANUP_FUNC(struct table *, table_free)
