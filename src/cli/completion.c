/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"
#include "cli/options.h"

static void put_options(const struct option *options, FILE *out)
{
	for (; options && options->name; options++)
		fprintf(out, " --%s", options->name);
}

/* The options that want a file name behind them are left to the shell. */
void completion_print(const struct command *commands, FILE *out)
{
	fputs("# bash completion for patchline, made from its tables\n"
	      "_patchline() {\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} options=\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"help version",
		out);
	for (const struct command *c = commands; c->name; c++) {
		if (!c->is_internal)
			fprintf(out, " %s", c->name);
	}
	fputs("\" -- \"$word\")\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n", out);
	for (const struct command *c = commands; c->name; c++) {
		if (c->is_internal || !c->options)
			continue;
		fprintf(out, "\t%s) options='", c->name);
		put_options(c->options, out);
		fputs("' ;;\n", out);
	}
	fputs("\tesac\n\tcase $word in\n\t-*) mapfile -t COMPREPLY < <(compgen -W \"$options", out);
	put_options(common_options, out);
	fputs("\" -- \"$word\") ;;\n\tesac\n}\ncomplete -o default -F _patchline patchline\n", out);
}
