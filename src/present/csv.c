/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "present/cell_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LINE_END "\r\n"

static void put_text(const char *text, FILE *out)
{
	if (!strpbrk(text, ",\"\r\n")) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void put_words(const struct cell *c, FILE *out)
{
	struct cell_word word = { 0 };

	for (const char *between = ""; cell_next_word(c, &word); between = " ")
		fprintf(out, "%s%.*s", between, (int)word.size, word.text);
}

static void put_value(const struct field *f, const struct cell *c, FILE *out)
{
	char moment[CLOCK_TEXT_SIZE];

	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PROSE:
	case FIELD_DIGEST:
		put_text(c->text, out);
		return;
	case FIELD_NUMBER:
	case FIELD_SIZE:
	case FIELD_DURATION:
		fprintf(out, "%" PRId64, c->number);
		return;
	case FIELD_TIME:
		fputs(clock_format(c->number, moment), out);
		return;
	case FIELD_FLAG:
		fputs(c->number ? "true" : "false", out);
		return;
	case FIELD_WORDS:
	case FIELD_ABRIDGED:
		put_words(c, out);
		return;
	case FIELD_JSON: {
		CLEANUP(free) char *text = jvalue_write(c->json);

		put_text(text, out);
		return;
	}
	case FIELD_LIST:
	case FIELD_OBJECT:
		return;
	}
}

static bool is_column(const struct field *f)
{
	return f->name && f->type != FIELD_LIST && f->type != FIELD_OBJECT;
}

static void put_names(const struct view *v, FILE *out)
{
	const char *between = "";

	for (size_t i = 0; i < v->count; i++) {
		if (!is_column(&v->fields[i]))
			continue;
		fprintf(out, "%s%s", between, v->fields[i].name);
		between = ",";
	}
	fputs(LINE_END, out);
}

static void put_row(const struct view *v, const void *row, FILE *out)
{
	const char *between = "";

	for (size_t i = 0; i < v->count; i++) {
		struct cell c;

		if (!is_column(&v->fields[i]))
			continue;
		fputs(between, out);
		between = ",";
		cell_read(&v->fields[i], row, &c);
		if (!c.is_nothing)
			put_value(&v->fields[i], &c, out);
	}
	fputs(LINE_END, out);
}

void view_csv(const struct view *v, const void *rows, size_t count, FILE *out)
{
	put_names(v, out);
	for (size_t i = 0; i < count; i++)
		put_row(v, (const char *)rows + i * v->size, out);
}
