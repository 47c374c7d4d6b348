/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "fleet/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SET "0123456789012345678901234567890123456789012345678901234567890123"

static void test_order__says_everything_a_line_each(void **state)
{
	static const struct change changes[] = {
		{ CHANGE_UPGRADE, "openssl", "amd64", "3.0.20-1~deb12u1", "1:3.0.22-1~deb12u2" },
		{ CHANGE_NEW, "linux-image-6.1.0-56-amd64", "amd64", NULL, "6.1.192-2" },
		{ CHANGE_KEEP, "libc++1", "all", NULL, "1.0+b6" },
		{ CHANGE_DOWNGRADE, "curl", "amd64", "8.1", "8.0" },
		{ CHANGE_REMOVE, "libnew1", "amd64", "1.0", "" },
	};
	static const char *const services[] = { "nginx.service", "getty@tty1.service", NULL };
	static const char *const health[] = { "curl -fs 'http://localhost/' | grep -q ok", NULL };
	static const char *const except[] = { "lab.service", NULL };
	static const char *const reloaded[] = { "haproxy", NULL };
	CLEANUP(free) char *text = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, order_write(&(struct order){ .set = SET,
						.platform = "debian-12-amd64",
						.changes = changes,
						.change_count = 5,
						.services = services,
						.health = health,
						.release_check = "cat /srv/shop/RELEASE",
						.restart = "auto",
						.restart_except = except,
						.restart_by_reload = reloaded,
						.reboot = "if-needed",
						.reboot_command = "shutdown -r now",
						.patience = 30 },
				    &text, &err));
	assert_string_equal("order 1\nset " SET "\nplatform debian-12-amd64\npatience 30\n"
			    "upgrade openssl amd64 3.0.20-1~deb12u1 1:3.0.22-1~deb12u2\n"
			    "new linux-image-6.1.0-56-amd64 amd64 - 6.1.192-2\n"
			    "keep libc++1 all 1.0+b6 1.0+b6\n"
			    "downgrade curl amd64 8.1 8.0\nremove libnew1 amd64 1.0 -\n"
			    "service nginx.service\nservice getty@tty1.service\n"
			    "restart auto\nrestart-except lab.service\nrestart-by-reload haproxy\n"
			    "reboot if-needed\nreboot-command shutdown -r now\n"
			    "health curl -fs 'http://localhost/' | grep -q ok\n"
			    "release-check cat /srv/shop/RELEASE\nend yes\n",
		text);
}

static void test_order__refuses_what_a_shell_would_read_otherwise(void **state)
{
	static const struct {
		struct change change;
		const char *told;
	} cases[] = {
		{ { CHANGE_UPGRADE, "a b", "amd64", "1", "2" }, "'a b' is no package name" },
		{ { CHANGE_UPGRADE, "", "amd64", "1", "2" }, "'' is no package name" },
		{ { CHANGE_UPGRADE, "-y", "amd64", "1", "2" }, "'-y' is no package name" },
		{ { CHANGE_UPGRADE, "a*", "amd64", "1", "2" }, "'a*' is no package name" },
		{ { CHANGE_UPGRADE, "a", "amd64;reboot", "1", "2" }, "is no architecture" },
		{ { CHANGE_UPGRADE, "a", "amd64", "1", "2\nend yes" }, "is no version" },
		{ { CHANGE_UPGRADE, "a", "amd64", NULL, "2" }, "'' is no version" },
		{ { CHANGE_NEW, "a", "amd64", NULL, "$(reboot)" }, "is no version" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct order order = { .set = SET,
			.platform = "debian-12-amd64",
			.changes = &cases[i].change,
			.change_count = 1 };
		char *text = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, order_write(&order, &text, &err));
		assert_null(text);
		assert_int_equal(ERR_USAGE, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

static void test_order__refuses_commands_of_several_lines_and_wrong_names(void **state)
{
	static const char *const health[] = { "true\nend yes", NULL };
	static const char *const services[] = { "nginx.service; reboot", NULL };
	static const struct {
		struct order order;
		const char *told;
	} cases[] = {
		{ { .set = "abc", .platform = "p" }, "'abc' is not the digest of a set" },
		{ { .set = SET, .platform = "../p" }, "'../p' is no platform" },
		{ { .set = SET, .platform = "p", .health = health }, "must stand on one line" },
		{ { .set = SET, .platform = "p", .services = services }, "is no unit" },
		{ { .set = SET, .platform = "p", .release_check = "a\rb" },
			"release-check command" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *text = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, order_write(&cases[i].order, &text, &err));
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order__says_everything_a_line_each),
		cmocka_unit_test(test_order__refuses_what_a_shell_would_read_otherwise),
		cmocka_unit_test(test_order__refuses_commands_of_several_lines_and_wrong_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
