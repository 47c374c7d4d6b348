/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/table.h"

#include "base/mem.h"
#include "base/str.h"
#include "present/view.h"
#include "present/wrap.h"

#include <stdlib.h>
#include <string.h>

struct cell {
	char *text; /* owned; of words with spaces between; NULL: nothing */
	int64_t number;
};

struct table {
	const struct column *columns;
	struct field *fields; /* owned: the same columns, of rows of cells */
	size_t width;
	struct cell *cells;     /* row after row */
	size_t count, capacity; /* of cells */
};

static bool is_text(enum column_kind kind)
{
	return kind == COLUMN_TEXT || kind == COLUMN_PROSE || kind == COLUMN_DIGEST ||
	       kind == COLUMN_WORDS || kind == COLUMN_ABRIDGED;
}

static struct field field_of(const struct column *c, size_t index)
{
	static const enum field_type types[] = {
		[COLUMN_TEXT] = FIELD_TEXT,
		[COLUMN_NUMBER] = FIELD_NUMBER,
		[COLUMN_SIZE] = FIELD_SIZE,
		[COLUMN_TIME] = FIELD_TIME,
		[COLUMN_FLAG] = FIELD_FLAG,
		[COLUMN_WORDS] = FIELD_WORDS,
		[COLUMN_ABRIDGED] = FIELD_ABRIDGED,
		[COLUMN_DIGEST] = FIELD_DIGEST,
		[COLUMN_DURATION] = FIELD_DURATION,
		[COLUMN_PROSE] = FIELD_PROSE,
	};
	size_t start = index * sizeof(struct cell);
	bool has_text = is_text(c->kind);

	return (struct field){
		.name = c->name,
		.heading = c->header,
		.type = types[c->kind],
		.empty = NULL_IF_NONE,
		.offset = start +
			  (has_text ? offsetof(struct cell, text) : offsetof(struct cell, number)),
		.stored = has_text ? STORED_TEXT : STORED_LONG,
	};
}

struct table *table_new(const struct column *columns)
{
	struct table *t = mem_new(1, sizeof *t);

	t->columns = columns;
	while (columns[t->width].name)
		t->width++;
	t->fields = mem_new(t->width, sizeof *t->fields);
	for (size_t i = 0; i < t->width; i++)
		t->fields[i] = field_of(&columns[i], i);
	return t;
}

void table_row(struct table *t)
{
	while (t->count + t->width > t->capacity)
		t->cells = mem_grow(t->cells, &t->capacity, sizeof *t->cells);
	for (size_t i = 0; i < t->width; i++)
		t->cells[t->count + i] = (struct cell){ .number = NOTHING };
	t->count += t->width;
}

static struct cell *last_cell(struct table *t, const char *column)
{
	for (size_t i = 0; i < t->width; i++) {
		if (strcmp(t->columns[i].name, column) == 0)
			return &t->cells[t->count - t->width + i];
	}
	abort(); /* the caller's mistake: its own table has no such column */
}

void table_text(struct table *t, const char *column, const char *text)
{
	struct cell *cell = last_cell(t, column);

	free(cell->text);
	cell->text = mem_strdup(text);
}

void table_number(struct table *t, const char *column, int64_t number)
{
	last_cell(t, column)->number = number;
}

void table_words(struct table *t, const char *column, const char *const *words)
{
	CLEANUP(str_done) struct str joined = { 0 };

	for (; *words; words++)
		str_addf(&joined, "%s%s", joined.size ? " " : "", *words);
	table_text(t, column, str_text(&joined));
}

size_t table_count(const struct table *t)
{
	return t->width ? t->count / t->width : 0;
}

static struct view view_of(const struct table *t)
{
	return (struct view){
		.fields = t->fields,
		.count = t->width,
		.size = t->width * sizeof *t->cells,
	};
}

void table_print(const struct table *t, const char *empty, FILE *out)
{
	const struct view v = view_of(t);

	if (table_count(t))
		view_table(&v, t->cells, table_count(t), terminal_width(), out);
	else if (empty)
		fprintf(out, "%s\n", empty);
}

struct jvalue *table_json(const struct table *t)
{
	const struct view v = view_of(t);

	return view_json(&v, t->cells, table_count(t));
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t->fields);
	free(t);
}
