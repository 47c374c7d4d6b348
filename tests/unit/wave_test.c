/* SPDX-License-Identifier: Apache-2.0 */
#include "model/config.h"
#include "policy/wave.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_wave__canaries_first_then_portions(void **state)
{
	static const struct {
		unsigned canary;
		struct portion wave;
		size_t hosts;
		const char *waves; /* of the hosts in turn */
	} cases[] = {
		{ 0, { 100, true }, 3, "000" },
		{ 1, { 100, true }, 3, "011" },
		{ 1, { 50, true }, 5, "01112" },
		{ 1, { 1, false }, 4, "0123" },
		{ 2, { 2, false }, 5, "00112" },
		{ 5, { 2, false }, 3, "000" },
		{ 0, { 1, true }, 4, "0123" },
		{ 0, { 0, true }, 2, "01" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct group g = { .canary = cases[i].canary, .wave = cases[i].wave };

		for (size_t h = 0; h < cases[i].hosts; h++)
			assert_int_equal(cases[i].waves[h] - '0', wave_of(&g, cases[i].hosts, h));
	}
}

/* Whatever the numbers: waves never go back, never skip, and nobody is left without one. */
static void test_wave__waves_have_no_gaps(void **state)
{
	(void)state;
	for (unsigned canary = 0; canary < 4; canary++) {
		for (unsigned share = 0; share <= 100; share += 7) {
			struct group g = { .canary = canary, .wave = { share, true } };
			size_t last = 0;

			for (size_t h = 0; h < 23; h++) {
				size_t wave = wave_of(&g, 23, h);

				assert_true(wave == last || wave == last + 1);
				last = wave;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wave__canaries_first_then_portions),
		cmocka_unit_test(test_wave__waves_have_no_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
