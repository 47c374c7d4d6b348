/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptions of nouns against docs/json: the same fields, of the same type, that may be missing in the same way. */
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/candidate.h"
#include "present/configuration.h"
#include "present/environment.h"
#include "present/host.h"
#include "present/host_card.h"
#include "present/rehearsal.h"
#include "present/rollout.h"
#include "present/set.h"
#include "present/source.h"
#include "present/view.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCHEMA_END  ".schema.json"
#define SCHEMA_SIZE 1000000

/* What a command answers: rows of a view, or one; where its schema has several answers, each has its place there. */
struct answer {
	const char *schema;
	const struct view *view;
	bool is_list;
};

/* clang-format off */
static const struct answer answers[] = {
	{ "candidates", &candidate_item_view, true },
	{ "hosts",      &host_item_view,      true },
	{ "rollouts",   &rollout_item_view,   true },
	{ "sets",       &set_row_view,        true },
	{ "show", &configuration_row_view },
	{ "show", NULL },
	{ "show", &set_card_view },
	{ "show", &candidate_card_view },
	{ "show", &environment_card_view },
	{ "show", &host_card_view },
	{ "show", &rollout_card_view },
	{ "show", &source_card_view },
	{ "show", &rehearsal_card_view },
	{ "show", &step_item_view, true },
};
/* clang-format on */

/* How many fields and schemas disagree; each is told. */
struct check {
	const struct jvalue *root;
	const char *schema;
	size_t wrong;
};

static void complain(struct check *c, const char *where, const char *what)
{
	print_error("%s: %s: %s\n", c->schema, where, what);
	c->wrong++;
}

static const struct jvalue *resolve(const struct check *c, const struct jvalue *schema)
{
	const char *reference = schema ? jvalue_string(schema, "$ref") : NULL;

	return reference
		       ? jvalue_get(jvalue_get(c->root, "definitions"), strrchr(reference, '/') + 1)
		       : schema;
}

/* Whether a list of types or of words has that one; NULL: null. */
static bool has_word(const struct jvalue *list, const char *word)
{
	for (size_t i = 0; i < jvalue_count(list); i++) {
		if (str_equal(jvalue_text(jvalue_at(list, i)), word))
			return true;
	}
	return false;
}

static bool allows_null(const struct jvalue *schema)
{
	const struct jvalue *type = jvalue_get(schema, "type"), *words = jvalue_get(schema, "enum");

	return type ? jvalue_is_array(type) && has_word(type, "null") : has_word(words, NULL);
}

static bool has_type(const struct jvalue *schema, const char *wanted)
{
	const struct jvalue *type = jvalue_get(schema, "type");

	if (!type)
		return str_equal(wanted, "string") &&
		       (jvalue_get(schema, "enum") || jvalue_get(schema, "const"));
	return jvalue_is_array(type) ? jvalue_count(type) == 2 && has_word(type, wanted)
				     : str_equal(jvalue_text(type), wanted);
}

static const char *type_of(enum field_type type)
{
	static const char *const types[] = {
		[FIELD_TEXT] = "string",
		[FIELD_PROSE] = "string",
		[FIELD_DIGEST] = "string",
		[FIELD_NUMBER] = "integer",
		[FIELD_SIZE] = "integer",
		[FIELD_DURATION] = "integer",
		[FIELD_TIME] = "string",
		[FIELD_FLAG] = "boolean",
		[FIELD_WORDS] = "array",
		[FIELD_ABRIDGED] = "array",
		[FIELD_LIST] = "array",
		[FIELD_OBJECT] = "object",
	};

	return types[type];
}

static void check_object(
	struct check *c, const char *where, const struct view *v, const struct jvalue *schema);

/* What is in it: the words of a list, the rows, the members of an object. */
static void check_inside(
	struct check *c, const char *where, const struct field *f, const struct jvalue *schema)
{
	const struct jvalue *items = resolve(c, jvalue_get(schema, "items"));

	if (f->type == FIELD_WORDS || f->type == FIELD_ABRIDGED) {
		if (!has_type(items, "string"))
			complain(c, where, "its items are no strings in the schema");
	} else if (f->type == FIELD_LIST) {
		check_object(c, where, f->view, items);
	} else if (f->type == FIELD_OBJECT) {
		check_object(c, where, f->view, schema);
	} else if (f->type == FIELD_DIGEST && !jvalue_get(schema, "pattern")) {
		complain(c, where, "a digest without its pattern in the schema");
	}
}

