/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"
#include "base/own.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_cells__make_harmless_what_hosts_say(void **state)
{
	static const struct {
		const char *said, *clean;
	} cases[] = {
		{ "", "" },
		{ "Setting up nginx ...", "Setting up nginx ..." },
		{ "a\tb\r\nc", "a b  c" },
		{ "\033[1;31mred\033[0m", "red" },
		{ "\033]0;a title\007text", "text" },
		{ "\033[2J\033[Hgone", "gone" },
		{ "\033c\033", "" },
		{ "\033[1;", "" },
		{ "bell\007, back\010, del\177", "bell, back, del" },
		{ "\xC2\x9B"
		  "31mnot red",
			"31mnot red" },
		{ "Gr\xC3\xBC\xC3\x9F"
		  "e",
			"Gr\xC3\xBC\xC3\x9F"
			"e" },
		{ "\xFF\xC3", "??" },
		{ "\xC0\xAF", "??" },
		{ "\xED\xA0\x80", "???" },
		{ "abc\xE2\x80\xAE"
		  "def",
			"abc"
			"def" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free)
		char *clean = cells_clean(cases[i].said, strlen(cases[i].said), 100);

		assert_string_equal(cases[i].clean, clean);
	}
}

static void test_cells__cut_no_character_in_two(void **state)
{
	static const char text[] = "\xC3\xA4\xC3\xB6\xC3\xBC";

	(void)state;
	for (size_t most = 0; most <= sizeof text; most++) {
		CLEANUP(free) char *clean = cells_clean(text, strlen(text), most);
		size_t whole = most / 2 * 2;

		assert_int_equal(whole < strlen(text) ? whole : strlen(text), strlen(clean));
	}
}

static void test_cells__know_nul_bytes(void **state)
{
	CLEANUP(free) char *clean = cells_clean("a\0b", 3, 10);

	(void)state;
	assert_string_equal("ab", clean);
}

static void test_cells__are_as_wide_as_on_the_terminal(void **state)
{
	static const struct {
		const char *text;
		size_t width;
	} cases[] = {
		{ "", 0 },
		{ "web1", 4 },
		{ "Gr\xC3\xBC\xC3\x9F"
		  "e",
			5 },
		{ "e\xCC\x81", 1 },
		{ "\xE6\xBC\xA2\xE5\xAD\x97", 4 },
		{ "\xF0\x9F\x9A\x80", 2 },
		{ "\xE2\x80\xA6", 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(cases[i].width, cells_width(cases[i].text));
}

static void test_cells__cut_with_an_ellipsis(void **state)
{
	static const struct {
		const char *text;
		size_t width;
		const char *cut, *column;
	} cases[] = {
		{ "web1", 4, "web1", "web1" },
		{ "web1", 6, "web1", "web1  " },
		{ "prod-web1", 5, "prod\xE2\x80\xA6", "prod\xE2\x80\xA6" },
		{ "prod", 1, "\xE2\x80\xA6", "\xE2\x80\xA6" },
		{ "prod", 0, "", "" },
		/* Half a wide character does not fit: a column is filled all the same. */
		{ "\xE6\xBC\xA2\xE5\xAD\x97", 3, "\xE6\xBC\xA2\xE2\x80\xA6",
			"\xE6\xBC\xA2\xE2\x80\xA6" },
		{ "\xE6\xBC\xA2\xE5\xAD\x97", 2, "\xE2\x80\xA6", "\xE2\x80\xA6 " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(str_done) struct str cut = { 0 }, column = { 0 };

		cells_add(&cut, cases[i].text, cases[i].width);
		cells_add_column(&column, cases[i].text, cases[i].width);
		assert_string_equal(cases[i].cut, str_text(&cut));
		assert_string_equal(cases[i].column, str_text(&column));
	}
}

static char *shown(const char *text, size_t size)
{
	struct str s = { 0 };

	assert_int_equal(size, cells_show(&s, text, size));
	return str_take(&s);
}

static void test_cells__show_by_name_what_terminals_obey(void **state)
{
	static const struct {
		const char *said, *shown;
	} cases[] = {
		{ "", "" },
		{ "two\nlines\tand a tab\n", "two\nlines\tand a tab\n" },
		{ "as Windows ends them\r\n", "as Windows ends them\n" },
		{ "50%\rall done\n", "50%^Mall done\n" },
		{ "\033]0;title\007\033[2J", "^[]0;title^G^[[2J" },
		{ "\033", "^[" },
		{ "ab\010\177", "ab^H^?" },
		{ "\xC2\x9B"
		  "2J",
			"<U+009B>2J" },
		{ "\x9B"
		  "2J",
			"<9B>2J" },
		{ "\xE2\x80\xAE"
		  "desrever",
			"<U+202E>desrever" },
		{ "\xC3\xBC \xE6\xBC\xA2", "\xC3\xBC \xE6\xBC\xA2" },
		{ "\xC0\xAF\xFF.", "<C0><AF><FF>." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(free) char *text = shown(cases[i].said, strlen(cases[i].said));

		assert_string_equal(cases[i].shown, text);
	}
}

static void test_cells__wait_for_the_rest_of_a_character(void **state)
{
	static const struct {
		const char *said;
		size_t taken;
	} cases[] = {
		{ "a\xE2\x80", 1 },
		{ "a\xF0\x9F\x9A", 1 },
		{ "a\r", 1 },
		{ "a\xE2x", 3 },
		{ "a\x80\x80", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(str_done) struct str s = { 0 };

		assert_int_equal(
			cases[i].taken, cells_show(&s, cases[i].said, strlen(cases[i].said)));
	}
}

static void test_cells__lose_nothing_in_json(void **state)
{
	CLEANUP(free)
	char *text = cells_show_json("{\"a\\u001b\": \"\xC3\xBC\xC2\x9B\x7F\xE2\x80\xAE\"}");

	(void)state;
	assert_string_equal("{\"a\\u001b\": \"\xC3\xBC\\u009b\\u007f\\u202e\"}", text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells__make_harmless_what_hosts_say),
		cmocka_unit_test(test_cells__cut_no_character_in_two),
		cmocka_unit_test(test_cells__know_nul_bytes),
		cmocka_unit_test(test_cells__are_as_wide_as_on_the_terminal),
		cmocka_unit_test(test_cells__cut_with_an_ellipsis),
		cmocka_unit_test(test_cells__show_by_name_what_terminals_obey),
		cmocka_unit_test(test_cells__wait_for_the_rest_of_a_character),
		cmocka_unit_test(test_cells__lose_nothing_in_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
