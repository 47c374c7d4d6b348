/* SPDX-License-Identifier: Apache-2.0 */
#include "model/schema.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/yaml.h"
#include "model/portion.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX   40
#define NUMBER_MAX 1000000

/* Where each text stood, so that a check made later can still name the line. */
struct place {
	const char *text;
	size_t line;
};

struct reading {
	char *directory; /* relative paths start here */
	char *home;      /* paths that begin with "~/" start here; NULL: they are none */
	struct place *places;
	size_t place_count, place_capacity;
	struct yaml **documents; /* what was read, and the defaults that were applied */
	size_t document_count, document_capacity;
	void **owned;
	size_t owned_count, owned_capacity;
};

struct reading *reading_new(const char *directory, const char *home)
{
	struct reading *r = mem_new(1, sizeof *r);

	r->directory = mem_strdup(directory);
	r->home = mem_strdup(home);
	return r;
}

void *reading_keep(struct reading *r, void *memory)
{
	r->owned = mem_room(r->owned, r->owned_count, &r->owned_capacity, sizeof *r->owned);
	r->owned[r->owned_count++] = memory;
	return memory;
}

static void remember(struct reading *r, const char *text, size_t line)
{
	r->places = mem_room(r->places, r->place_count, &r->place_capacity, sizeof *r->places);
	r->places[r->place_count++] = (struct place){ text, line };
}

/* The line at which a text of the config stood; 0 for a default. */
size_t reading_line(const struct reading *r, const char *text)
{
	for (size_t i = 0; i < r->place_count; i++) {
		if (r->places[i].text == text)
			return r->places[i].line;
	}
	return 0;
}

static int wrong(
	const struct ynode *n, const struct field *f, struct error *err, const char *wanted)
{
	if (ynode_kind(n) != YNODE_SCALAR)
		return error_set(err, ERR_USAGE, "line %zu: '%s' wants %s, not a %s", ynode_line(n),
			f->key, wanted, ynode_kind(n) == YNODE_LIST ? "list" : "map");
	return error_set(err, ERR_USAGE, "line %zu: '%s' wants %s, not '%.60s'", ynode_line(n),
		f->key, wanted, ynode_text(n));
}

