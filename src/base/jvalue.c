/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jvalue.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#include <jansson.h>
#include <stdlib.h>

/* struct jvalue is json_t under our own name; nothing else casts. */
static json_t *json_of(const struct jvalue *value)
{
	return (json_t *)(uintptr_t)value;
}

static struct jvalue *closed(json_t *value)
{
	if (!value)
		abort(); /* out of memory: ends the process, as in mem.c */
	return (struct jvalue *)value;
}

int jvalue_parse(const char *text, size_t size, struct jvalue **out, struct error *err)
{
	json_error_t cause;
	json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &cause);

	if (!value)
		return error_set(err, ERR_CORRUPT, "line %d, column %d: %s", cause.line,
			cause.column, cause.text);
	*out = closed(value);
	return 0;
}

struct jvalue *jvalue_object(void)
{
	return closed(json_object());
}

struct jvalue *jvalue_array(void)
{
	return closed(json_array());
}

/* How many bytes at `at` make one character of UTF-8; 0 when they do not. */
static size_t character_size(const char *at)
{
	for (size_t size = 1; size <= 4 && at[size - 1]; size++) {
		json_t *value = json_stringn(at, size);

		json_decref(value);
		if (value)
			return size;
	}
	return 0;
}

/* Hosts and tests print what they like: bytes that are not UTF-8 are shown as '?'. */
static struct jvalue *new_string(const char *text)
{
	if (!text)
		return closed(json_null());

	json_t *value = json_string(text);

	if (value)
		return closed(value);

	CLEANUP(free) char *plain = mem_strdup(text);

	for (char *at = plain; *at;) {
		size_t size = character_size(at);

		if (!size)
			*at = '?';
		at += size ? size : 1;
	}
	return closed(json_string(plain));
}

void jvalue_set(struct jvalue *object, const char *name, struct jvalue *value)
{
	if (json_object_set_new(json_of(object), name, json_of(value)) < 0)
		abort();
}

void jvalue_set_string(struct jvalue *object, const char *name, const char *value)
{
	jvalue_set(object, name, new_string(value));
}

void jvalue_set_integer(struct jvalue *object, const char *name, int64_t value)
{
	jvalue_set(object, name, closed(json_integer(value)));
}

void jvalue_set_bool(struct jvalue *object, const char *name, bool value)
{
	jvalue_set(object, name, closed(json_boolean(value)));
}

void jvalue_set_time(struct jvalue *object, const char *name, int64_t at)
{
	char text[CLOCK_TEXT_SIZE];

	jvalue_set_string(object, name, at ? clock_format(at, text) : NULL);
}

void jvalue_add(struct jvalue *array, struct jvalue *value)
{
	if (json_array_append_new(json_of(array), json_of(value)) < 0)
		abort();
}

void jvalue_add_string(struct jvalue *array, const char *value)
{
	jvalue_add(array, new_string(value));
}

const struct jvalue *jvalue_get(const struct jvalue *object, const char *name)
{
	return (const struct jvalue *)json_object_get(json_of(object), name);
}

const char *jvalue_string(const struct jvalue *object, const char *name)
{
	return json_string_value(json_object_get(json_of(object), name));
}

int64_t jvalue_integer(const struct jvalue *object, const char *name, int64_t fallback)
{
	const json_t *value = json_object_get(json_of(object), name);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool jvalue_bool(const struct jvalue *object, const char *name, bool fallback)
{
	const json_t *value = json_object_get(json_of(object), name);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

size_t jvalue_count(const struct jvalue *value)
{
	return json_is_array(json_of(value)) ? json_array_size(json_of(value))
					     : json_object_size(json_of(value));
}

const struct jvalue *jvalue_at(const struct jvalue *array, size_t index)
{
	return (const struct jvalue *)json_array_get(json_of(array), index);
}

bool jvalue_next(const struct jvalue *object, struct jvalue_member *at)
{
	at->place = at->place ? json_object_iter_next(json_of(object), at->place)
			      : json_object_iter(json_of(object));
	if (!at->place)
		return false;
	at->name = json_object_iter_key(at->place);
	at->value = (const struct jvalue *)json_object_iter_value(at->place);
	return true;
}

const char *jvalue_text(const struct jvalue *value)
{
	return json_string_value(json_of(value));
}

bool jvalue_is_object(const struct jvalue *value)
{
	return json_is_object(json_of(value));
}

bool jvalue_is_array(const struct jvalue *value)
{
	return json_is_array(json_of(value));
}

static char *write_with(const struct jvalue *value, size_t flags)
{
	char *text = json_dumps(json_of(value), flags | JSON_ENCODE_ANY);

	if (!text)
		abort();
	return text;
}

char *jvalue_write(const struct jvalue *value)
{
	return write_with(value, JSON_COMPACT | JSON_SORT_KEYS);
}

char *jvalue_write_pretty(const struct jvalue *value)
{
	return write_with(value, JSON_INDENT(2));
}

struct jvalue *jvalue_copy(const struct jvalue *value)
{
	return closed(json_incref(json_of(value)));
}

void jvalue_free(struct jvalue *value)
{
	json_decref(json_of(value));
}
