/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jvalue.h"
#include "base/mem.h"
#include "model/portion.h"
#include "model/schema.h"

#include <inttypes.h>
#include <stdlib.h>

/* One value of a record, and what it is. */
struct source_slot {
	const struct field *field;
	const char *record; /* that the value is in */
};

static const void *value_of(const struct source_slot *s)
{
	return s->record + s->field->offset;
}

static void set_owned(struct jvalue *out, const char *key, char *text)
{
	jvalue_set_string(out, key, text);
	free(text);
}

static void write_text(const struct source_slot *s, struct jvalue *out)
{
	const char *text = *(const char *const *)value_of(s);

	if (text)
		jvalue_set_string(out, s->field->key, text);
}

static void write_words(const struct source_slot *s, struct jvalue *out)
{
	struct jvalue *words = jvalue_array();

	for (const char *const *word = *(const char *const *const *)value_of(s); word && *word;
		word++)
		jvalue_add_string(words, *word);
	jvalue_set(out, s->field->key, words);
}

static void write_pairs(const struct source_slot *s, struct jvalue *out)
{
	struct jvalue *pairs = jvalue_object();

	for (const char *const *key = *(const char *const *const *)value_of(s); key && *key;
		key += 2)
		jvalue_set_string(pairs, key[0], key[1]);
	jvalue_set(out, s->field->key, pairs);
}

static void write_count(const struct source_slot *s, struct jvalue *out)
{
	jvalue_set_integer(out, s->field->key, *(const unsigned *)value_of(s));
}

static void write_port(const struct source_slot *s, struct jvalue *out)
{
	jvalue_set_integer(out, s->field->key, *(const int *)value_of(s));
}

static void write_portion(const struct source_slot *s, struct jvalue *out)
{
	const struct portion *p = value_of(s);

	set_owned(out, s->field->key, mem_printf("%u%s", p->value, p->is_percent ? "%" : ""));
}

static void write_duration(const struct source_slot *s, struct jvalue *out)
{
	set_owned(out, s->field->key, mem_printf("%" PRId64 "s", *(const int64_t *)value_of(s)));
}

static void write_flag(const struct source_slot *s, struct jvalue *out)
{
	jvalue_set_bool(out, s->field->key, *(const bool *)value_of(s));
}

static void write_choice(const struct source_slot *s, struct jvalue *out)
{
	jvalue_set_string(out, s->field->key, s->field->choices[*(const unsigned *)value_of(s)]);
}

static void write_list(const struct source_slot *s, struct jvalue *out)
{
	const size_t *count = (const void *)(s->record + s->field->count_offset);
	const char *elements = *(const char *const *)value_of(s);
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < *count; i++)
		jvalue_add(list,
			schema_write(s->field->schema, elements + i * s->field->schema->size));
	jvalue_set(out, s->field->key, list);
}

static void write_map(const struct source_slot *s, struct jvalue *out)
{
	jvalue_set(out, s->field->key, schema_write(s->field->schema, value_of(s)));
}

static void (*const write_kind[])(const struct source_slot *, struct jvalue *) = {
	[FIELD_TEXT] = write_text,
	[FIELD_NAME] = write_text,
	[FIELD_PATH] = write_text,
	[FIELD_WORDS] = write_words,
	[FIELD_PATHS] = write_words,
	[FIELD_COUNT_OF] = write_count,
	[FIELD_PORT] = write_port,
	[FIELD_PORTION] = write_portion,
	[FIELD_DURATION] = write_duration,
	[FIELD_FLAG] = write_flag,
	[FIELD_CHOICE] = write_choice,
	[FIELD_LIST] = write_list,
	[FIELD_MAP] = write_map,
	[FIELD_PAIRS] = write_pairs,
};

struct jvalue *schema_write(const struct schema *schema, const void *record)
{
	struct jvalue *out = jvalue_object();

	for (const struct field *f = schema->fields; f->key; f++)
		write_kind[f->kind](&(struct source_slot){ f, record }, out);
	return out;
}