static void check_field(
	struct check *c, const char *where, const struct field *f, const struct jvalue *schema)
{
	bool may_be_null = f->empty == NULL_IF_NONE || f->empty == NULL_IF_EMPTY ||
			   (f->type == FIELD_TIME && f->empty == NEVER_EMPTY);

	if (!schema) {
		complain(c, where, "not in the schema");
		return;
	}
	if (f->type != FIELD_JSON && !has_type(schema, type_of(f->type)))
		complain(c, where, "of another type in the schema");
	if (allows_null(schema) != may_be_null)
		complain(c, where,
			may_be_null ? "may be null, and not in the schema"
				    : "is never null, and in the schema it may be");
	check_inside(c, where, f, schema);
}

static bool has_field(const struct view *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++) {
		if (str_equal(v->fields[i].name, name))
			return true;
	}
	return v->kind && str_equal(name, "kind");
}

static void check_object(
	struct check *c, const char *where, const struct view *v, const struct jvalue *schema)
{
	const struct jvalue *properties = jvalue_get(schema, "properties");
	const struct jvalue *required = jvalue_get(schema, "required");

	if (!has_type(schema, "object") || jvalue_bool(schema, "additionalProperties", true))
		complain(c, where, "no closed object in the schema");
	if (v->kind && !str_equal(v->kind, jvalue_string(jvalue_get(properties, "kind"), "const")))
		complain(c, where, "of another kind in the schema");
	for (size_t i = 0; i < v->count; i++) {
		const struct field *f = &v->fields[i];
		CLEANUP(free) char *path = mem_printf("%s.%s", where, f->name);

		if (!f->name)
			continue;
		check_field(c, path, f, resolve(c, jvalue_get(properties, f->name)));
		if (has_word(required, f->name) == (f->empty == ABSENT_IF_NONE))
			complain(c, path, "must be there on one side, and need not on the other");
	}
	for (size_t i = 0; i < jvalue_count(properties); i++) {
		if (!has_field(v, jvalue_name_at(properties, i)))
			complain(c, jvalue_name_at(properties, i), "only in the schema");
	}
}

static struct jvalue *schema_open(const char *folder, const char *file)
{
	CLEANUP(free) char *path = mem_printf("%s/%s", folder, file);
	CLEANUP(free) char *text = NULL;
	struct jvalue *schema = NULL;
	struct error err = { 0 };
	size_t size = 0;

	if (file_read(path, SCHEMA_SIZE, &text, &size, &err) < 0 ||
		jvalue_parse(text, size, &schema, &err) < 0)
		fail_msg("%s: %s", path, err.text);
	return schema;
}

static void check_answer(struct check *c, const struct answer *a, const struct jvalue *schema)
{
	if (!a->is_list)
		check_object(c, "answer", a->view, schema);
	else if (has_type(schema, "array"))
		check_object(c, "row", a->view, resolve(c, jvalue_get(schema, "items")));
	else
		complain(c, "answer", "no list in the schema");
}

/* The answers of a schema, in its order; items of one list may be of several views. */
static const struct jvalue *alternative(
	const struct check *c, const struct jvalue *root, size_t index, size_t *count)
{
	const struct jvalue *several = jvalue_get(root, "oneOf");

	*count = several ? jvalue_count(several) : 1;
	return several ? resolve(c, jvalue_at(several, index)) : root;
}

static size_t check_schema(const char *folder, const char *file)
{
	CLEANUP(jvalue_free) struct jvalue *root = schema_open(folder, file);
	CLEANUP(free) char *name = mem_strndup(file, strlen(file) - strlen(SCHEMA_END));
	struct check c = { .root = root, .schema = name };
	size_t found = 0, wanted = 0;

	alternative(&c, root, 0, &wanted);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		if (str_equal(answers[i].schema, name) && found++ < wanted && answers[i].view)
			check_answer(&c, &answers[i], alternative(&c, root, found - 1, &wanted));
	}
	if (found && found != wanted)
		complain(&c, "(whole)", "another number of answers in the schema");
	return c.wrong;
}

static void test_schema__has_what_the_views_have(void **state)
{
	const char *folder = getenv("SCHEMAS");
	DIR *d = opendir(folder ? folder : "");
	size_t wrong = 0;

	(void)state;
	assert_non_null(d);
	for (const struct dirent *entry = NULL; (entry = readdir(d));) {
		if (str_ends(entry->d_name, SCHEMA_END))
			wrong += check_schema(folder, entry->d_name);
	}
	closedir(d);
	assert_int_equal(0, wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema__has_what_the_views_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
