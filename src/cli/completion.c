/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"
#include "cli/options.h"

#include <string.h>

static void put_options(const struct option *options, FILE *out)
{
	for (; options && options->name; options++)
		fprintf(out, " --%s", options->name);
}

/* Commands of two words first: "clone remove" begins with "clone" as well. */
static void put_cases(const struct command *commands, bool of_two_words, FILE *out)
{
	for (const struct command *c = commands; c->name; c++) {
		bool has_two = strchr(c->name, ' ') != NULL;

		if (c->is_internal || !c->options || has_two != of_two_words)
			continue;
		fprintf(out, "\t'%s '*) options='", c->name);
		put_options(c->options, out);
		fputs("' ;;\n", out);
	}
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
		if (!c->is_internal && !strchr(c->name, ' '))
			fprintf(out, " %s", c->name);
	}
	fputs("\" -- \"$word\")\n\t\treturn\n\tfi\n\tcase \"${COMP_WORDS[1]} ${COMP_WORDS[2]} \" in\n",
		out);
	put_cases(commands, true, out);
	put_cases(commands, false, out);
	fputs("\tesac\n\tcase $word in\n\t-*) mapfile -t COMPREPLY < <(compgen -W \"$options", out);
	put_options(common_options, out);
	fputs("\" -- \"$word\") ;;\n\tesac\n}\ncomplete -o default -F _patchline patchline\n", out);
}
