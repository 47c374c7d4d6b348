/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "calendar/content_line_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 8 /* components inside each other; RFC 5545 has three */
#define NAME_LETTERS                                                                               \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"                                     \
	"0123456789-"

/* NAME=value, where it stands in a line. */
struct parameter {
	const char *name, *value;
	size_t name_size, value_size;
};

bool content_is(const struct content_line *l, const char *name)
{
	return name ? strcasecmp(l->name, name) == 0 : strncasecmp(l->name, "X-", 2) == 0;
}

size_t content_next(const struct content *c, size_t at)
{
	return (c->lines[at].end ? c->lines[at].end : at) + 1;
}

/* Up to that letter outside of quotes. */
static size_t unquoted_size(const char *text, char end)
{
	bool is_quoted = false;
	size_t size = 0;

	for (; text[size] && (is_quoted || text[size] != end); size++)
		is_quoted ^= text[size] == '"';
	return size;
}

/* The parameter at *rest, which goes on to the next. False at the end. */
static bool next_parameter(const char **rest, struct parameter *out)
{
	const char *at = *rest;
	size_t size = unquoted_size(at, ';'), name_size = strcspn(at, "=;");

	if (!*at)
		return false;
	name_size = name_size < size ? name_size : size;
	*out = (struct parameter){ .name = at, .name_size = name_size };
	out->value = at + name_size + (at[name_size] == '=');
	out->value_size = (size_t)(at + size - out->value);
	*rest = at + size + (at[size] == ';');
	return true;
}

static bool parameter_is(const struct parameter *p, const char *name)
{
	return strlen(name) == p->name_size && strncasecmp(p->name, name, p->name_size) == 0;
}

char *content_parameter(const struct content_line *l, const char *name)
{
	const char *rest = l->parameters;
	struct parameter p;

	while (next_parameter(&rest, &p)) {
		if (!parameter_is(&p, name))
			continue;
		if (p.value_size >= 2 && *p.value == '"' && p.value[p.value_size - 1] == '"')
			return mem_strndup(p.value + 1, p.value_size - 2);
		return mem_strndup(p.value, p.value_size);
	}
	return NULL;
}

int content_check_parameters(
	const struct content_line *l, const char *const *known, struct error *err)
{
	const char *rest = l->parameters;
	unsigned seen = 0;
	struct parameter p;

	while (next_parameter(&rest, &p)) {
		size_t i = 0;

		if (strncasecmp(p.name, "X-", 2) == 0)
			continue;
		while (known[i] && !parameter_is(&p, known[i]))
			i++;
		if (!known[i] || seen & 1U << i)
			return error_set(err, ERR_CORRUPT, "the parameter '%.*s' is %s",
				(int)(p.name_size < 60 ? p.name_size : 60), p.name,
				known[i] ? "there twice" : "not understood");
		seen |= 1U << i;
	}
	return 0;
}

int content_refuse(const struct content_line *l, const char *wrong, struct error *err)
{
	return error_set(err, ERR_CORRUPT, "line %u: %.60s%s%.60s: %s", l->number, l->name,
		l->end ? ":" : "", l->end ? l->value : "", wrong);
}

int content_wrap(const struct content_line *l, struct error *err)
{
	err->kind = ERR_CORRUPT;
	return error_wrap(err, "line %u: %.60s", l->number, l->name);
}

static char *cut_end(char *line)
{
	size_t size = strlen(line);

	if (size && line[size - 1] == '\r')
		line[--size] = '\0';
	return line + size;
}

/* The next line without its end, and what goes on with a blank on further lines; NULL at the end of the text. */
static char *next_line(char **rest, unsigned *number)
{
	char *line = strsep(rest, "\n");
	char *end = line ? cut_end(line) : NULL;

	while (*rest && (**rest == ' ' || **rest == '\t')) {
		char *part = strsep(rest, "\n");
		size_t size = (size_t)(cut_end(part) - part) - 1;

		memmove(end, part + 1, size + 1);
		end += size;
		++*number;
	}
	return line;
}

static int add_content_line(struct content *c, char *text, unsigned number, struct error *err)
{
	size_t name_size = strspn(text, NAME_LETTERS);
	size_t before = unquoted_size(text, ':');

	if (!name_size || !text[before] || (text[name_size] != ';' && text[name_size] != ':'))
		return error_set(
			err, ERR_CORRUPT, "line %u: '%.60s' is no line of iCalendar", number, text);
	text[before] = text[name_size] = '\0';
	c->lines = mem_room(c->lines, c->count, &c->capacity, sizeof *c->lines);
	c->lines[c->count++] = (struct content_line){
		.name = text,
		.parameters = name_size < before ? text + name_size + 1 : "",
		.value = text + before + 1,
		.number = number,
	};
	return 0;
}

/* Let the line that was added last open a component, close the innermost, or stand in one. */
static int nest_line(struct content *c, size_t *open, size_t *depth, struct error *err)
{
	const struct content_line *l = &c->lines[c->count - 1];

	if (content_is(l, "BEGIN")) {
		if (*depth == DEPTH_MAX)
			return error_set(err, ERR_CORRUPT,
				"line %u: more than %d components inside each other", l->number,
				DEPTH_MAX);
		open[(*depth)++] = c->count - 1;
	} else if (!*depth) {
		return error_set(err, ERR_CORRUPT, "line %u: '%.60s' is not inside of a calendar",
			l->number, l->name);
	} else if (content_is(l, "END")) {
		struct content_line *begin = &c->lines[open[--*depth]];

		if (strcasecmp(begin->value, l->value) != 0)
			return error_set(err, ERR_CORRUPT,
				"line %u: END:%.60s, and line %u has BEGIN:%.60s", l->number,
				l->value, begin->number, begin->value);
		begin->end = c->count - 1;
	}
	return 0;
}

int content_read(const char *text, size_t size, struct content *out, struct error *err)
{
	CLEANUP(content_done) struct content c = { .text = mem_strndup(text, size) };
	char *rest = strncmp(c.text, "\xef\xbb\xbf", 3) == 0 ? c.text + 3 : c.text, *line;
	size_t open[DEPTH_MAX], depth = 0;

	if (strlen(c.text) != size)
		return error_set(err, ERR_CORRUPT, "not one iCalendar text: a byte in it is 0");
	for (unsigned number = 1, first = 1; (line = next_line(&rest, &number)); first = ++number) {
		if (*line && (add_content_line(&c, line, first, err) < 0 ||
				     nest_line(&c, open, &depth, err) < 0))
			return -1;
	}
	if (depth)
		return error_set(err, ERR_CORRUPT,
			"the text ends before line %u's BEGIN:%.60s does",
			c.lines[open[depth - 1]].number, c.lines[open[depth - 1]].value);
	*out = c;
	c = (struct content){ 0 };
	return 0;
}

void content_done(struct content *c)
{
	free(c->text);
	free(c->lines);
}
