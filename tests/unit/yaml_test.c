/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void test_yaml__keeps_order_lines_and_texts(void **state)
{
	static const char text[] = "# first\nname: shop\nhosts:\n  - a\n  - {b: '007', c: ~}\n";
	CLEANUP(yaml_tree_free) struct yaml *y = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, yaml_parse(text, strlen(text), &y, &err));

	const struct ynode *root = yaml_root(y), *hosts = ynode_get(root, "hosts");

	assert_int_equal(YNODE_MAP, ynode_kind(root));
	assert_int_equal(2, ynode_count(root));
	assert_string_equal("shop", ynode_text(ynode_at(root, 0)));
	assert_string_equal("hosts", ynode_text(ynode_key_at(root, 1)));
	assert_int_equal(3, ynode_line(ynode_key_at(root, 1)));
	assert_int_equal(YNODE_LIST, ynode_kind(hosts));
	assert_string_equal("", ynode_text(hosts));
	assert_int_equal(4, ynode_line(ynode_at(hosts, 0)));
	assert_string_equal("007", ynode_text(ynode_get(ynode_at(hosts, 1), "b")));
	assert_null(ynode_get(ynode_at(hosts, 1), "d"));
	assert_null(ynode_get(hosts, "b"));
	assert_int_equal(0, ynode_count(ynode_at(hosts, 0)));
}

static void test_yaml__follows_aliases(void **state)
{
	static const char text[] = "a: &a [x]\nb: *a\n";
	CLEANUP(yaml_tree_free) struct yaml *y = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, yaml_parse(text, strlen(text), &y, &err));
	assert_string_equal("x", ynode_text(ynode_at(ynode_get(yaml_root(y), "b"), 0)));
}

static void test_yaml__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "the file is empty" },
		{ "# nothing\n", "the file is empty" },
		{ "a: 1\nb: [\n", "line 3" },
		{ "a: 1\nb: 2\na: 3\n", "line 3: 'a' is there twice (first in line 1)" },
		{ "[a]: 1\n", "line 1: a key must be a plain word" },
		{ "a: 1\n---\nb: 1\n", "line 3: a second document" },
		{ "a: \"x\\0y\"\n", "line 1: NUL byte" },
		{ "a: &a [*a]\n", "line 1: nested too deep" },
		{ "a: *none\n", "line 1" },
		{ "\tb: 1\n", "line 1" },
		{ "a: \xff\n", "line" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct yaml *y = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, yaml_parse(cases[i].text, strlen(cases[i].text), &y, &err));
		assert_null(y);
		assert_int_equal(ERR_USAGE, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

/* Ten levels of nine aliases each would be 3.5 billion nodes. */
static void test_yaml__does_not_explode(void **state)
{
	char text[2000] = "l0: &l0 [x,x,x,x,x,x,x,x,x]\n";
	size_t size = strlen(text);
	struct yaml *y = NULL;
	struct error err = { 0 };

	(void)state;
	for (int i = 1; i < 10; i++) {
		size += (size_t)snprintf(text + size, sizeof text - size, "l%d: &l%d [", i, i);
		for (int j = 0; j < 9; j++)
			size += (size_t)snprintf(
				text + size, sizeof text - size, "%s*l%d", j ? "," : "", i - 1);
		size += (size_t)snprintf(text + size, sizeof text - size, "]\n");
	}
	assert_int_equal(-1, yaml_parse(text, size, &y, &err));
	assert_non_null(strstr(err.text, "grown too large"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml__keeps_order_lines_and_texts),
		cmocka_unit_test(test_yaml__follows_aliases),
		cmocka_unit_test(test_yaml__refuses_and_says_where),
		cmocka_unit_test(test_yaml__does_not_explode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
