/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"

#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define ESCAPE   0x1B
#define BELL     0x07
#define DELETE   0x7F
#define ELLIPSIS "\xE2\x80\xA6"

/* ---- UTF-8 ---- */

/* What the first byte of a character says of it. */
static const struct {
	unsigned char mask, mark;
	size_t size;
	uint32_t least; /* the smallest character that needs so many bytes */
} forms[] = {
	{ 0x80, 0x00, 1, 0 },
	{ 0xE0, 0xC0, 2, 0x80 },
	{ 0xF0, 0xE0, 3, 0x800 },
	{ 0xF8, 0xF0, 4, 0x10000 },
};

static bool is_character(uint32_t c, uint32_t least)
{
	return c >= least && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

/* The character at the start of `size` > 0 bytes and how many it takes; 0 when they begin none. */
static size_t decode(const char *text, size_t size, uint32_t *out)
{
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		uint32_t c = bytes[0] & (unsigned char)~forms[i].mask;

		if ((bytes[0] & forms[i].mask) != forms[i].mark)
			continue;
		if (forms[i].size > size)
			return 0;
		for (size_t k = 1; k < forms[i].size; k++) {
			if ((bytes[k] & 0xC0) != 0x80)
				return 0;
			c = c << 6 | (bytes[k] & 0x3F);
		}
		*out = c;
		return is_character(c, forms[i].least) ? forms[i].size : 0;
	}
	return 0;
}

struct range {
	uint32_t first, last;
};

static bool is_among(const struct range *ranges, size_t count, uint32_t c)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

#define AMONG(ranges, c) is_among(ranges, sizeof(ranges) / sizeof *(ranges), c)

/* Controls, and marks that turn the writing direction round: a host must not draw on our screen. */
static bool is_harmful(uint32_t c)
{
	static const struct range ranges[] = {
		{ 0x00, 0x1F },
		{ 0x7F, 0x9F },
		{ 0x061C, 0x061C },
		{ 0x200E, 0x200F },
		{ 0x2028, 0x202E },
		{ 0x2066, 0x2069 },
		{ 0xFEFF, 0xFEFF },
		{ 0xFFF9, 0xFFFB },
	};

	return AMONG(ranges, c);
}

static size_t width_of(uint32_t c)
{
	static const struct range none[] = {
		{ 0x0300, 0x036F },
		{ 0x0483, 0x0489 },
		{ 0x0591, 0x05BD },
		{ 0x064B, 0x065F },
		{ 0x200B, 0x200D },
		{ 0x20D0, 0x20FF },
		{ 0xFE00, 0xFE0F },
		{ 0xFE20, 0xFE2F },
	};
	static const struct range two[] = {
		{ 0x1100, 0x115F },
		{ 0x2E80, 0x303E },
		{ 0x3041, 0xA4CF },
		{ 0xAC00, 0xD7A3 },
		{ 0xF900, 0xFAFF },
		{ 0xFE30, 0xFE6F },
		{ 0xFF00, 0xFF60 },
		{ 0xFFE0, 0xFFE6 },
		{ 0x1F300, 0x1F64F },
		{ 0x1F680, 0x1F6FF },
		{ 0x1F900, 0x1FAFF },
		{ 0x20000, 0x3FFFD },
	};

	if (c < 0x300)
		return 1;
	if (AMONG(none, c))
		return 0;
	return AMONG(two, c) ? 2 : 1;
}

/* ---- what terminals obey ---- */

/* Bytes up to and with the first one from `first` to `last`. */
static size_t skip_to(const char *text, size_t size, char first, char last)
{
	size_t at = 0;

	while (at < size && (text[at] < first || text[at] > last))
		at++;
	return at < size ? at + 1 : size;
}

/* How many bytes a sequence behind its escape takes: colours, titles, cursor keys. */
static size_t sequence_size(const char *text, size_t size)
{
	if (size == 0)
		return 0;
	if (*text == '[')
		return 1 + skip_to(text + 1, size - 1, '@', '~');
	if (*text == ']')
		return 1 + skip_to(text + 1, size - 1, BELL, BELL);
	return 1;
}

