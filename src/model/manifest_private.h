/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manifest_private.h - what a manifest holds, and its one text form. Stays in model/.
 *
 * Draft and set hold the same contents; one table of fields per kind of paragraph writes and reads them.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"
#include "model/patchset.h"

struct deb822;

enum paragraph {
	PARAGRAPH_HEAD,
	PARAGRAPH_SOURCE,
	PARAGRAPH_REPOSITORY,
	PARAGRAPH_PACKAGE,
	PARAGRAPH_LEFT_OUT,
	PARAGRAPH_UNPLANNED,
	PARAGRAPH_COUNT,
};

struct head {
	const char *format, *release, *narrowed_by;
	int64_t created_at;
};

/* A growing array of records of one kind. */
struct records {
	void *items; /* owned; the strings in them are not */
	size_t count, capacity;
};

/* records[PARAGRAPH_HEAD] holds exactly one struct head; the others those of patchset.h. */
struct manifest {
	struct records records[PARAGRAPH_COUNT];
};

/* The bytes of one record of a kind. */
size_t paragraph_size(enum paragraph kind);

/* The record at an index. */
void *manifest_at(const struct manifest *m, enum paragraph kind, size_t index);

/* Append a zeroed record; it moves with the next one. */
void *manifest_add(struct manifest *m, enum paragraph kind);

/* The order of two records of a kind by their keys; for packages: platform, name, architecture. */
int paragraph_compare(enum paragraph kind, const void *a, const void *b);

/* Sort all records. */
void manifest_sort(struct manifest *m);

/* The text of the contents, in the order in which they are. */
void manifest_write(const struct manifest *m, struct str *out);

/* Call on_text for each text of a record, with its place; to copy them. */
void paragraph_texts(enum paragraph kind, void *record,
	void (*on_text)(void *context, const char **text), void *context);

/* Room for a record of any kind. */
union record {
	struct head head;
	struct set_source source;
	struct repository repository;
	struct package package;
	struct left_out left_out;
	struct unplanned unplanned;
};

/**
 * Read one paragraph into the record that its first field names.
 *
 * @param kind    Which it is.
 * @param record  Borrows its texts from d; zeroed before it is filled.
 * @return 0, or -1 with err: ERR_CORRUPT (line, field, what is wrong).
 */
NODISCARD int paragraph_read(
	const struct deb822 *d, enum paragraph *kind, union record *record, struct error *err);

void manifest_done(struct manifest *m);
