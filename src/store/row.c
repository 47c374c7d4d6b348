/* SPDX-License-Identifier: Apache-2.0 */
#include "store/row.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/names.h"

#include <assert.h>
#include <string.h>

/* Enums are bound and read as int; names tables count from 0. */
static_assert(sizeof(enum row_type) == sizeof(int), "an enum is as wide as an int");

static NODISCARD int read_word(struct db_statement *statement, unsigned column,
	const struct row_table *table, int *value, struct error *err)
{
	const char *word = db_column_text(statement, column);

	*value = names_find(table->fields[column].names, word);
	if (*value >= 0)
		return 0;
	return error_set(err, ERR_CORRUPT,
		"the store has the word '%s', unknown to this program, in a row of the kind '%s'",
		word ? word : "", table->noun);
}

static NODISCARD int read_field(struct db_statement *statement, unsigned column,
	const struct row_table *table, char *row, struct error *err)
{
	const struct row_field *field = &table->fields[column];
	char *place = row + field->offset;
	char *text = NULL;

	if (field->type == ROW_INTEGER) {
		int64_t value = db_column_integer(statement, column);

		memcpy(place, &value, sizeof value);
		return 0;
	}
	if (field->type == ROW_WORD) {
		int value = 0;

		if (read_word(statement, column, table, &value, err) < 0)
			return -1;
		memcpy(place, &value, sizeof value);
		return 0;
	}
	text = mem_strdup(db_column_text(statement, column));
	if (!text && field->type == ROW_TEXT)
		text = mem_strdup("");
	memcpy(place, &text, sizeof text);
	return 0;
}

int row_read(
	struct db_statement *statement, const struct row_table *table, void *row, struct error *err)
{
	CLEANUP(free) char *read = mem_new(1, table->size);

	for (unsigned i = 0; i < table->count; i++) {
		if (read_field(statement, i, table, read, err) < 0) {
			row_done(table, read);
			return -1;
		}
	}
	memcpy(row, read, table->size);
	return 0;
}

static struct db_value field_value(const struct row_field *field, const char *row)
{
	const char *place = row + field->offset, *text = NULL;
	int64_t integer = 0;
	int word = 0;

	switch (field->type) {
	case ROW_INTEGER:
		memcpy(&integer, place, sizeof integer);
		return db_integer(integer);
	case ROW_WORD:
		memcpy(&word, place, sizeof word);
		return db_text(names_word(field->names, word));
	case ROW_TEXT:
		memcpy(&text, place, sizeof text);
		return db_text(text ? text : "");
	case ROW_TEXT_OR_NULL:
		memcpy(&text, place, sizeof text);
		break;
	}
	return db_text(text);
}

void row_values(
	const struct row_table *table, const void *row, struct db_value values[ROW_FIELDS_MAX])
{
	assert(table->count <= ROW_FIELDS_MAX);
	for (size_t i = 0; i < table->count; i++)
		values[i] = field_value(&table->fields[i], row);
}

void row_done(const struct row_table *table, void *row)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct row_field *field = &table->fields[i];
		char *text = NULL;

		if (field->type != ROW_TEXT && field->type != ROW_TEXT_OR_NULL)
			continue;
		memcpy(&text, (char *)row + field->offset, sizeof text);
		free(text);
	}
	memset(row, 0, table->size);
}

void rows_free(const struct row_table *table, void *rows)
{
	struct rows *r = rows;

	for (size_t i = 0; i < r->count; i++)
		row_done(table, (char *)r->items + i * table->size);
	free(r->items);
	*r = (struct rows){ 0 };
}
