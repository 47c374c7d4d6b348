/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_jvalue__reads_what_it_wrote(void **state)
{
	CLEANUP(jvalue_free) struct jvalue *object = jvalue_object(), *back = NULL;
	struct jvalue *list = jvalue_array();
	struct jvalue_member member = { 0 };
	struct error err = { 0 };

	(void)state;
	jvalue_add_string(list, "a");
	jvalue_add(list, jvalue_object());
	jvalue_set(object, "list", list);
	jvalue_set_string(object, "text", "q\"\xc3\xa4");
	jvalue_set_string(object, "none", NULL);
	jvalue_set_integer(object, "big", INT64_MAX);
	jvalue_set_bool(object, "yes", true);
	jvalue_set_time(object, "at", 60);
	jvalue_set_time(object, "never", 0);

	CLEANUP(free) char *text = jvalue_write(object);

	assert_string_equal(
		"{\"at\":\"1970-01-01T00:01:00Z\",\"big\":9223372036854775807,"
		"\"list\":[\"a\",{}],\"never\":null,\"none\":null,\"text\":\"q\\\"\xc3\xa4\","
		"\"yes\":true}",
		text);
	assert_int_equal(0, jvalue_parse(text, strlen(text), &back, &err));
	assert_string_equal("q\"\xc3\xa4", jvalue_string(back, "text"));
	assert_true(jvalue_integer(back, "big", 0) == INT64_MAX);
	assert_true(jvalue_bool(back, "yes", false));
	assert_string_equal("a", jvalue_text(jvalue_at(jvalue_get(back, "list"), 0)));
	assert_true(jvalue_is_object(jvalue_at(jvalue_get(back, "list"), 1)));
	assert_int_equal(7, jvalue_count(back));
	assert_true(jvalue_next(back, &member));
	assert_string_equal("at", member.name);
	assert_string_equal("1970-01-01T00:01:00Z", jvalue_text(member.value));
	for (size_t i = 1; i < 7; i++)
		assert_true(jvalue_next(back, &member));
	assert_string_equal("yes", member.name);
	assert_false(jvalue_next(back, &member));
}

static void test_jvalue__answers_the_fallback_for_the_wrong_type(void **state)
{
	static const char text[] = "{\"a\": 1.5, \"b\": [], \"c\": \"1\"}";
	CLEANUP(jvalue_free) struct jvalue *v = NULL;
	struct jvalue_member member = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, jvalue_parse(text, strlen(text), &v, &err));
	assert_int_equal(7, jvalue_integer(v, "a", 7));
	assert_int_equal(7, jvalue_integer(v, "c", 7));
	assert_int_equal(7, jvalue_integer(v, "none", 7));
	assert_null(jvalue_string(v, "a"));
	assert_true(jvalue_bool(v, "c", true));
	assert_null(jvalue_get(jvalue_get(v, "b"), "x"));
	assert_null(jvalue_get(NULL, "x"));
	assert_null(jvalue_at(v, 0));
	assert_null(jvalue_at(jvalue_get(v, "b"), 0));
	assert_false(jvalue_next(jvalue_get(v, "b"), &member));
	assert_null(jvalue_text(v));
	assert_int_equal(0, jvalue_count(NULL));
	assert_false(jvalue_is_array(NULL));
}

static void test_jvalue__shows_what_is_not_utf8(void **state)
{
	CLEANUP(jvalue_free) struct jvalue *list = jvalue_array();

	(void)state;
	jvalue_add_string(list, "caf\xe9 \xc3\xa4");

	CLEANUP(free) char *text = jvalue_write(list);

	assert_string_equal("[\"caf? \xc3\xa4\"]", text);
}

static void test_jvalue__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "line 1, column 0" },
		{ "{\n\"a\": }", "line 2" },
		{ "{} {}", "line 1" },
		{ "{\"a\": 1, \"a\": 2}", "duplicate" },
		{ "[99999999999999999999]", "big" },
		{ "[\"\\u0000\"]", "u0000" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct jvalue *v = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, jvalue_parse(cases[i].text, strlen(cases[i].text), &v, &err));
		assert_null(v);
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

static void test_jvalue__survives_deep_nesting(void **state)
{
	struct jvalue *v = NULL;
	struct error err = { 0 };
	char text[10000];

	(void)state;
	memset(text, '[', sizeof text);
	assert_int_equal(-1, jvalue_parse(text, sizeof text, &v, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_jvalue__reads_what_it_wrote),
		cmocka_unit_test(test_jvalue__answers_the_fallback_for_the_wrong_type),
		cmocka_unit_test(test_jvalue__shows_what_is_not_utf8),
		cmocka_unit_test(test_jvalue__refuses_and_says_where),
		cmocka_unit_test(test_jvalue__survives_deep_nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
