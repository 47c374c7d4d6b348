/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - what rows own, and lists that keep them; declared in view.h. */
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/own.h"
#include "present/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void view_rows_take(struct view_rows *rows, const struct view *v, const void *row)
{
	rows->view = v;
	rows->items = mem_room(rows->items, rows->count, &rows->capacity, v->size);
	memcpy((char *)rows->items + rows->count++ * v->size, row, v->size);
}

void view_rows_copy(struct view_rows *rows, const struct view *v, const void *row)
{
	view_rows_take(rows, v, row);
	for (size_t i = 0; i < v->count; i++) {
		const struct field *f = &v->fields[i];
		char *kept = (char *)rows->items + (rows->count - 1) * v->size;
		char **text = (char **)(void *)(kept + f->offset);

		assert(!f->is_owned || f->stored == STORED_TEXT);
		if (f->is_owned)
			*text = mem_strdup(*text);
	}
}

void view_row_done(const struct view *v, void *row)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct field *f = &v->fields[i];
		void *member = (char *)row + f->offset;

		if (!f->is_owned)
			continue;
		if (f->type == FIELD_LIST)
			view_rows_done(member);
		else if (f->type == FIELD_JSON)
			jvalue_free(STEAL((struct jvalue **)member));
		else
			free(STEAL((void **)member));
	}
}

void view_rows_done(struct view_rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		view_row_done(rows->view, (char *)rows->items + i * rows->view->size);
	free(rows->items);
	*rows = (struct view_rows){ 0 };
}
