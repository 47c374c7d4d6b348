/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/table.h"

#include "base/clock.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/term/output.h"
#include "cli/term/wrap.h"

#include <libsmartcols.h>
#include <stdlib.h>
#include <string.h>

#define PROSE_LEAST 20 /* columns; a narrower terminal has to live with it */

struct cell {
	bool is_set;
	char *text; /* owned; for text and words (joined by commas) */
	int64_t number;
};

struct table {
	const struct column *columns;
	size_t width;
	struct cell *cells;     /* row after row */
	size_t count, capacity; /* of cells */
};

struct table *table_new(const struct column *columns)
{
	struct table *t = mem_new(1, sizeof *t);

	t->columns = columns;
	while (columns[t->width].name)
		t->width++;
	return t;
}

void table_row(struct table *t)
{
	while (t->count + t->width > t->capacity)
		t->cells = mem_grow(t->cells, &t->capacity, sizeof *t->cells);
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
	cell->is_set = text;
}

void table_number(struct table *t, const char *column, int64_t number)
{
	*last_cell(t, column) = (struct cell){ .is_set = true, .number = number };
}

void table_words(struct table *t, const char *column, const char *const *words)
{
	CLEANUP(str_done) struct str joined = { 0 };

	for (; *words; words++)
		str_addf(&joined, "%s%s", joined.size ? "," : "", *words);
	table_text(t, column, str_text(&joined));
}

void table_split(struct table *t, const char *column, const char *text)
{
	CLEANUP(free) char *joined = mem_strdup(text);

	for (char *c = joined; c && *c; c++) {
		if (*c == ' ')
			*c = ',';
	}
	table_text(t, column, joined);
}

size_t table_count(const struct table *t)
{
	return t->width ? t->count / t->width : 0;
}

const char *size_format(uint64_t bytes, char out[SIZE_TEXT_SIZE])
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	size_t unit = 0;

	for (; value >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
		value /= 1024;
	snprintf(out, SIZE_TEXT_SIZE, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return out;
}

/* "CVE-2026-1,CVE-2026-2 +12" of words joined by commas. */
static char *abridge(const char *joined)
{
	const char *second = strchr(joined, ','), *third = second ? strchr(second + 1, ',') : NULL;
	size_t more = 0;

	for (const char *c = third; c; c = strchr(c + 1, ','))
		more++;
	return third ? mem_printf("%.*s +%zu", (int)(third - joined), joined, more)
		     : mem_strdup(*joined ? joined : "-");
}

static char *cell_text(const struct column *column, const struct cell *cell)
{
	char text[CLOCK_TEXT_SIZE];

	if (!cell->is_set)
		return mem_strdup("-");
	switch (column->kind) {
	case COLUMN_TEXT:
	case COLUMN_WORDS:
	case COLUMN_PROSE:
		return mem_strdup(cell->text && *cell->text ? cell->text : "-");
	case COLUMN_ABRIDGED:
		return abridge(cell->text);
	case COLUMN_DIGEST:
		return mem_strdup(digest_short(cell->text, text));
	case COLUMN_DURATION:
		return mem_strdup(clock_format_age(cell->number, text));
	case COLUMN_NUMBER:
		return mem_printf("%lld", (long long)cell->number);
	case COLUMN_SIZE:
		return mem_strdup(size_format((uint64_t)cell->number, text));
	case COLUMN_TIME:
		if (!cell->number)
			return mem_strdup("-");
		return mem_printf("%s ago", clock_format_age(clock_now() - cell->number, text));
	case COLUMN_FLAG:
		return mem_strdup(cell->number ? "yes" : "no");
	}
	abort();
}

static void unref_table_p(struct libscols_table **table)
{
	scols_unref_table(*table);
}

static bool says_something(const struct column *column, const struct cell *cell)
{
	bool may_be_zero = column->kind != COLUMN_TIME && column->kind != COLUMN_FLAG;

	return cell->is_set && (cell->text ? *cell->text : cell->number || may_be_zero);
}

/* Which columns people see: not those that say nothing in any row. free(). */
static bool *shown_columns(const struct table *t)
{
	bool *shown = mem_new(t->width, sizeof *shown);

	for (size_t i = 0; i < t->count; i++) {
		const struct column *column = &t->columns[i % t->width];

		if (column->header && says_something(column, &t->cells[i]))
			shown[i % t->width] = true;
	}
	return shown;
}

/* Every cell as people see it, row after row; free() each and the list. */
static char **cell_texts(const struct table *t)
{
	char **texts = mem_new(t->count, sizeof *texts);

	for (size_t i = 0; i < t->count; i++)
		texts[i] = cell_text(&t->columns[i % t->width], &t->cells[i]);
	return texts;
}

static size_t column_width(const struct table *t, char *const *texts, size_t column)
{
	size_t width = strlen(t->columns[column].header);

	for (size_t i = column; i < t->count; i += t->width) {
		if (strlen(texts[i]) > width)
			width = strlen(texts[i]);
	}
	return width;
}

/* How wide each column of prose may be, when the others take what they need. */
static size_t prose_width(
	const struct table *t, char *const *texts, const bool *shown, size_t terminal)
{
	size_t taken = 0, count = 0;

	for (size_t i = 0; i < t->width; i++) {
		if (!shown[i])
			continue;
		taken += 1;
		if (t->columns[i].kind == COLUMN_PROSE)
			count++;
		else
			taken += column_width(t, texts, i);
	}

	size_t each = count && terminal > taken ? (terminal - taken) / count : 0;

	return each > PROSE_LEAST ? each : PROSE_LEAST;
}

static void wrap_prose(const struct table *t, char **texts, const bool *shown)
{
	size_t terminal = terminal_width();
	size_t width = terminal ? prose_width(t, texts, shown, terminal) : 0;

	for (size_t i = 0; width && i < t->count; i++) {
		if (t->columns[i % t->width].kind == COLUMN_PROSE) {
			char *lines = wrap_words(texts[i], width);

			free(texts[i]);
			texts[i] = lines;
		}
	}
}

static void add_columns(const struct table *t, const bool *shown, struct libscols_table *lines)
{
	for (size_t i = 0; i < t->width; i++) {
		enum column_kind kind = t->columns[i].kind;
		bool is_right =
			kind == COLUMN_NUMBER || kind == COLUMN_SIZE || kind == COLUMN_DURATION;
		int flags = is_right ? SCOLS_FL_RIGHT : kind == COLUMN_PROSE ? SCOLS_FL_WRAP : 0;

		if (!shown[i])
			continue;

		struct libscols_column *column =
			scols_table_new_column(lines, t->columns[i].header, 0, flags);

		if (kind == COLUMN_PROSE) {
			scols_column_set_wrapfunc(
				column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL);
			scols_column_set_safechars(column, "\n");
		}
	}
}

/* The texts become the lines'. */
static void add_lines(
	const struct table *t, char **texts, const bool *shown, struct libscols_table *lines)
{
	struct libscols_line *line = NULL;
	size_t place = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (i % t->width == 0) {
			line = scols_table_new_line(lines, NULL);
			place = 0;
		}
		if (shown[i % t->width])
			scols_line_refer_data(line, place++, texts[i]);
		else
			free(texts[i]);
	}
}

