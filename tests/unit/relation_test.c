/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "model/relation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A field written back in one canonical form, so that a case is one line. */
static int canonical(const char *field, struct str *out, struct error *err)
{
	struct relation_term t = { 0 };
	int found;

	while ((found = relation_next(&field, &t, err)) > 0) {
		str_addf(out, "%.*s", (int)t.name_size, t.name);
		if (t.architecture_size)
			str_addf(out, ":%.*s", (int)t.architecture_size, t.architecture);
		if (t.relation != VERSION_ANY)
			str_addf(out, "(%s%.*s)", version_relation_name(t.relation),
				(int)t.version_size, t.version);
		str_add(out, t.has_alternative ? "|" : ";");
	}
	return found;
}

static void test_relation__reads_what_fields_hold(void **state)
{
	static const struct {
		const char *field, *read;
	} cases[] = {
		{ "", "" },
		{ "libc6", "libc6;" },
		{ "libc6 (>= 2.34), zlib1g(=1:1.2-3)", "libc6(>=2.34);zlib1g(=1:1.2-3);" },
		{ "default-mta | mail-transport-agent", "default-mta|mail-transport-agent;" },
		{ "python3:any (>= 3.11~), foo:i386", "python3:any(>=3.11~);foo:i386;" },
		{ "a (<< 1), b (>> 2), c (<= 3), d (< 4), e (> 5), f (6)",
			"a(<<1);b(>>2);c(<=3);d(<=4);e(>=5);f(=6);" },
		{ " a [amd64 i386] <!nocheck> <x> ,\n b\n", "a;b;" },
		{ ", a,, b ,", "a;b;" },
		{ "a | b (>= 2) [i386] | c", "a|b(>=2)|c;" },
		{ "g++-12, libstdc++6, x.y", "g++-12;libstdc++6;x.y;" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(str_done) struct str read = { 0 };
		struct error err = { 0 };

		assert_int_equal(0, canonical(cases[i].field, &read, &err));
		assert_string_equal(cases[i].read, str_text(&read));
	}
}

static void test_relation__refuses_and_says_where(void **state)
{
	static const struct {
		const char *field, *told;
	} cases[] = {
		{ "| a", "want the name of a package at '| a'" },
		{ "a, | b", "want the name of a package at '| b'" },
		{ "a |", "want another package behind the last '|'" },
		{ "a b", "want ',' or '|' at 'b'" },
		{ "a (>= )", "want a version and ')' at ')'" },
		{ "a (>= 1", "want a version and ')' at '1'" },
		{ "a (>= 1 2)", "want a version and ')' at '1 2)'" },
		{ "a (>=< 1)", "want a version" },
		{ "a: b", "want an architecture behind 'a:'" },
		{ "a [amd64", "nothing closes '[amd64'" },
		{ "-a", "want the name of a package" },
		{ "\xc3\xa4", "want the name of a package" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(str_done) struct str read = { 0 };
		struct error err = { 0 };

		assert_int_equal(-1, canonical(cases[i].field, &read, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relation__reads_what_fields_hold),
		cmocka_unit_test(test_relation__refuses_and_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
