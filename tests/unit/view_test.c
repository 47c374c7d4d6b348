/* SPDX-License-Identifier: Apache-2.0 */
#include "base/jvalue.h"
#include "base/own.h"
#include "base/str.h"
#include "present/view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum mood { MOOD_GOOD, MOOD_BAD };

static const char *mood_name(enum mood mood)
{
	return mood == MOOD_GOOD ? "good" : "bad";
}

struct owner {
	const char *name;
};

struct thing {
	const char *name;
	char place[8];
	enum mood mood;
	int64_t size, since;
	size_t number;
	bool is_new;
	const char **words;
	const char *joined;
	const struct owner *owner;
	struct owner maker;
	struct {
		const struct owner *items;
		size_t count;
	} users;
};

static const struct field owner_fields[] = {
	{ "name", "NAME", FIELD_TEXT, AT(struct owner, name) },
};
static const struct view owner_view = VIEW_OF(struct owner, owner_fields);

/* clang-format off */
static const struct field fields[] = {
	{ "name",   "NAME",   FIELD_TEXT,     AT(struct thing, name), .empty = NULL_IF_NONE },
	{ "place",  "PLACE",  FIELD_PROSE,    AT(struct thing, place), .empty = NULL_IF_EMPTY },
	{ "mood",   NULL,     FIELD_TEXT,     AT(struct thing, mood), .word = mood_name },
	{ "size",   "SIZE",   FIELD_SIZE,     AT(struct thing, size), .empty = NULL_IF_NONE },
	{ "took",   "TOOK",   FIELD_DURATION, AT(struct thing, size), .empty = ABSENT_IF_NONE },
	{ "since",  NULL,     FIELD_TIME,     AT(struct thing, since) },
	{ "id",     "ID",     FIELD_TEXT,     AT(struct thing, number), .prefix = "thing-" },
	{ "is_new", "NEW",    FIELD_FLAG,     AT(struct thing, is_new) },
	{ "words",  "WORDS",  FIELD_WORDS,    AT(struct thing, words), .empty = NULL_IF_NONE },
	{ "joined", "JOINED", FIELD_ABRIDGED, AT(struct thing, joined), .empty = NULL_IF_NONE },
	{ "owner",  "OWNER",  FIELD_TEXT,     VIA(struct thing, owner, name), .empty = NULL_IF_NONE },
	{ "maker",  NULL,     FIELD_OBJECT,   AT(struct thing, maker), .view = &owner_view },
	{ "users",  "USERS",  FIELD_LIST,     LIST_AT(struct thing, users), .view = &owner_view, .none = "nobody" },
	{ NULL,     "ALIAS",  FIELD_TEXT,     AT(struct thing, name) },
};
/* clang-format on */
static const struct view view = VIEW_OF(struct thing, fields);

static const char *const two_words[] = { "a", "b", NULL };
static const struct owner ann = { "ann" };

static struct thing whole(void)
{
	return (struct thing){
		.name = "x, \"y\"\n\x1b[2J",
		.place = "here",
		.mood = MOOD_BAD,
		.size = -3,
		.since = 86400,
		.number = 7,
		.is_new = true,
		.words = (const char **)(uintptr_t)two_words,
		.joined = "p q r s",
		.owner = &ann,
		.maker = { "bob" },
		.users = { &ann, 1 },
	};
}

static void test_view__tells_every_field_as_json(void **state)
{
	struct thing t = whole();
	CLEANUP(jvalue_free) struct jvalue *list = view_json(&view, &t, 1);
	CLEANUP(free) char *text = jvalue_write(list);

	(void)state;
	assert_string_equal(
		"[{\"id\":\"thing-7\",\"is_new\":true,\"joined\":[\"p\",\"q\",\"r\",\"s\"],"
		"\"maker\":{\"name\":\"bob\"},\"mood\":\"bad\","
		"\"name\":\"x, \\\"y\\\"\\n\\u001B[2J\",\"owner\":\"ann\",\"place\":\"here\","
		"\"since\":\"1970-01-02T00:00:00Z\",\"size\":-3,\"took\":0,"
		"\"users\":[{\"name\":\"ann\"}],\"words\":[\"a\",\"b\"]}]",
		text);
}

static void test_view__has_null_for_nothing_and_leaves_out_what_may_be_absent(void **state)
{
	struct thing t = { .size = NOTHING };
	CLEANUP(jvalue_free) struct jvalue *object = view_object(&view, &t);
	CLEANUP(free) char *text = jvalue_write(object);

	(void)state;
	assert_string_equal(
		"{\"id\":null,\"is_new\":false,\"joined\":null,\"maker\":{\"name\":null},"
		"\"mood\":\"good\",\"name\":null,\"owner\":null,\"place\":null,"
		"\"since\":null,\"size\":null,\"users\":[],\"words\":null}",
		text);
}

