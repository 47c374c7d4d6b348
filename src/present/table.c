/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "present/cell_private.h"
#include "present/wrap.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define PROSE_LEAST 20 /* columns; a narrower terminal has to live with it */

/* What is shown: the fields that say something in some row, and every cell of theirs, row after row. */
struct grid {
	const struct field **fields; /* owned list */
	size_t width;
	char **texts; /* owned, each too */
	size_t count; /* of texts */
};

static void grid_done(struct grid *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->texts[i]);
	free(g->texts);
	free(g->fields);
}
CLEANUP_DONE(struct grid, grid_done)

static bool says_something(const struct field *f, const void *row)
{
	struct cell c;

	cell_read(f, row, &c);
	if (c.is_nothing || f->type == FIELD_LIST || f->type == FIELD_OBJECT)
		return false;
	if (f->type == FIELD_FLAG)
		return c.number;
	if (f->type == FIELD_WORDS || f->type == FIELD_ABRIDGED)
		return cell_next_word(&c, &(struct cell_word){ 0 });
	return !c.text || *c.text;
}

static void find_fields(struct grid *g, const struct view *v, const char *rows, size_t count)
{
	g->fields = mem_new(v->count, sizeof *g->fields);
	for (size_t i = 0; i < v->count; i++) {
		const struct field *f = &v->fields[i];
		size_t row = 0;

		while (f->heading && row < count && !says_something(f, rows + row * v->size))
			row++;
		if (f->heading && row < count)
			g->fields[g->width++] = f;
	}
}

static void show_cells(struct grid *g, const struct view *v, const char *rows, size_t count)
{
	g->texts = mem_new(g->width * count, sizeof *g->texts);
	for (size_t row = 0; row < count; row++) {
		for (size_t i = 0; i < g->width; i++) {
			struct cell c;

			cell_read(g->fields[i], rows + row * v->size, &c);
			g->texts[g->count++] = cell_show(g->fields[i], &c);
		}
	}
}

static size_t column_width(const struct grid *g, size_t column)
{
	size_t width = strlen(g->fields[column]->heading);

	for (size_t i = column; i < g->count; i += g->width) {
		if (strlen(g->texts[i]) > width)
			width = strlen(g->texts[i]);
	}
	return width;
}

/* How wide each column of prose may be, when the others take what they need. */
static size_t prose_width(const struct grid *g, size_t terminal)
{
	size_t taken = g->width, count = 0;

	for (size_t i = 0; i < g->width; i++) {
		if (g->fields[i]->type == FIELD_PROSE)
			count++;
		else
			taken += column_width(g, i);
	}

	size_t each = count && terminal > taken ? (terminal - taken) / count : 0;

	return each > PROSE_LEAST ? each : PROSE_LEAST;
}

static void wrap_prose(struct grid *g, size_t terminal)
{
	size_t width = terminal ? prose_width(g, terminal) : 0;

	for (size_t i = 0; width && i < g->count; i++) {
		if (g->fields[i % g->width]->type != FIELD_PROSE)
			continue;

		char *lines = wrap_words(g->texts[i], width);

		free(g->texts[i]);
		g->texts[i] = lines;
	}
}

static void add_columns(const struct grid *g, struct libscols_table *table)
{
	for (size_t i = 0; i < g->width; i++) {
		enum field_type type = g->fields[i]->type;
		bool is_right =
			type == FIELD_NUMBER || type == FIELD_SIZE || type == FIELD_DURATION;
		int flags = is_right ? SCOLS_FL_RIGHT : type == FIELD_PROSE ? SCOLS_FL_WRAP : 0;
		struct libscols_column *column =
			scols_table_new_column(table, g->fields[i]->heading, 0, flags);

		if (type != FIELD_PROSE)
			continue;
		scols_column_set_wrapfunc(
			column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
		scols_column_set_safechars(column, "\n");
	}
}

/* The texts become the lines'. */
static void add_lines(struct grid *g, struct libscols_table *table)
{
	struct libscols_line *line = NULL;

	for (size_t i = 0; i < g->count; i++) {
		if (i % g->width == 0)
			line = scols_table_new_line(table, NULL);
		scols_line_refer_data(line, i % g->width, g->texts[i]);
	}
	g->count = 0;
}

static void unref_table_p(struct libscols_table **table)
{
	scols_unref_table(*table);
}

void view_table(const struct view *v, const void *rows, size_t count, size_t width, FILE *out)
{
	CLEANUP(unref_table) struct libscols_table *table = scols_new_table();
	CLEANUP(grid_done) struct grid g = { 0 };

	if (!table)
		abort();
	find_fields(&g, v, rows, count);
	show_cells(&g, v, rows, count);
	wrap_prose(&g, width);
	scols_table_set_stream(table, out);
	add_columns(&g, table);
	add_lines(&g, table);
	scols_print_table(table);
}
