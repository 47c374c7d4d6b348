/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "fleet/finding.h"
#include "fleet/program.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_findings__are_read_up_to_their_end(void **state)
{
	static const char text[] =
		"Finding: clock\nSeverity: warning\nWhat:\n 40 s off\n\n"
		"Finding: lock\nSeverity: error\nWhat:\n held by\n 71 apt\nDo:\n wait\n\n"
		"Findings-End: yes\n\nFormat: what follows\n";
	CLEANUP(findings_free) struct findings *f = NULL;
	struct error err = { 0 };
	size_t rest = 0;

	(void)state;
	assert_int_equal(0, findings_read(text, sizeof text - 1, &rest, &f, &err));
	assert_int_equal(2, findings_count(f));
	assert_string_equal("clock", findings_at(f, 0)->check);
	assert_string_equal("warning", severity_name(findings_at(f, 0)->severity));
	assert_string_equal("40 s off", findings_at(f, 0)->what);
	assert_string_equal("", findings_at(f, 0)->remedy);
	assert_string_equal("held by\n71 apt", findings_at(f, 1)->what);
	assert_string_equal("wait", findings_at(f, 1)->remedy);
	assert_true(findings_have_error(f));
	assert_string_equal("Format: what follows\n", text + rest);
}

static void test_findings__take_more(void **state)
{
	CLEANUP(findings_free) struct findings *f = findings_new();
	char what[] = "lost";

	(void)state;
	findings_add(f, &(struct finding){ "a", SEVERITY_NOTE, what, "" });
	assert_false(findings_have_error(f));
	what[0] = 'm'; /* it has its own copy */
	for (size_t i = 0; i < 20; i++)
		findings_add(f, &(struct finding){ "b", SEVERITY_ERROR, what, "do" });
	assert_int_equal(21, findings_count(f));
	assert_string_equal("lost", findings_at(f, 0)->what);
	assert_string_equal("most", findings_at(f, 20)->what);
	assert_string_equal("do", findings_at(f, 20)->remedy);
	assert_true(findings_have_error(f));
}

static void test_findings__may_be_none(void **state)
{
	static const char text[] = "Findings-End: yes\n";
	CLEANUP(findings_free) struct findings *f = NULL;
	struct error err = { 0 };
	size_t rest = 0;

	(void)state;
	assert_int_equal(0, findings_read(text, sizeof text - 1, &rest, &f, &err));
	assert_int_equal(0, findings_count(f));
	assert_false(findings_have_error(f));
	assert_int_equal(sizeof text - 1, rest);
}

static void test_findings__refuse_what_they_are_not(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "cut off" },
		{ "Finding: a\nSeverity: note\nWhat: b\n", "cut off: no 'Findings-End: yes'" },
		{ "Finding: a\nSeverity: bad\nWhat: b\n", "line 1: 'bad' is no severity" },
		{ "Finding: a\nWhat: b\n", "'' is no severity" },
		{ "Severity: note\n", "line 1: a paragraph without Finding and What" },
		{ "sh: not found\n", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct findings *f = NULL;
		struct error err = { 0 };

		assert_int_equal(
			-1, findings_read(cases[i].text, strlen(cases[i].text), NULL, &f, &err));
		assert_null(f);
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("'%s' not in '%s'", cases[i].told, err.text);
	}
}

/* Hosts read them byte for byte: no part left to be read from a file that is not there, nothing but ASCII. */
static void test_programs__are_whole(void **state)
{
	static const char *const names[] = { "command", "haproxy", "inventory", "files", "stage",
		"precheck", "apply", "reboot", "restart", "updaters", "verify", "run", "repack" };

	(void)state;
	assert_int_equal(sizeof names / sizeof *names, program_count());
	for (size_t i = 0; i < program_count(); i++) {
		const struct program *p = program_find(names[i], "debian-12-amd64");

		assert_non_null(p);
		assert_null(memmem(p->text, p->size, "\n. ./", 5));
		assert_int_equal('\n', p->text[p->size - 1]);
		for (size_t n = 0; n < p->size; n++)
			assert_in_range(p->text[n], '\t', '~');
	}
	assert_null(program_find("nothing", "debian-12-amd64"));
	assert_null(program_find("apply", NULL));
	assert_non_null(program_find("verify", "any"));
	assert_ptr_equal(
		program_find("inventory", NULL), program_find("inventory", "debian-12-amd64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_findings__are_read_up_to_their_end),
		cmocka_unit_test(test_findings__take_more),
		cmocka_unit_test(test_findings__may_be_none),
		cmocka_unit_test(test_findings__refuse_what_they_are_not),
		cmocka_unit_test(test_programs__are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