void table_print(const struct table *t, const char *empty, FILE *out)
{
	CLEANUP(unref_table) struct libscols_table *lines = scols_new_table();

	if (!lines)
		abort();
	if (!table_count(t)) {
		if (empty)
			fprintf(out, "%s\n", empty);
		return;
	}

	CLEANUP(free) bool *shown = shown_columns(t);
	CLEANUP(free) char **texts = cell_texts(t);

	wrap_prose(t, texts, shown);
	scols_table_set_stream(lines, out);
	add_columns(t, shown, lines);
	add_lines(t, texts, shown, lines);
	scols_print_table(lines);
}

static struct jvalue *words_json(const char *joined)
{
	struct jvalue *list = jvalue_array();
	CLEANUP(free) char *copy = mem_strdup(joined);
	char *rest = copy, *word;

	while (*joined && (word = strsep(&rest, ",")))
		jvalue_add_string(list, word);
	return list;
}

static void set_cell(struct jvalue *object, const struct column *column, const struct cell *cell)
{
	if (!cell->is_set) {
		jvalue_set_string(object, column->name, NULL);
		return;
	}
	switch (column->kind) {
	case COLUMN_TEXT:
	case COLUMN_PROSE:
	case COLUMN_DIGEST:
		jvalue_set_string(object, column->name, cell->text);
		return;
	case COLUMN_NUMBER:
	case COLUMN_SIZE:
		jvalue_set_integer(object, column->name, cell->number);
		return;
	case COLUMN_DURATION: /* a clock that was set back makes none shorter than nothing */
		jvalue_set_integer(object, column->name, cell->number < 0 ? 0 : cell->number);
		return;
	case COLUMN_TIME:
		jvalue_set_time(object, column->name, cell->number);
		return;
	case COLUMN_FLAG:
		jvalue_set_bool(object, column->name, cell->number != 0);
		return;
	case COLUMN_WORDS:
	case COLUMN_ABRIDGED:
		jvalue_set(object, column->name, words_json(cell->text));
		return;
	}
}

struct jvalue *table_json(const struct table *t)
{
	struct jvalue *rows = jvalue_array();

	for (size_t row = 0; row < table_count(t); row++) {
		struct jvalue *object = jvalue_object();

		for (size_t i = 0; i < t->width; i++)
			set_cell(object, &t->columns[i], &t->cells[row * t->width + i]);
		jvalue_add(rows, object);
	}
	return rows;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->count; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}
