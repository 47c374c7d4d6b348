/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/options.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32

const struct option common_options[] = {
	{ "config", "FILE", "read this configuration instead of ./patchline.yaml" },
	{ "json", NULL, "print JSON for programs" },
	{ "help", NULL, "show what the command does and takes" },
	{ 0 },
};

static const struct option *find_in(const struct option *options, const char *name, size_t size)
{
	for (; options && options->name; options++) {
		if (strlen(options->name) == size && memcmp(options->name, name, size) == 0)
			return options;
	}
	return NULL;
}

static int unknown_option(const struct command *c, const char *word, struct error *err)
{
	const char *known[OPTIONS_MAX + 1] = { NULL };
	size_t count = 0;

	for (const struct option *o = c->options; o && o->name && count < OPTIONS_MAX; o++)
		known[count++] = o->name;
	for (const struct option *o = common_options; o->name && count < OPTIONS_MAX; o++)
		known[count++] = o->name;

	const char *near = str_starts(word, "--") ? str_nearest(word + 2, known) : NULL;

	return error_set(err, ERR_USAGE, "unknown option '%.60s'%s%s%s", word,
		near ? "; did you mean '--" : "", near ? near : "", near ? "'?" : "");
}

static void add_arg(struct options *o, const char *word)
{
	if (o->arg_count + 1 >= o->arg_capacity)
		o->args = mem_grow(o->args, &o->arg_capacity, sizeof *o->args);
	o->args[o->arg_count++] = word;
}

static int add_given(
	struct options *o, const struct option *option, const char *value, struct error *err)
{
	if (!option->may_repeat && options_get(o, option->name))
		return error_set(err, ERR_USAGE, "--%s is given twice", option->name);
	o->given = mem_room(o->given, o->given_count, &o->given_capacity, sizeof *o->given);
	o->given[o->given_count++] = (struct given){ option->name, value };
	return 0;
}

/* One option word; takes the next word too when that is its value. */
static int read_option(
	struct options *o, const struct command *c, char *const **words, struct error *err)
{
	const char *word = **words;
	const char *name = word + strspn(word, "-"), *equals = strchr(name, '=');
	size_t size = equals ? (size_t)(equals - name) : strlen(name);
	const struct option *option = find_in(c->options, name, size);

	if (!option)
		option = find_in(common_options, name, size);
	if (!option || !str_starts(word, "--"))
		return unknown_option(c, word, err);
	if (!option->argument && equals)
		return error_set(err, ERR_USAGE, "--%s takes no value", option->name);
	if (!option->argument)
		return add_given(o, option, "", err);
	if (equals)
		return add_given(o, option, equals + 1, err);
	if (!(*words)[1])
		return error_set(err, ERR_USAGE, "--%s wants a value: --%s %s", option->name,
			option->name, option->argument);
	return add_given(o, option, *++*words, err);
}

static int check_count(const struct options *o, const struct command *c, struct error *err)
{
	if (options_get(o, "help"))
		return 0;
	if (o->arg_count < c->min_args)
		return error_set(err, ERR_USAGE, "too few arguments; want: patchline %s %s",
			c->name, c->args);
	if (o->arg_count > c->max_args)
		return error_set(err, ERR_USAGE,
			"too many arguments, from '%.60s' on; want: patchline %s %s",
			o->args[c->max_args], c->name, c->args);
	return 0;
}

int options_read(struct options *o, const struct command *c, char *const *words, struct error *err)
{
	bool is_behind_dashes = false;

	o->args = mem_grow(o->args, &o->arg_capacity, sizeof *o->args);
	for (; *words; words++) {
		if (!is_behind_dashes && strcmp(*words, "--") == 0)
			is_behind_dashes = true;
		else if (is_behind_dashes || **words != '-' || strcmp(*words, "-") == 0)
			add_arg(o, *words);
		else if (read_option(o, c, &words, err) < 0)
			return -1;
	}
	if (options_get(o, "json") && options_get(o, "csv"))
		return error_set(err, ERR_USAGE, "--json and --csv: one of them");
	return check_count(o, c, err);
}

const char *options_get(const struct options *o, const char *name)
{
	for (size_t i = o->given_count; i-- > 0;) {
		if (strcmp(o->given[i].name, name) == 0)
			return o->given[i].value;
	}
	return NULL;
}

void options_done(struct options *o)
{
	free(o->given);
	free(o->args);
	*o = (struct options){ 0 };
}
