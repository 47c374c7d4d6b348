/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/cell_private.h"

#include <stdlib.h>

#define LABEL_WIDTH 12

/* "2026-11-23T08:15:00Z (2h ago)" */
static char *show_moment(int64_t at)
{
	char moment[CLOCK_TEXT_SIZE], age[CLOCK_TEXT_SIZE];

	return mem_printf(
		"%s (%s ago)", clock_format(at, moment), clock_format_age(clock_now() - at, age));
}

static char *show_words(const struct cell *c)
{
	CLEANUP(str_done) struct str s = { 0 };
	struct cell_word word = { 0 };

	while (cell_next_word(c, &word)) {
		str_add(&s, s.size ? ", " : "");
		str_add_bytes(&s, word.text, word.size);
	}
	return str_take(&s);
}

static char *show_field(const struct field *f, const struct cell *c)
{
	if (f->type == FIELD_TIME)
		return show_moment(c->number);
	if (f->type == FIELD_WORDS)
		return show_words(c);
	return c->text && !*c->text ? mem_strdup("") : cell_show(f, c);
}

static void print_list(const struct field *f, const struct cell *c, size_t width, FILE *out)
{
	if (!c->count && !f->none)
		return;
	fprintf(out, "\n%s\n", f->heading);
	if (c->count)
		view_table(f->view, c->rows, c->count, width, out);
	else
		fprintf(out, "%s\n", f->none);
}

void view_card(const struct view *v, const void *row, size_t width, FILE *out)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct field *f = &v->fields[i];
		struct cell c;

		if (!f->heading)
			continue;
		cell_read(f, row, &c);
		if (f->type == FIELD_LIST) {
			print_list(f, &c, width, out);
		} else if (!c.is_nothing) {
			CLEANUP(free) char *text = show_field(f, &c);

			if (*text)
				fprintf(out, "%-*s %s\n", LABEL_WIDTH, f->heading, text);
		}
	}
}
