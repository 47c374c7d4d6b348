/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/term/output.h"

#include "base/cells.h"
#include "base/jvalue.h"
#include "cli/command.h"
#include "cli/term/table.h"

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

void output_table(const struct invocation *inv, const struct table *t, const char *empty)
{
	if (wants_json(inv))
		output_json(table_json(t));
	else
		table_print(t, empty, stdout);
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

const char *digest_short(const char *digest, char out[DIGEST_SHORT_SIZE])
{
	snprintf(out, DIGEST_SHORT_SIZE, "%s", digest ? digest : "-");
	return out;
}
