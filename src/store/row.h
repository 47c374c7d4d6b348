/* SPDX-License-Identifier: Apache-2.0 */
/*
 * row.h - rows of the database as plain structs, by one table of fields for each kind of row.
 *
 * The table has the fields in the order of the columns of every SELECT and INSERT of that kind; it
 * reads rows, binds them, and frees their strings. Layer: store, private to it. Threads: any
 * (constant).
 */
#pragma once

#include "base/own.h"
#include "store/db.h"

#include <stddef.h>

struct error;
struct names;

enum row_type {
	ROW_INTEGER,      /* int64_t; NULL reads as 0 */
	ROW_TEXT,         /* const char *, never NULL; NULL is bound as "" */
	ROW_TEXT_OR_NULL, /* const char * */
	ROW_WORD,         /* an enum, kept as its word */
};

struct row_field {
	enum row_type type;
	size_t offset;             /* in the struct */
	const struct names *names; /* the words of a ROW_WORD */
};

/* Rows of a table of fields. */
#define INTEGER_OF(row, field)                                                                     \
	{                                                                                          \
		ROW_INTEGER, offsetof(struct row, field), NULL                                     \
	}
#define TEXT_OF(row, field)                                                                        \
	{                                                                                          \
		ROW_TEXT, offsetof(struct row, field), NULL                                        \
	}
#define TEXT_OR_NULL_OF(row, field)                                                                \
	{                                                                                          \
		ROW_TEXT_OR_NULL, offsetof(struct row, field), NULL                                \
	}
#define WORD_OF(row, field, names)                                                                 \
	{                                                                                          \
		ROW_WORD, offsetof(struct row, field), &(names)                                    \
	}

struct row_table {
	const char *noun; /* for messages: "rollout" */
	const struct row_field *fields;
	size_t count; /* fields; at most ROW_FIELDS_MAX */
	size_t size;  /* of the struct */
};

#define ROW_FIELDS_MAX 24

/* The table of a kind of row, by its array of fields. */
#define ROW_TABLE(noun, fields, row)                                                               \
	{                                                                                          \
		noun, fields, sizeof(fields) / sizeof *(fields), sizeof(struct row)                \
	}

/**
 * Read the row that a statement stands on.
 * @param row  A struct of that kind; overwritten, the strings owned by it. Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (a word that this program does not know).
 */
NODISCARD int row_read(struct db_statement *statement, const struct row_table *table, void *row,
	struct error *err);

/* The fields of a row as values to bind to $1, $2 ..., in the order of the table; all borrowed. */
void row_values(
	const struct row_table *table, const void *row, struct db_value values[ROW_FIELDS_MAX]);

/* Free the strings of a row, and leave it all zero. */
void row_done(const struct row_table *table, void *row);

/* How the struct of each kind's rows begins: struct event_rows and its likes. */
struct rows {
	void *items; /* owned, and the strings in them */
	size_t count;
};

/* Free such rows and the array that holds them, and leave the struct all zero. */
void rows_free(const struct row_table *table, void *rows);
