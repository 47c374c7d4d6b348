/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "content/apt_credentials.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define APT " login apt password debian"

/* What apt_auth.conf(5) says of https://example.org/debian bookworm; for http a server and apt are asked: tests/field. */
static void test_credentials__are_found_as_the_manual_says(void **state)
{
	static const struct {
		const char *text, *url, *login;
	} cases[] = {
		{ "machine example.org" APT, "https://example.org/debian/dists/x", "apt" },
		{ "machine example.org\nlogin apt\npassword debian\n", "https://example.org/d",
			"apt" },
		{ "machine example.org/deb" APT, "https://example.org/debian/dists/x", "apt" },
		{ "machine example.org/debian/" APT, "https://example.org/debian/dists/x", "apt" },
		{ "machine https://example.org" APT, "https://example.org/debian/", "apt" },
		{ "machine example.org" APT, "https://example.org:8443/debian/", "apt" },
		{ "machine example.org:8443" APT, "https://example.org:8443/debian/", "apt" },
		{ "machine example.org:443" APT, "https://example.org/debian/", NULL },
		{ "machine example.org/deb/" APT, "https://example.org/debian/", NULL },
		{ "machine example.org/ubuntu" APT, "https://example.org/debian/", NULL },
		{ "machine example.orga" APT, "https://example.org/debian/", NULL },
		{ "machine example.or" APT, "https://example.org/debian/", NULL },
		{ "machine example.net" APT, "https://example.org/debian/", NULL },
		{ "machine example.org" APT, "http://example.org/debian/", NULL },
		{ "machine http://example.org" APT, "https://example.org/debian/", NULL },
		{ "machine example.org" APT, "https://user@example.org/debian/", NULL },
		{ "machine example.org", "https://example.org/debian/", NULL },
		{ "machine", "https://example.org/debian/", NULL },
		{ "", "file:///srv/debian", NULL },
		{ "machine x" APT, "no url", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = (char *)(uintptr_t)cases[i].text;
		const struct credential_files files = { .texts = &text, .count = 1 };
		CLEANUP(credentials_done) struct credentials c = { 0 };

		assert_int_equal(
			cases[i].login != NULL, credentials_find(&files, cases[i].url, &c));
		if (cases[i].login) {
			assert_string_equal(cases[i].login, c.login);
			assert_string_equal("debian", c.password);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_credentials__are_found_as_the_manual_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
