/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/output.h"

#include "base/cells.h"
#include "base/jvalue.h"
#include "cli/command.h"
#include "cli/term/terminal.h"
#include "present/view.h"
#include "present/wrap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void output_json(struct jvalue *value)
{
	CLEANUP(jvalue_free) struct jvalue *owned = value;
	CLEANUP(free) char *text = jvalue_write_pretty(owned);
	CLEANUP(free) char *shown = cells_show_json(text);

	puts(shown);
}

void output_json_line(const struct jvalue *value, FILE *out)
{
	CLEANUP(free) char *text = jvalue_write(value);
	CLEANUP(free) char *shown = cells_show_json(text);

	fprintf(out, "%s\n", shown);
}

void output_table(const struct view *v, const void *rows, size_t count, const char *none)
{
	if (count)
		view_table(v, rows, count, terminal_width(), stdout);
	else if (none)
		puts(none);
}

void output_rows(const struct invocation *inv, const struct view *v, const void *rows, size_t count,
	const char *none)
{
	if (wants_json(inv)) {
		output_json(view_json(v, rows, count));
	} else if (wants_csv(inv)) {
		terminal_unguard();
		view_csv(v, rows, count, stdout);
	} else {
		output_table(v, rows, count, none);
	}
}

void output_row(const struct invocation *inv, const struct view *v, const void *row)
{
	if (wants_json(inv))
		output_json(view_object(v, row));
	else
		view_card(v, row, terminal_width(), stdout);
}

void output_heading(const char *fmt, ...)
{
	va_list args;

	putchar('\n');
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}
