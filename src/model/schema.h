/* SPDX-License-Identifier: Apache-2.0 */
/*
 * schema.h - tables that say what a YAML file may hold, and the one reader that they feed.
 *
 * A field table lists the keys of a map: kind, place in a struct, default, help. The reader fills the
 * struct, refuses unknown keys and wrong types with their line, and applies the defaults.
 * Layer: model. Threads: one reader, one thread; what was read may be shared.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct error;
struct jvalue;
struct reading;

enum field_kind {
	FIELD_TEXT,
	FIELD_NAME,     /* letters, digits and . _ - */
	FIELD_PATH,     /* made absolute against the file's directory */
	FIELD_WORDS,    /* a list of texts; one text counts as a list of one */
	FIELD_PATHS,    /* likewise */
	FIELD_COUNT_OF, /* a number from 0 */
	FIELD_PORT,
	FIELD_PORTION, /* "3" or "25%" */
	FIELD_DURATION,
	FIELD_FLAG,
	FIELD_CHOICE, /* one of `choices`, stored as its index */
	FIELD_LIST,   /* of maps with `schema` */
	FIELD_MAP,    /* with `schema` */
	FIELD_PAIRS,  /* a map of free keys to texts: a list "key", "value", ... */
};

struct schema;

struct field {
	const char *key;
	enum field_kind kind;
	size_t offset;
	const char *preset; /* the default, as it would be written; NULL: none */
	const char *help;
	bool is_required;            /* where its map is there at all; a required port is not 0 */
	const char *const *choices;  /* FIELD_CHOICE, ended by NULL */
	const struct schema *schema; /* FIELD_LIST, FIELD_MAP */
	size_t count_offset;         /* FIELD_LIST */
};

struct schema {
	const char *noun;
	size_t size;
	const struct field *fields; /* ended by a NULL key */
	bool has_short_form;        /* in a list, a text alone is the first field: "- web1" */
};

/* A new reading: it owns every text and list that schema_read() hands out. reading_free(). `home`: NULL for none. */
struct reading *reading_new(const char *directory, const char *home);

/**
 * Read a YAML text into a struct by its schema.
 *
 * @param record  schema->size bytes, zeroed. Texts and lists in it belong to the reading.
 * @return 0, or -1 with err: ERR_USAGE ("line 7: unknown key 'surces' in a configuration; did you mean
 *         'sources'?"). The record is then half filled.
 */
NODISCARD int schema_read(struct reading *r, const char *text, size_t size,
	const struct schema *schema, void *record, struct error *err);

/* The record as an object that schema_read() reads again: every key, also those with their default. Owned by the caller. */
struct jvalue *schema_write(const struct schema *schema, const void *record);

/* The line at which a text of the record stood (by its address); 0 for a default. */
size_t reading_line(const struct reading *r, const char *text);

/* Give memory (malloc) to the reading, to be freed with it; returns it. */
void *reading_keep(struct reading *r, void *memory);

/* A path made absolute against the directory of the reading, "~/" against its home; owned by the reading. */
const char *reading_path(struct reading *r, const char *path);

/* True for what may be a name: letters, digits, '.', '_', '-'; starts with a letter or digit. */
bool is_name(const char *text);

/* Print every key with type, default and help, tab separated, one a line: "sources[].uri". */
void schema_describe(const struct schema *schema, FILE *out);

void reading_free(struct reading *r);
CLEANUP_FUNC(struct reading *, reading_free)