static char *printed(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	print(out);
	fclose(out);
	return text;
}

static void print_csv(FILE *out)
{
	struct thing both[] = { whole(), { .size = NOTHING } };

	view_csv(&view, both, 2, out);
}

/* Nothing is cleaned: what a program reads is what there is. */
static void test_view__quotes_csv_as_rfc_4180_does(void **state)
{
	CLEANUP(free) char *text = printed(print_csv);

	(void)state;
	assert_string_equal(
		"name,place,mood,size,took,since,id,is_new,words,joined,owner\r\n"
		"\"x, \"\"y\"\"\n\x1b[2J\",here,bad,-3,0,1970-01-02T00:00:00Z,thing-7,true,"
		"a b,p q r s,ann\r\n"
		",,good,,,,,false,,,\r\n",
		text);
}

static void print_table(FILE *out)
{
	struct thing rows[] = { { .name = "one", .size = 2048, .joined = "p q r" },
		{ .name = "two", .size = NOTHING } };

	view_table(&view, rows, 2, 0, out);
}

static void test_view__shows_people_the_columns_that_say_something(void **state)
{
	CLEANUP(free) char *text = printed(print_table);

	(void)state;
	assert_string_equal("NAME    SIZE TOOK JOINED ALIAS\n"
			    "one  2.0 KiB  34m p,q +1 one\n"
			    "two        -    - -      two\n",
		text);
}

static void print_card(FILE *out)
{
	struct thing t = { .name = "one", .size = NOTHING };

	view_card(&view, &t, 0, out);
	t.users.items = &ann;
	t.users.count = 1;
	view_card(&view, &t, 0, out);
}

static void test_view__shows_a_card_without_what_is_empty(void **state)
{
	CLEANUP(free) char *text = printed(print_card);

	(void)state;
	assert_string_equal(
		"NAME         one\nNEW          no\n\nUSERS\nnobody\nALIAS        one\n"
		"NAME         one\nNEW          no\n\nUSERS\nNAME\nann\nALIAS        one\n",
		text);
}

struct note {
	const char *text, *lent;
	struct view_rows owners;
};

/* clang-format off */
static const struct field note_fields[] = {
	{ "text",   "TEXT",   FIELD_TEXT, OWNED(struct note, text) },
	{ "lent",   "LENT",   FIELD_TEXT, AT(struct note, lent), .empty = NULL_IF_NONE },
	{ "owners", "OWNERS", FIELD_LIST, LIST_AT(struct note, owners), .view = &owner_view },
};
/* clang-format on */
static const struct view note_view = VIEW_OF(struct note, note_fields);

/* What is left behind, or freed twice, the sanitizers and valgrind tell. */
static void test_view__keeps_rows_with_what_they_own(void **state)
{
	CLEANUP(view_rows_done) struct view_rows notes = { 0 };
	struct note taken = { .text = strdup("mine") };
	char passing[] = "one";

	(void)state;
	for (int i = 0; i < 40; i++)
		view_rows_take(&taken.owners, &owner_view, &ann);
	view_rows_take(&notes, &note_view, &taken);
	view_rows_done(&notes);
	assert_int_equal(0, notes.count);

	const struct field copied[] = { note_fields[0], note_fields[1] };
	const struct view copied_view = { NULL, copied, 2, sizeof(struct note) };

	for (int i = 0; i < 40; i++) {
		passing[0] = (char)('A' + i);
		view_rows_copy(
			&notes, &copied_view, &(struct note){ .text = passing, .lent = "it" });
	}
	assert_int_equal(40, notes.count);
	assert_string_equal("Ane", ((const struct note *)notes.items)[0].text);
	assert_string_equal("hne", ((const struct note *)notes.items)[39].text);
	view_rows_done(&notes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view__tells_every_field_as_json),
		cmocka_unit_test(test_view__has_null_for_nothing_and_leaves_out_what_may_be_absent),
		cmocka_unit_test(test_view__quotes_csv_as_rfc_4180_does),
		cmocka_unit_test(test_view__shows_people_the_columns_that_say_something),
		cmocka_unit_test(test_view__shows_a_card_without_what_is_empty),
		cmocka_unit_test(test_view__keeps_rows_with_what_they_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
