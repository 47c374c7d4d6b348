/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "evidence/junit.h"
#include "evidence/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_junit__keeps_names_messages_and_times(void **state)
{
	static const char text[] =
		"<?xml version='1.0'?><testsuites><testsuite name='shop' tests='5' failures='1'>"
		"<testcase classname='shop.cart' name='adds' time='0.25'/>"
		"<testcase name='pays'><failure message='got 500'>at &lt;till&gt;</failure>"
		"<system-out><![CDATA[trace]]></system-out></testcase>"
		"<testcase name='ships'><skipped message='no carrier'/></testcase>"
		"<testsuite name='inner'><testcase classname='x'><error>died</error></testcase>"
		"<testcase classname='y' name='y'/></testsuite></testsuite></testsuites>";
	static const struct {
		const char *name, *message;
		enum case_outcome outcome;
		int64_t ms;
	} wanted[] = {
		{ "shop.cart.adds", "", CASE_PASSED, 250 },
		{ "pays", "got 500\nat <till>\ntrace", CASE_FAILED, 0 },
		{ "ships", "no carrier", CASE_SKIPPED, 0 },
		{ "x", "died", CASE_FAILED, 0 },
		{ "y", "", CASE_PASSED, 0 },
	};
	CLEANUP(report_done) struct report r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, junit_parse(text, sizeof text - 1, &r, &err));
	assert_int_equal(5, r.count);
	assert_int_equal(2, r.passed);
	assert_int_equal(2, r.failed);
	assert_int_equal(1, r.skipped);
	for (size_t i = 0; i < r.count; i++) {
		assert_string_equal(wanted[i].name, r.cases[i].name);
		assert_string_equal(wanted[i].message, r.cases[i].message);
		assert_int_equal(wanted[i].outcome, r.cases[i].outcome);
		assert_int_equal(wanted[i].ms, r.cases[i].ms);
	}
}

static void test_junit__fails_what_is_not_whole(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "<testsuite tests='3'>\n<testcase name='a'/></testsuite>",
			"line 1: says 3 tests, lists 1" },
		{ "<testsuites>\n<testsuite tests='1' errors='2'><testcase name='a'/></testsuite>"
		  "</testsuites>",
			"line 2: says 2 errors, lists 0" },
		{ "<testsuite><error>no database</error><testcase name='a'/></testsuite>",
			"no database" },
		{ "<testsuite><testcase name='a'><skipped/><failure/></testcase></testsuite>", "" },
		{ "<testsuite>\n<testcase name='a' status='exploded'/></testsuite>",
			"line 2: status=\"exploded\" is no outcome that is known" },
		{ "<testsuite><testcase name='a' status='run' result='failed'/></testsuite>",
			"result=\"failed\"" },
		{ "<testsuite skipped='1'><testcase name='a'/></testsuite>",
			"says 1 skipped, lists 0" },
		{ "<testsuites disabled='2'><testsuite><testcase name='a'/><testcase name='b'>"
		  "<skipped/></testcase></testsuite></testsuites>",
			"says 2 disabled, lists 1" },
		{ "<testsuite failures='many'><testcase name='a'/></testsuite>",
			"'failures' is no count" },
		{ "<testsuite><testcase name='a'><testFailed/></testcase></testsuite>", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(report_done) struct report r = { 0 };
		struct error err = { 0 };
		const char *told = NULL;

		assert_int_equal(0, junit_parse(cases[i].text, strlen(cases[i].text), &r, &err));
		assert_int_equal(1, r.failed);
		for (size_t j = 0; j < r.count; j++) {
			if (r.cases[j].outcome == CASE_FAILED)
				told = r.cases[j].message;
		}
		assert_non_null(told);
		assert_non_null(strstr(told, cases[i].told));
	}
}

static void test_junit__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "the report is empty" },
		{ "ok 1 - this is TAP\n", "line 1: " },
		{ "<testsuite>\n<testcase>\n</testsuite>", "line 3: " },
		{ "<testsuite>", "line 1: " },
		{ "<html/>", "want <testsuites> or <testsuite>, not <html>" },
		{ "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>"
		  "<testsuite><testcase name='&x;'/></testsuite>",
			"a document type (<!DOCTYPE>) is not accepted" },
		{ "<?xml version='1.0'?>\n<!DOCTYPE testsuite SYSTEM 'http://192.0.2.1/x.dtd'>"
		  "<testsuite/>",
			"line 2: a document type" },
		{ "<testsuite name='&undefined;'/>", "line 1: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct report r = { 0 };
		struct error err = { 0 };

		assert_int_equal(-1, junit_parse(cases[i].text, strlen(cases[i].text), &r, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
		assert_int_equal(0, r.count);
	}
}

static void test_junit__is_limited(void **state)
{
	size_t depth = 20000, size = depth * 11;
	CLEANUP(free) char *text = calloc(1, JUNIT_SIZE_MAX + 1);
	struct report r = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_non_null(text);
	assert_int_equal(-1, junit_parse(text, JUNIT_SIZE_MAX + 1, &r, &err));
	assert_non_null(strstr(err.text, "longer than"));
	for (size_t i = 0; i < depth; i++)
		memcpy(text + 11 * i, "<testsuite>", 11);
	assert_int_equal(-1, junit_parse(text, size, &r, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
}

static void test_junit__takes_outcomes_from_attributes(void **state)
{
	static const struct {
		const char *attributes;
		size_t passed, failed, skipped;
	} cases[] = {
		{ "status='run' result='completed'", 1, 0, 0 },
		{ "status='notrun' result='suppressed'", 0, 0, 1 },
		{ "status='run' result='skipped'", 0, 0, 1 },
		{ "status='Passed'", 1, 0, 0 },
		{ "status=''", 1, 0, 0 },
		{ "disabled='true'", 0, 0, 1 },
		{ "disabled='false' skipped='0'", 1, 0, 0 },
		{ "status='passed' result='error'", 0, 1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(report_done) struct report r = { 0 };
		struct error err = { 0 };
		char text[200];
		int size = snprintf(text, sizeof text,
			"<testsuite><testcase name='a' %s/></testsuite>", cases[i].attributes);

		assert_int_equal(0, junit_parse(text, (size_t)size, &r, &err));
		assert_int_equal(cases[i].passed, r.passed);
		assert_int_equal(cases[i].failed, r.failed);
		assert_int_equal(cases[i].skipped, r.skipped);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_junit__takes_outcomes_from_attributes),
		cmocka_unit_test(test_junit__keeps_names_messages_and_times),
		cmocka_unit_test(test_junit__fails_what_is_not_whole),
		cmocka_unit_test(test_junit__refuses_and_says_where),
		cmocka_unit_test(test_junit__is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