static bool is_space(uint32_t c)
{
	return c == '\n' || c == '\r' || c == '\t';
}

char *cells_clean(const char *text, size_t size, size_t most)
{
	struct str line = { 0 };
	size_t at = 0;

	while (at < size) {
		uint32_t c = '?';
		size_t taken = decode(text + at, size - at, &c);
		const char *shown = taken ? text + at : "?";
		size_t shown_size = taken ? taken : 1;

		at += shown_size;
		if (c == ESCAPE)
			at += sequence_size(text + at, size - at);
		if (is_space(c))
			shown = " ";
		else if (is_harmful(c))
			continue;
		if (line.size + shown_size > most)
			break;
		str_add_bytes(&line, shown, shown_size);
	}
	return str_take(&line);
}

/* ---- shown by name ---- */

/* Do these bytes begin a character that wants more of them? */
static bool is_cut_off(const char *text, size_t size)
{
	for (size_t i = 1; i < sizeof forms / sizeof *forms; i++) {
		if (((unsigned char)*text & forms[i].mask) != forms[i].mark)
			continue;
		for (size_t k = 1; k < size; k++) {
			if (((unsigned char)text[k] & 0xC0) != 0x80)
				return false;
		}
		return size < forms[i].size;
	}
	return *text == '\r' && size == 1;
}

static void add_escape(struct str *s, uint32_t c)
{
	if (c < ' ' || c == DELETE)
		str_addf(s, "^%c", (char)(c ^ 0x40));
	else
		str_addf(s, "<U+%04X>", c);
}

size_t cells_show(struct str *s, const char *text, size_t size)
{
	size_t at = 0;

	while (at < size && !is_cut_off(text + at, size - at)) {
		uint32_t c = 0;
		size_t taken = decode(text + at, size - at, &c);

		if (!taken)
			str_addf(s, "<%02X>", (unsigned char)text[at]);
		else if (c == '\r' && text[at + 1] == '\n')
			; /* a line end all the same */
		else if (is_harmful(c) && c != '\n' && c != '\t')
			add_escape(s, c);
		else
			str_add_bytes(s, text + at, taken);
		at += taken ? taken : 1;
	}
	return at;
}

char *cells_show_json(const char *json)
{
	struct str s = { 0 };
	size_t size = strlen(json);

	for (size_t at = 0; at < size;) {
		uint32_t c = 0;
		size_t taken = decode(json + at, size - at, &c);

		if (taken && c >= DELETE && is_harmful(c))
			str_addf(&s, "\\u%04x", c);
		else
			str_add_bytes(&s, json + at, taken ? taken : 1);
		at += taken ? taken : 1;
	}
	return str_take(&s);
}

/* ---- cells ---- */

/* Bytes of the text that fit into so many cells. */
static size_t fitting(const char *text, size_t width)
{
	size_t size = strlen(text), at = 0, used = 0;

	while (at < size) {
		uint32_t c = '?';
		size_t taken = decode(text + at, size - at, &c);

		used += width_of(c);
		if (used > width)
			break;
		at += taken ? taken : 1;
	}
	return at;
}

size_t cells_width(const char *text)
{
	size_t size = strlen(text), used = 0;

	for (size_t at = 0; at < size;) {
		uint32_t c = '?';
		size_t taken = decode(text + at, size - at, &c);

		used += width_of(c);
		at += taken ? taken : 1;
	}
	return used;
}

void cells_add(struct str *s, const char *text, size_t width)
{
	if (width == 0)
		return;
	if (cells_width(text) <= width) {
		str_add(s, text);
		return;
	}
	str_add_bytes(s, text, fitting(text, width - 1));
	str_add(s, ELLIPSIS);
}

void cells_add_column(struct str *s, const char *text, size_t width)
{
	size_t before = cells_width(str_text(s)), used = 0;

	cells_add(s, text, width);
	used = cells_width(str_text(s)) - before;
	str_addf(s, "%*s", (int)(width - used), "");
}
