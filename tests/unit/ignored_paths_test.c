/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/ignored_paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_ignored_paths__is_told_from_what_somebody_wrote(void **state)
{
	static const struct {
		const char *path, *place; /* NULL: it counts */
	} cases[] = {
		{ "/var/log/nginx/access.log", "/var/log/" },
		{ "/var/log", "/var/log/" },
		{ "/var/logs/shop.db", NULL },
		{ "/run/nginx.pid", "/run/" },
		{ "/srv/shop/uploads/a.jpg", NULL },
		{ "/var/lib/php/sessions/sess_1", NULL },
		{ "/var/spool/postfix/deferred/1", NULL },
		{ "/var/lib/systemd/random-seed", "/var/lib/systemd/" },
		{ "/home/alice/tmp/x", NULL },
		{ "/", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct ignored_place *place = ignored_path_find(cases[i].path);

		if (cases[i].place)
			assert_string_equal(cases[i].place, place ? place->path : "nowhere");
		else
			assert_null(place);
	}
}

static void test_ignored_paths__places_are_folders_with_a_reason(void **state)
{
	(void)state;
	for (const struct ignored_place *place = ignored_places; place->path; place++) {
		assert_int_equal('/', place->path[0]);
		assert_int_equal('/', place->path[strlen(place->path) - 1]);
		assert_true(*place->why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ignored_paths__is_told_from_what_somebody_wrote),
		cmocka_unit_test(test_ignored_paths__places_are_folders_with_a_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
