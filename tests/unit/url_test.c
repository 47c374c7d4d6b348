/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_url__is_shown_without_who_signs_in(void **state)
{
	static const struct {
		const char *url, *shown;
	} cases[] = {
		{ "http://deb.example.org/debian", "http://deb.example.org/debian" },
		{ "http://user:secret@deb.example.org/debian", "http://deb.example.org/debian" },
		{ "http://user:se@cr@et@deb.example.org/a@b", "http://deb.example.org/a@b" },
		{ "https://token@deb.example.org", "https://deb.example.org" },
		{ "https://deb.example.org/debian@2026", "https://deb.example.org/debian@2026" },
		{ "https://deb.example.org?mail=a@b", "https://deb.example.org?mail=a@b" },
		{ "file:///srv/a@b", "file:///srv/a@b" },
		{ "no url", "no url" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *shown = url_public(cases[i].url);

		assert_string_equal(cases[i].shown, shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url__is_shown_without_who_signs_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
