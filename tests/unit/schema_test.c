/* SPDX-License-Identifier: Apache-2.0 */
/* The descriptions of nouns against docs/json: the same fields, of the same type, that may be missing in the same way. */
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/answer.h"
#include "present/board.h"
#include "present/candidate.h"
#include "present/clean.h"
#include "present/clone.h"
#include "present/clone_card.h"
#include "present/configuration.h"
#include "present/difference.h"
#include "present/due.h"
#include "present/environment.h"
#include "present/event.h"
#include "present/evidence.h"
#include "present/finding.h"
#include "present/freeze.h"
#include "present/host.h"
#include "present/host_card.h"
#include "present/outcome.h"
#include "present/rehearsal.h"
#include "present/rollout.h"
#include "present/scan.h"
#include "present/set.h"
#include "present/source.h"
#include "present/sync.h"
#include "present/target.h"
#include "present/unfinished.h"
#include "present/view.h"
#include "present/why.h"

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
	{ "approve",      &approval_answer_view },
	{ "candidates",   &candidate_item_view, true },
	{ "check",        &check_item_view, true },
	{ "check-for",    &host_finding_view, true },
	{ "clone",        &clone_answer_view },
	{ "clone-remove", &removed_item_view, true },
	{ "clone-start",  &power_answer_view },
	{ "clone-stop",   &power_answer_view },
	{ "clones",       &clone_item_view, true },
	{ "clones",       &orphan_item_view, true },
	{ "deployed",     &rollout_outcome_view },
	{ "deployed",     &deployed_answer_view },
	{ "diff",         &difference_item_view, true },
	{ "due",          &due_answer_view, true },
	{ "error",        &error_view },
	{ "evidence",     &evidence_view },
	{ "freeze",       &freeze_card_view },
	{ "hold",         &hold_answer_view },
	{ "hosts",        &host_item_view, true },
	{ "init",         &init_answer_view },
	{ "log",          &event_item_view, true },
	{ "pause",        &wish_answer_view },
	{ "promote",      &swap_outcome_view },
	{ "promote",      NULL }, /* losses: as the journal of a clone keeps them */
	{ "promote",      &rollout_outcome_view },
	{ "promote",      &entry_outcome_view },
	{ "promote",      &target_item_view, true },
	{ "rehearse",     &rehearsal_answer_view },
	{ "rehearse",     &frozen_item_view, true },
	{ "resume",       &unfinished_item_view, true },
	{ "rollback",     &swap_outcome_view },
	{ "rollback",     NULL },
	{ "rollback",     &rollout_outcome_view },
	{ "rollback",     &undo_item_view, true },
	{ "rollouts",     &rollout_item_view, true },
	{ "scan",         &scan_item_view, true },
	{ "sets",         &set_row_view, true },
	{ "show",         &configuration_row_view },
	{ "show",         &clone_card_view },
	{ "show",         &set_card_view },
	{ "show",         &candidate_card_view },
	{ "show",         &environment_card_view },
	{ "show",         &host_card_view },
	{ "show",         &rollout_card_view },
	{ "show",         &source_card_view },
	{ "show",         &rehearsal_card_view },
	{ "show",         &step_item_view, true },
	{ "status",       &board_card_view },
	{ "clean",        &clean_report_view, false },
	{ "sync",         &sync_item_view, true },
	{ "test",         &tests_answer_view },
	{ "undrain",      &undrain_answer_view },
	{ "verify",       &verify_card_view },
	{ "watch",        &rollout_event_view },
	{ "why",          &why_card_view },
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
	for (struct jvalue_member m = { 0 }; jvalue_next(properties, &m);) {
		if (!has_field(v, m.name))
			complain(c, m.name, "only in the schema");
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
	if (has_type(schema, "array") != a->is_list)
		complain(c, "answer", "a list on one side, and none on the other");
	else if (a->is_list)
		check_object(c, "row", a->view, resolve(c, jvalue_get(schema, "items")));
	else
		check_object(c, "answer", a->view, schema);
}

/* The answers of a schema, or the rows of its list, where there are several kinds. */
static const struct jvalue *several(const struct jvalue *root)
{
	const struct jvalue *answers_of = jvalue_get(root, "oneOf");

	return answers_of ? answers_of : jvalue_get(jvalue_get(root, "items"), "oneOf");
}

static void check_one(
	struct check *c, const struct answer *a, const struct jvalue *root, size_t index)
{
	const struct jvalue *one = resolve(c, jvalue_at(several(root), index));

	if (!several(root))
		check_answer(c, a, root);
	else if (jvalue_get(root, "items"))
		check_object(c, "row", a->view, one);
	else
		check_answer(c, a, one);
}

static size_t check_schema(const char *folder, const char *file)
{
	CLEANUP(jvalue_free) struct jvalue *root = schema_open(folder, file);
	CLEANUP(free) char *name = mem_strndup(file, strlen(file) - strlen(SCHEMA_END));
	struct check c = { .root = root, .schema = name };
	size_t found = 0, wanted = several(root) ? jvalue_count(several(root)) : 1;

	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		if (str_equal(answers[i].schema, name) && found++ < wanted && answers[i].view)
			check_one(&c, &answers[i], root, found - 1);
	}
	if (found != wanted)
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
