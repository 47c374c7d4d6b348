/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/manual.h"

#include "base/mem.h"
#include "base/str.h"
#include "cli/cmd/config_template.h"
#include "cli/options.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

#define MANUAL_DATE "2026-11-24" /* of the last change of what it tells */

/* Text for roff: backslashes and dashes as themselves, no line that looks like a request. */
static void put_text(const char *text, FILE *out)
{
	bool is_line_start = true;

	for (; *text; text++) {
		if (is_line_start && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
		is_line_start = *text == '\n';
	}
}

static void put_heading(const char *name, FILE *out)
{
	fprintf(out, ".SH %s\n", name);
}

/* Only right behind a heading, which starts a paragraph itself. */
static void put_paragraph(const char *text, FILE *out)
{
	put_text(text, out);
	fputc('\n', out);
}

/* A term in bold with its argument in italics, then what it means. */
static void put_term(const char *term, const char *argument, const char *meaning, FILE *out)
{
	fputs(".TP\n\\fB", out);
	put_text(term, out);
	fputs("\\fR", out);
	if (argument && *argument) {
		fputs(" \\fI", out);
		put_text(argument, out);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	put_text(meaning, out);
	fputc('\n', out);
}

static void put_options(const struct option *options, FILE *out)
{
	for (; options && options->name; options++) {
		CLEANUP(free) char *term = mem_printf("--%s", options->name);
		CLEANUP(free)
		char *meaning = mem_printf(
			"%s%s.", options->help, options->may_repeat ? " (may be given again)" : "");

		put_term(term, options->argument, meaning, out);
	}
}

static void put_command(const struct command *c, FILE *out)
{
	CLEANUP(free)
	char *meaning =
		mem_printf("%s.%s%s", c->help, c->about ? "\n" : "", c->about ? c->about : "");

	put_term(c->name, c->args, meaning, out);
	if (!c->options)
		return;
	fputs(".RS\n", out);
	put_options(c->options, out);
	fputs(".RE\n", out);
}

static const struct {
	const char *status, *meaning;
} statuses[] = {
	{ "0", "Done." },
	{ "1", "Failed; the message says what, and what would put it right." },
	{ "2", "The command line or the configuration makes no sense." },
	{ "3", "Refused by a gate or a rule; the message says what would lift it." },
	{ "4", "Not yet: waiting for a window, an approval or a soak time." },
};

static const struct {
	const char *name, *meaning;
} files[] = {
	{ "./patchline.yaml, /etc/patchline/patchline.yaml",
		"The configuration, when neither --config nor PATCHLINE_CONFIG names another." },
	{ "/var/lib/patchline",
		"The state directory unless the configuration names another: database, indexes, sets, "
		"pool." },
};

void manual_print(const struct command *commands, FILE *out)
{
	fputs(".TH PATCHLINE 1 \"" MANUAL_DATE "\" \"patchline " PATCHLINE_VERSION
	      "\" \"Patchline\"\n",
		out);
	put_heading("NAME", out);
	fputs("patchline \\- patch servers so that nothing reaches production untested\n", out);
	put_heading("SYNOPSIS", out);
	fputs("\\fBpatchline\\fR \\fICOMMAND\\fR [\\fIARGUMENTS\\fR] [\\fIOPTIONS\\fR]\n", out);
	put_heading("DESCRIPTION", out);
	put_text(
		"Patchline freezes all pending patches into a sealed set when a code release enters the "
		"first environment of a line. The pair of release and set, a candidate, enters each "
		"further environment only when the tests and approvals that its gate asks for exist.\n",
		out);
	put_heading("COMMANDS", out);
	for (const struct command *c = commands; c->name; c++) {
		if (!c->is_internal)
			put_command(c, out);
	}
	put_heading("OPTIONS", out);
	put_paragraph("Every command takes these:", out);
	put_options(common_options, out);
	put_heading("EXIT STATUS", out);
	for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
		put_term(statuses[i].status, NULL, statuses[i].meaning, out);
	put_heading("ENVIRONMENT", out);
	put_term("PATCHLINE_CONFIG", NULL, "Path of the configuration.", out);
	put_heading("FILES", out);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		put_term(files[i].name, NULL, files[i].meaning, out);
	put_heading("SEE ALSO", out);
	fputs(".BR patchline.yaml (5)\n", out);
}

/* One line of config_describe(): key, type, default, help; cut up in place. */
static void put_key(char *line, FILE *out)
{
	char *rest = line;
	const char *key = strsep(&rest, "\t"), *kind = strsep(&rest, "\t");
	const char *preset = strsep(&rest, "\t"), *help = rest;

	if (!help)
		return;

	bool is_required = str_equal(preset, "required"), has_preset = *preset && !is_required;
	CLEANUP(free)
	char *meaning = mem_printf("%s.%s%s%s", help, is_required ? "\nRequired." : "",
		has_preset ? "\nDefault: " : "", has_preset ? preset : "");

	put_term(key, kind, meaning, out);
}

static void put_keys(FILE *out)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;
	FILE *in = open_memstream(&text, &size);

	if (!in)
		abort();
	config_describe(in);
	fclose(in);

	char *rest = text;

	while (rest && *rest)
		put_key(strsep(&rest, "\n"), out);
}

void manual_print_configuration(FILE *out)
{
	fputs(".TH PATCHLINE.YAML 5 \"" MANUAL_DATE "\" \"patchline " PATCHLINE_VERSION
	      "\" \"Patchline\"\n",
		out);
	put_heading("NAME", out);
	fputs("patchline.yaml \\- what Patchline patches, from where, and in which order\n", out);
	put_heading("DESCRIPTION", out);
	put_text(
		"One YAML file, best kept under version control. Unknown keys, wrong types and names that "
		"nothing has are errors that name the file and the line. Relative paths start at the "
		"file's directory. A list element may be the name alone where only the name is needed.\n",
		out);
	put_heading("KEYS", out);
	put_paragraph("A dot leads into a map, [] into each element of a list.", out);
	put_keys(out);
	put_heading("EXAMPLE", out);
	put_paragraph("The starter that \"patchline init\" writes:", out);
	fputs(".PP\n.nf\n", out);
	put_text(config_template, out);
	fputs(".fi\n", out);
	put_heading("SEE ALSO", out);
	fputs(".BR patchline (1)\n", out);
}
