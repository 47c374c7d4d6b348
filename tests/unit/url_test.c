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

static void test_url__escapes_what_is_not_unreserved(void **state)
{
	static const struct {
		const char *path, *url;
	} cases[] = {
		{ "pool/g/g++_1.0+ds-1~a_b.deb", "http://h/d/pool/g/g%2B%2B_1.0%2Bds-1~a_b.deb" },
		{ "a%3ab c#?.deb", "http://h/d/a%253ab%20c%23%3F.deb" },
		{ "core:/a,b=(1)&\xc3\xa4", "http://h/d/core%3A/a%2Cb%3D%281%29%26%C3%A4" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *url = url_below("http://h/d", cases[i].path);

		assert_string_equal(cases[i].url, url);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url__is_shown_without_who_signs_in),
		cmocka_unit_test(test_url__escapes_what_is_not_unreserved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
