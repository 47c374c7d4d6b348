/* SPDX-License-Identifier: Apache-2.0 */
#include "base/deb822.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define FIELDS_MAX 1000

struct field {
	char *name, *value; /* into `cooked` */
	char *end;          /* of the value: where a continuation goes on */
};

struct deb822 {
	const char *text; /* borrowed: bytes [start, end) are not yet consumed */
	size_t start, end;
	size_t raw_size;        /* of the present paragraph, which starts at `raw` */
	size_t raw;             /* offset into text */
	size_t line, next_line; /* of the present paragraph; behind it */

	struct str cooked; /* the present paragraph, cut up in place */
	struct field *fields;
	size_t count, field_capacity;
};

struct deb822 *deb822_new_text(const char *text, size_t size)
{
	struct deb822 *d = mem_new(1, sizeof *d);

	d->text = text;
	d->end = size;
	d->next_line = 1;
	return d;
}

void deb822_count_from(struct deb822 *d, size_t line)
{
	d->next_line = line;
}

static bool is_blank(const char *line, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r')
			return false;
	}
	return true;
}

/* The size of the next line with its newline, from `offset` behind start; the rest where nothing ends it. */
static size_t line_size(const struct deb822 *d, size_t offset)
{
	size_t left = d->end - d->start - offset;
	const char *line = d->text + d->start + offset;
	const char *newline = left ? memchr(line, '\n', left) : NULL;

	return newline ? (size_t)(newline - line) + 1 : left;
}

/* Find where the next paragraph starts and ends. 1 found, 0 nothing left. */
static int find_paragraph(struct deb822 *d)
{
	size_t size = 0, line = 0;

	d->line = d->next_line;
	for (;;) {
		line = line_size(d, size);

		const char *text = d->text + d->start + size;

		if (line && is_blank(text, line - (text[line - 1] == '\n'))) {
			d->next_line++;
			if (size)
				break;
			d->start += line;
			d->line = d->next_line;
		} else if (!line) {
			break;
		} else {
			size += line;
			d->next_line++;
		}
	}
	d->raw = d->start;
	d->raw_size = size;
	d->start += size + (size ? line : 0);
	return size > 0;
}

/* Append a continuation to the value above it, which lies directly before it in `cooked`. */
static void continue_value(struct field *field, char *line)
{
	char *text = str_trim(line);
	size_t size = strlen(text);

	*field->end++ = '\n';
	memmove(field->end, text, size + 1);
	field->end += size;
}

static int check_new(const struct deb822 *d, const char *name, size_t line, struct error *err)
{
	if (!*name)
		return error_set(err, ERR_CORRUPT, "line %zu: field without a name", line);
	if (deb822_get(d, name))
		return error_set(
			err, ERR_CORRUPT, "line %zu: field '%.60s' is there twice", line, name);
	if (d->count == FIELDS_MAX)
		return error_set(err, ERR_CORRUPT, "line %zu: more than %d fields in one paragraph",
			line, FIELDS_MAX);
	return 0;
}

static int cut_line(struct deb822 *d, char *line, size_t number, struct error *err)
{
	if (*line == '#')
		return 0;
	if (*line == ' ' || *line == '\t') {
		if (!d->count)
			return error_set(err, ERR_CORRUPT,
				"line %zu: continuation without a field above it", number);
		continue_value(&d->fields[d->count - 1], line);
		return 0;
	}

	char *colon = strchr(line, ':');

	if (!colon)
		return error_set(err, ERR_CORRUPT, "line %zu: no colon in '%.60s'", number, line);
	*colon = '\0';
	if (check_new(d, line, number, err) < 0)
		return -1;
	d->fields = mem_room(d->fields, d->count, &d->field_capacity, sizeof *d->fields);

	char *value = str_trim(colon + 1);

	d->fields[d->count++] =
		(struct field){ .name = line, .value = value, .end = value + strlen(value) };
	return 0;
}

/* Cut the paragraph found last up into its fields. */
static int cut_paragraph(struct deb822 *d, struct error *err)
{
	if (d->raw_size > DEB822_PARAGRAPH_MAX)
		return error_set(err, ERR_CORRUPT, "line %zu: paragraph longer than %zu bytes",
			d->line, DEB822_PARAGRAPH_MAX);
	if (memchr(d->text + d->raw, '\0', d->raw_size))
		return error_set(err, ERR_CORRUPT, "line %zu: NUL byte in the paragraph", d->line);
	d->cooked.size = 0;
	str_add_bytes(&d->cooked, d->text + d->raw, d->raw_size);

	char *rest = d->cooked.text;

	for (size_t number = d->line; rest && *rest; number++) {
		char *line = strsep(&rest, "\n");

		if (cut_line(d, line, number, err) < 0)
			return -1;
	}
	return 0;
}

/* A paragraph of nothing but comments is none. */
int deb822_next(struct deb822 *d, struct error *err)
{
	int found;

	d->count = 0;
	do {
		found = find_paragraph(d);
		if (found > 0 && cut_paragraph(d, err) < 0)
			return -1;
	} while (found > 0 && !d->count);
	return found;
}

const char *deb822_get(const struct deb822 *d, const char *name)
{
	for (size_t i = 0; i < d->count; i++) {
		if ((d->fields[i].name[0] | 0x20) == (name[0] | 0x20) &&
			strcasecmp(d->fields[i].name, name) == 0)
			return d->fields[i].value;
	}
	return NULL;
}

size_t deb822_count(const struct deb822 *d)
{
	return d->count;
}

const char *deb822_name_at(const struct deb822 *d, size_t index)
{
	assert(index < d->count);
	return d->fields[index].name;
}

const char *deb822_value_at(const struct deb822 *d, size_t index)
{
	assert(index < d->count);
	return d->fields[index].value;
}

const char *deb822_raw(const struct deb822 *d, size_t *size)
{
	*size = d->raw_size;
	while (*size && d->text[d->raw + *size - 1] == '\n')
		--*size;
	return d->text + d->raw;
}

size_t deb822_offset(const struct deb822 *d)
{
	return d->raw;
}

size_t deb822_line(const struct deb822 *d)
{
	return d->line;
}

void deb822_free(struct deb822 *d)
{
	if (!d)
		return;
	str_done(&d->cooked);
	free(d->fields);
	free(d);
}