bool is_name(const char *text)
{
	return isalnum((unsigned char)*text) &&
	       text[strspn(text,
		       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] ==
		       '\0' &&
	       strlen(text) <= 100;
}

/* One value of a file: where it is written, what it must be, where it goes. */
struct slot {
	struct reading *reader;
	const struct field *field;
	const struct ynode *node;
	void *at;
};

static int read_text(const struct slot *s, struct error *err)
{
	if (ynode_kind(s->node) != YNODE_SCALAR)
		return wrong(s->node, s->field, err, "a text");
	if (s->field->is_required && !*ynode_text(s->node))
		return error_set(err, ERR_USAGE, "line %zu: '%s' is empty", ynode_line(s->node),
			s->field->key);
	*(const char **)s->at = ynode_text(s->node);
	remember(s->reader, ynode_text(s->node), ynode_line(s->node));
	return 0;
}

static int read_name(const struct slot *s, struct error *err)
{
	if (ynode_kind(s->node) != YNODE_SCALAR || !is_name(ynode_text(s->node)))
		return wrong(s->node, s->field, err, "a name (letters, digits, '.', '_', '-')");
	return read_text(s, err);
}

const char *reading_path(struct reading *r, const char *path)
{
	if (!*path)
		return path;
	if (r->home && str_starts(path, "~/"))
		return reading_keep(r, path_join(r->home, path + 2));
	return reading_keep(r, path_join(r->directory, path));
}

static int read_path(const struct slot *s, struct error *err)
{
	if (read_text(s, err) < 0)
		return -1;

	const char **path = s->at;

	*path = reading_path(s->reader, *path);
	remember(s->reader, *path, ynode_line(s->node));
	return 0;
}

static int read_slot_words(const struct slot *s, struct error *err)
{
	bool is_list = ynode_kind(s->node) == YNODE_LIST;
	size_t count = is_list ? ynode_count(s->node) : 1;
	const char **words = reading_keep(s->reader, mem_new(count + 1, sizeof *words));

	for (size_t i = 0; i < count; i++) {
		const struct ynode *word = is_list ? ynode_at(s->node, i) : s->node;

		if (ynode_kind(word) != YNODE_SCALAR || !*ynode_text(word))
			return wrong(word, s->field, err, "a list of texts");
		words[i] = s->field->kind == FIELD_PATHS ? reading_path(s->reader, ynode_text(word))
							 : ynode_text(word);
		remember(s->reader, words[i], ynode_line(word));
	}
	if (s->field->is_required && !count)
		return error_set(err, ERR_USAGE, "line %zu: '%s' is empty", ynode_line(s->node),
			s->field->key);
	*(const char *const **)s->at = words;
	return 0;
}

static int read_pairs(const struct slot *s, struct error *err)
{
	if (ynode_kind(s->node) != YNODE_MAP)
		return wrong(s->node, s->field, err, "a map of texts");

	size_t count = ynode_count(s->node);
	const char **pairs = reading_keep(s->reader, mem_new(2 * count + 1, sizeof *pairs));

	for (size_t i = 0; i < count; i++) {
		const char *key = ynode_text(ynode_key_at(s->node, i));
		const struct ynode *value = ynode_at(s->node, i);

		if (ynode_kind(value) != YNODE_SCALAR)
			return error_set(err, ERR_USAGE, "line %zu: '%s' in '%s' wants a text",
				ynode_line(value), key, s->field->key);
		pairs[2 * i] = key;
		pairs[2 * i + 1] = ynode_text(value);
		remember(s->reader, key, ynode_line(ynode_key_at(s->node, i)));
	}
	*(const char *const **)s->at = pairs;
	return 0;
}

static int read_count(const struct slot *s, struct error *err)
{
	if (!str_number(ynode_text(s->node), NUMBER_MAX, s->at, NULL))
		return wrong(s->node, s->field, err, "a number from 0");
	return 0;
}

static int read_port(const struct slot *s, struct error *err)
{
	unsigned port = 0;

	if (!str_number(ynode_text(s->node), 65535, &port, NULL) ||
		(s->field->is_required && !port))
		return wrong(s->node, s->field, err, "a port number");
	*(int *)s->at = (int)port;
	return 0;
}

static int read_portion(const struct slot *s, struct error *err)
{
	if (!portion_parse(ynode_text(s->node), s->at))
		return wrong(s->node, s->field, err, "a number of hosts or a share such as 25%");
	return 0;
}

static int read_duration(const struct slot *s, struct error *err)
{
	if (ynode_kind(s->node) != YNODE_SCALAR)
		return wrong(s->node, s->field, err, "a duration");
	if (clock_parse_duration(ynode_text(s->node), s->at, err) < 0)
		return error_wrap(err, "line %zu: '%s'", ynode_line(s->node), s->field->key);
	return 0;
}

static int read_flag(const struct slot *s, struct error *err)
{
	const char *text = ynode_text(s->node);
	bool is_true = str_equal(text, "true") || str_equal(text, "yes");

	if (!is_true && !str_equal(text, "false") && !str_equal(text, "no"))
		return wrong(s->node, s->field, err, "true or false");
	*(bool *)s->at = is_true;
	return 0;
}

static int read_choice(const struct slot *s, struct error *err)
{
	CLEANUP(str_done) struct str wanted = { 0 };

	str_add(&wanted, "one of");
	for (unsigned i = 0; s->field->choices[i]; i++) {
		if (str_equal(ynode_text(s->node), s->field->choices[i])) {
			*(unsigned *)s->at = i;
			return 0;
		}
		str_addf(&wanted, "%s %s", i ? "," : "", s->field->choices[i]);
	}
	return wrong(s->node, s->field, err, str_text(&wanted));
}

static int read_map(struct reading *r, const struct ynode *n, const struct schema *schema,
	void *out, struct error *err);

static int read_presets(
	struct reading *r, const struct schema *schema, char *record, struct error *err);

static int read_nested(const struct slot *s, struct error *err)
{
	return read_map(s->reader, s->node, s->field->schema, s->at, err);
}

/* A list element may be its name alone: "- web1" is short for "- name: web1". */
static int read_element(struct reading *r, const struct ynode *n, const struct schema *schema,
	char *record, struct error *err)
{
	const struct slot name = { r, schema->fields, n, record + schema->fields->offset };

	if (ynode_kind(n) == YNODE_SCALAR && schema->has_short_form)
		return read_name(&name, err);
	return read_map(r, n, schema, record, err);
}

/* The defaults are the same for all elements: they are read once, and copied. */
static int read_list(const struct slot *s, struct error *err)
{
	if (ynode_kind(s->node) != YNODE_LIST)
		return wrong(s->node, s->field, err, "a list");

	const struct schema *schema = s->field->schema;
	size_t count = ynode_count(s->node), size = schema->size;
	char *elements = reading_keep(s->reader, mem_new(count, size));
	char *record = (char *)s->at - s->field->offset;
	CLEANUP(free) char *blank = mem_new(1, size);

	if (read_presets(s->reader, schema, blank, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		memcpy(elements + i * size, blank, size);
		if (read_element(
			    s->reader, ynode_at(s->node, i), schema, elements + i * size, err) < 0)
			return -1;
	}
	*(void **)s->at = elements;
	*(size_t *)(void *)(record + s->field->count_offset) = count;
	return 0;
}

static int (*const read_kind[])(const struct slot *, struct error *) = {
	[FIELD_TEXT] = read_text,
	[FIELD_NAME] = read_name,
	[FIELD_PATH] = read_path,
	[FIELD_WORDS] = read_slot_words,
	[FIELD_PATHS] = read_slot_words,
	[FIELD_COUNT_OF] = read_count,
	[FIELD_PORT] = read_port,
	[FIELD_PORTION] = read_portion,
	[FIELD_DURATION] = read_duration,
	[FIELD_FLAG] = read_flag,
	[FIELD_CHOICE] = read_choice,
	[FIELD_LIST] = read_list,
	[FIELD_MAP] = read_nested,
	[FIELD_PAIRS] = read_pairs,
};

/* ---- maps, with their defaults ---- */

static const struct field *find_field(const struct schema *schema, const char *key)
{
	for (const struct field *f = schema->fields; f->key; f++) {
		if (strcmp(f->key, key) == 0)
			return f;
	}
	return NULL;
}

static int unknown_key(const struct schema *schema, const struct ynode *key, struct error *err)
{
	const char *known[KEYS_MAX + 1] = { NULL };
	size_t count = 0;

	for (const struct field *f = schema->fields; f->key && count < KEYS_MAX; f++)
		known[count++] = f->key;

	const char *near = str_nearest(ynode_text(key), known);

	return error_set(err, ERR_USAGE, "line %zu: unknown key '%.60s' in a %s%s%s%s",
		ynode_line(key), ynode_text(key), schema->noun, near ? "; did you mean '" : "",
		near ? near : "", near ? "'?" : "");
}

static struct yaml *keep_document(struct reading *r, struct yaml *y)
{
	r->documents = mem_room(
		r->documents, r->document_count, &r->document_capacity, sizeof *r->documents);
	r->documents[r->document_count++] = y;
	return y;
}

static int read_preset(struct reading *r, const struct field *f, void *at, struct error *err)
{
	static const char *const none[] = { NULL };
	struct yaml *y = NULL;

	if (f->kind == FIELD_MAP)
		return read_presets(r, f->schema, at, err);
	if (f->kind == FIELD_WORDS || f->kind == FIELD_PATHS || f->kind == FIELD_PAIRS)
		*(const char *const **)at = none;
	if (!f->preset)
		return 0;
	if (yaml_parse(f->preset, strlen(f->preset), &y, err) < 0)
		return error_wrap(err, "default of '%s'", f->key);

	struct slot s = { r, f, yaml_root(keep_document(r, y)), at };

	return read_kind[f->kind](&s, err);
}

/* What a record holds before any key of it was read. */
static int read_presets(
	struct reading *r, const struct schema *schema, char *record, struct error *err)
{
	for (const struct field *f = schema->fields; f->key; f++) {
		if (read_preset(r, f, record + f->offset, err) < 0)
			return -1;
	}
	return 0;
}

static int check_required(const struct schema *schema, const struct ynode *n, struct error *err)
{
	for (const struct field *f = schema->fields; f->key; f++) {
		if (f->is_required && !ynode_get(n, f->key))
			return error_set(err, ERR_USAGE, "line %zu: this %s has no '%s'",
				ynode_line(n), schema->noun, f->key);
	}
	return 0;
}

/* The record has its defaults: only the keys that are there are read. */
static int read_map(struct reading *r, const struct ynode *n, const struct schema *schema,
	void *out, struct error *err)
{
	if (ynode_kind(n) != YNODE_MAP)
		return error_set(err, ERR_USAGE, "line %zu: a %s is a map of keys and values",
			ynode_line(n), schema->noun);
	for (size_t i = 0; i < ynode_count(n); i++) {
		const struct field *f = find_field(schema, ynode_text(ynode_key_at(n, i)));

		if (!f)
			return unknown_key(schema, ynode_key_at(n, i), err);

		const struct slot s = { r, f, ynode_at(n, i), (char *)out + f->offset };

		if (read_kind[f->kind](&s, err) < 0)
			return -1;
	}
	return check_required(schema, n, err);
}

int schema_read(struct reading *r, const char *text, size_t size, const struct schema *schema,
	void *record, struct error *err)
{
	struct yaml *y = NULL;

	if (read_presets(r, schema, record, err) < 0 || yaml_parse(text, size, &y, err) < 0)
		return -1;
	return read_map(r, yaml_root(keep_document(r, y)), schema, record, err);
}

static const char *const kind_names[] = {
	[FIELD_TEXT] = "text",
	[FIELD_NAME] = "name",
	[FIELD_PATH] = "path",
	[FIELD_WORDS] = "list of texts",
	[FIELD_PATHS] = "list of paths",
	[FIELD_COUNT_OF] = "number",
	[FIELD_PORT] = "port",
	[FIELD_PORTION] = "number or share",
	[FIELD_DURATION] = "duration",
	[FIELD_FLAG] = "true or false",
	[FIELD_CHOICE] = "word",
	[FIELD_LIST] = "list",
	[FIELD_MAP] = "map",
	[FIELD_PAIRS] = "map of texts",
};

static void describe_fields(const struct schema *schema, const char *above, FILE *out)
{
	for (const struct field *f = schema->fields; f->key; f++) {
		CLEANUP(free)
		char *key = mem_printf("%s%s%s", above, f->key, f->kind == FIELD_LIST ? "[]" : "");

		fprintf(out, "%s\t%s\t%s\t%s", key, kind_names[f->kind],
			f->is_required            ? "required"
			: f->preset && *f->preset ? f->preset
						  : "",
			f->help);
		for (size_t i = 0; f->choices && f->choices[i]; i++)
			fprintf(out, "%s%s", i ? ", " : ": ", f->choices[i]);
		fputc('\n', out);
		if (f->schema) {
			CLEANUP(free) char *below = mem_printf("%s.", key);

			describe_fields(f->schema, below, out);
		}
	}
}

void schema_describe(const struct schema *schema, FILE *out)
{
	describe_fields(schema, "", out);
}

void reading_free(struct reading *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->document_count; i++)
		yaml_tree_free(r->documents[i]);
	for (size_t i = 0; i < r->owned_count; i++)
		free(r->owned[i]);
	free(r->documents);
	free(r->owned);
	free(r->places);
	free(r->directory);
	free(r->home);
	free(r);
}
