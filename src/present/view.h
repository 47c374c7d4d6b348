/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h - what is told of a noun, field by field: JSON, CSV, tables and cards come from this one description.
 *
 * A view describes a plain struct: where each member lies, the name that programs see, the heading that
 * people see, whether the row owns it. What is told is borrowed and only read.
 * Layer: present. Threads: any (views are constant).
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct jvalue;
struct view;

enum field_type {
	FIELD_TEXT,
	FIELD_PROSE,    /* a text that goes on in further lines where the terminal is too narrow */
	FIELD_DIGEST,   /* people see the first 12 digits */
	FIELD_NUMBER,   /* right-aligned */
	FIELD_SIZE,     /* bytes; people see "12.3 MiB" */
	FIELD_DURATION, /* seconds, never below 0; people see "12m" */
	FIELD_TIME,     /* UTC seconds; people see how long ago; 0 is nothing */
	FIELD_FLAG,     /* people see "yes" or "no" */
	FIELD_WORDS,    /* a list of texts */
	FIELD_ABRIDGED, /* likewise; people see the first two, and how many more there are */
	FIELD_LIST,     /* rows of another view */
	FIELD_OBJECT,   /* one row of another view */
	FIELD_JSON,     /* a value that others made; for programs only */
};

/* What the member of the struct is; AT() finds out. */
enum field_stored {
	STORED_TEXT,  /* char *, const char *; NULL is nothing */
	STORED_ARRAY, /* char[] */
	STORED_BOOL,
	STORED_INT,      /* int */
	STORED_UNSIGNED, /* unsigned, or an enum, with `word` */
	STORED_LONG,     /* int64_t; NOTHING is nothing */
	STORED_SIZE,     /* size_t, uint64_t */
	STORED_WORDS,    /* const char *const *, ended by NULL; NULL is nothing */
	STORED_JSON,     /* struct jvalue *; NULL is nothing */
	STORED_INSIDE,   /* a struct in the struct */
	STORED_POINTER,  /* to a struct; NULL is nothing */
};

/* An int64_t that tells nothing. */
#define NOTHING INT64_MIN

/* How a field is told that has nothing to tell. */
enum field_empty {
	NEVER_EMPTY,    /* it always has */
	NULL_IF_NONE,   /* null */
	NULL_IF_EMPTY,  /* null, and so are "" and 0 */
	ABSENT_IF_NONE, /* not at all */
};

struct field {
	const char *name; /* for programs: "scanned_at"; NULL: for people only */
	const char
		*heading; /* for people: "SCANNED", on a card "scanned"; NULL: for programs only */
	enum field_type type;
	enum field_empty empty;
	size_t offset;
	size_t via; /* of the pointer to what `offset` is in, plus 1; 0: it is in the row */
	enum field_stored stored;
	bool is_owned; /* by the row: a text, a list of words that are borrowed, a JSON value, a struct view_rows */
	const char *(*word)(unsigned value); /* of an enum: its word */
	const char *prefix;                  /* of a number that is told as a text: "rollout-" */
	const struct view *view;             /* of a list or an object */
	size_t count;                        /* of a list: the offset of its size_t count */
	const char *none; /* on a card, for a list without rows; NULL: not even its heading */
};

struct view {
	const char *kind; /* the member "kind" of its JSON; NULL: it has none */
	const struct field *fields;
	size_t count; /* of fields */
	size_t size;  /* of a row */
};

/* A view of structs by its array of fields. */
#define VIEW_OF(row, fields)                                                                       \
	{                                                                                          \
		NULL, fields, sizeof(fields) / sizeof *(fields), sizeof(row)                       \
	}
#define VIEW_OF_KIND(kind, row, fields)                                                            \
	{                                                                                          \
		kind, fields, sizeof(fields) / sizeof *(fields), sizeof(row)                       \
	}

/* clang-format off */
#define STORED_AS(target) \
	_Generic(&(target), \
		char (*)[sizeof(target)]: STORED_ARRAY, \
		const char (*)[sizeof(target)]: STORED_ARRAY, \
		default: _Generic((target), \
			char *: STORED_TEXT, const char *: STORED_TEXT, \
			_Bool: STORED_BOOL, int: STORED_INT, unsigned: STORED_UNSIGNED, \
			int64_t: STORED_LONG, size_t: STORED_SIZE, \
			char **: STORED_WORDS, const char **: STORED_WORDS, const char *const *: STORED_WORDS, \
			struct jvalue *: STORED_JSON, const struct jvalue *: STORED_JSON, \
			default: STORED_INSIDE))
/* clang-format on */

/* Where a field is: in the row; behind a pointer of the row; an object there; a list, by its rows and their number. */
#define AT(row, target) .offset = offsetof(row, target), .stored = STORED_AS(((row *)NULL)->target)
#define VIA(row, pointer, target)                                                                  \
	.via = offsetof(row, pointer) + 1,                                                         \
	.offset = offsetof(__typeof__(*((row *)NULL)->pointer), target),                           \
	.stored = STORED_AS(((row *)NULL)->pointer->target)
#define POINTED(row, target) .offset = offsetof(row, target), .stored = STORED_POINTER
#define OWNED(row, target)   AT(row, target), .is_owned = true
#define LIST_AT(row, target)                                                                       \
	LIST_OF(row, target.items, target.count), .is_owned = IS_KEPT(row, target)
#define IS_KEPT(row, target)                                                                       \
	_Generic(((row *)NULL)->target, struct view_rows : true, default : false)
#define LIST_OF(row, rows, number) .offset = offsetof(row, rows), .count = offsetof(row, number)

/* Rows that are kept, all of one view, with what they own; {0}: none yet. A member of a struct for LIST_AT(). */
struct view_rows {
	void *items; /* owned; stands first */
	size_t count, capacity;
	const struct view *view; /* of the last that was added */
};

/* Add a row; what it owns is the list's from then on, or (copy; nothing but texts) is copied. */
void view_rows_take(struct view_rows *rows, const struct view *v, const void *row);
void view_rows_copy(struct view_rows *rows, const struct view *v, const void *row);

void view_rows_done(struct view_rows *rows);
CLEANUP_DONE(struct view_rows, view_rows_done)

/* Free what a row owns by its view. */
void view_row_done(const struct view *v, void *row);

/* The rows as a JSON array, or one row as an object; owned by the caller. */
struct jvalue *view_json(const struct view *v, const void *rows, size_t count);
struct jvalue *view_object(const struct view *v, const void *row);

/* As RFC 4180 has it, with a line of names first: what programs see, but lists and objects. Nothing is an empty cell. */
void view_csv(const struct view *v, const void *rows, size_t count, FILE *out);

/*
 * Aligned columns for people, who do not see those that say nothing in any row.
 * width: columns of the terminal; 0: it is none, and no line is too long.
 */
void view_table(const struct view *v, const void *rows, size_t count, size_t width, FILE *out);

/* One row as lines "label  text", then its lists as tables, each under its heading. */
void view_card(const struct view *v, const void *row, size_t width, FILE *out);
