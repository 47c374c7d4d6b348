/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jvalue.h"
#include "base/mem.h"
#include "present/cell_private.h"

#include <stdlib.h>

static struct jvalue *words_json(const struct cell *c)
{
	struct jvalue *list = jvalue_array();
	struct cell_word word = { 0 };

	while (cell_next_word(c, &word)) {
		CLEANUP(free) char *text = mem_strndup(word.text, word.size);

		jvalue_add_string(list, text);
	}
	return list;
}

static void set_value(struct jvalue *object, const struct field *f, const struct cell *c)
{
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PROSE:
	case FIELD_DIGEST:
		jvalue_set_string(object, f->name, c->text);
		return;
	case FIELD_NUMBER:
	case FIELD_SIZE:
	case FIELD_DURATION:
		jvalue_set_integer(object, f->name, c->number);
		return;
	case FIELD_TIME:
		jvalue_set_time(object, f->name, c->number);
		return;
	case FIELD_FLAG:
		jvalue_set_bool(object, f->name, c->number != 0);
		return;
	case FIELD_WORDS:
	case FIELD_ABRIDGED:
		jvalue_set(object, f->name, words_json(c));
		return;
	case FIELD_LIST:
		jvalue_set(object, f->name, view_json(f->view, c->rows, c->count));
		return;
	case FIELD_OBJECT:
		jvalue_set(object, f->name, view_object(f->view, c->rows));
		return;
	case FIELD_JSON:
		jvalue_set(object, f->name, jvalue_copy(c->json));
		return;
	}
}

struct jvalue *view_object(const struct view *v, const void *row)
{
	struct jvalue *object = jvalue_object();

	if (v->kind)
		jvalue_set_string(object, "kind", v->kind);
	for (size_t i = 0; i < v->count; i++) {
		const struct field *f = &v->fields[i];
		struct cell c;

		if (!f->name)
			continue;
		cell_read(f, row, &c);
		if (!c.is_nothing)
			set_value(object, f, &c);
		else if (f->empty != ABSENT_IF_NONE)
			jvalue_set_string(object, f->name, NULL);
	}
	return object;
}

struct jvalue *view_json(const struct view *v, const void *rows, size_t count)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < count; i++)
		jvalue_add(list, view_object(v, (const char *)rows + i * v->size));
	return list;
}
