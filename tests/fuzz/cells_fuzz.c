/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"
#include "base/own.h"
#include "base/str.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CUT_OFF_MAX 3

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 0x7F;
}

/* Nothing that is obeyed, and nothing but UTF-8: shown again it stays as it is. */
static void check_shown(const struct str *shown)
{
	CLEANUP(str_done) struct str again = { 0 };

	for (size_t i = 0; i < shown->size; i++)
		assert(!is_control(shown->text[i]));
	assert(!shown->size || !strstr(shown->text, "\xC2\x9B"));
	assert(!shown->size || !strstr(shown->text, "\xE2\x80\xAE"));
	assert(cells_show(&again, str_text(shown), shown->size) == shown->size);
	assert(str_equal(str_text(&again), str_text(shown)));
}

/* What comes in pieces, as a stream does, is shown as if it had come at once. */
static void show_in_pieces(const char *text, size_t size, size_t piece, struct str *out)
{
	size_t at = 0, seen = 0;

	while (seen < size) {
		seen = seen + piece < size ? seen + piece : size;
		at += cells_show(out, text + at, seen - at);
		assert(seen - at <= CUT_OFF_MAX);
	}
}

/* Whatever comes in: text that a terminal does not obey, as lines of output, as one line and in JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes;
	CLEANUP(str_done) struct str whole = { 0 };
	CLEANUP(free) char *line = cells_clean(text, size, size);
	CLEANUP(free) char *copy = strndup(text, size);
	CLEANUP(free) char *json = cells_show_json(copy);

	cells_show(&whole, text, size);
	check_shown(&whole);
	for (size_t piece = 1; piece < 5; piece++) {
		CLEANUP(str_done) struct str pieces = { 0 };

		show_in_pieces(text, size, piece, &pieces);
		assert(str_equal(str_text(&whole), str_text(&pieces)));
	}
	assert(strlen(line) <= size);
	for (const char *c = line; *c; c++)
		assert(!is_control(*c) && *c != '\n' && *c != '\t');
	assert(!strstr(json, "\xC2\x9B") && !strchr(json, 0x7F));
	return 0;
}
