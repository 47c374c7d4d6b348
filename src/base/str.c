/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEAREST_WORD_SIZE 64

static void str_reserve(struct str *s, size_t more)
{
	while (s->capacity < s->size + more + 1)
		s->text = mem_grow(s->text, &s->capacity, 1);
}

void str_add_bytes(struct str *s, const void *bytes, size_t size)
{
	str_reserve(s, size);
	if (size)
		memcpy(s->text + s->size, bytes, size);
	s->size += size;
	s->text[s->size] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_bytes(s, text, strlen(text));
}

void str_addf(struct str *s, const char *fmt, ...)
{
	CLEANUP(free) char *text = NULL;
	va_list args;

	va_start(args, fmt);
	int length = vasprintf(&text, fmt, args);
	va_end(args);
	if (length < 0)
		abort();
	str_add_bytes(s, text, (size_t)length);
}

void str_add_quoted(struct str *s, const char *word)
{
	str_add(s, "'");
	for (const char *quote; (quote = strchr(word, '\'')); word = quote + 1) {
		str_add_bytes(s, word, (size_t)(quote - word));
		str_add(s, "'\\''");
	}
	str_add(s, word);
	str_add(s, "'");
}

const char *str_text(const struct str *s)
{
	return s->text ? s->text : "";
}

char *str_take(struct str *s)
{
	char *text = s->text ? s->text : mem_strdup("");

	*s = (struct str){ 0 };
	return text;
}

void str_done(struct str *s)
{
	free(s->text);
	*s = (struct str){ 0 };
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t size = strlen(s), tail = strlen(suffix);

	return size >= tail && strcmp(s + size - tail, suffix) == 0;
}

bool str_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool str_number(const char *text, unsigned most, unsigned *out, const char **end)
{
	unsigned long value = 0;
	const char *at = text;

	for (; isdigit((unsigned char)*at); at++) {
		value = value * 10 + (unsigned long)(*at - '0');
		if (value > most)
			return false;
	}
	if (at == text || (!end && *at))
		return false;
	*out = (unsigned)value;
	if (end)
		*end = at;
	return true;
}

char *str_trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;

	size_t size = strlen(s);

	while (size && isspace((unsigned char)s[size - 1]))
		s[--size] = '\0';
	return s;
}

/* Levenshtein distance, one row at a time; words longer than a row are taken as far apart. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAREST_WORD_SIZE + 1], width = strlen(b);

	if (width > NEAREST_WORD_SIZE || strlen(a) > NEAREST_WORD_SIZE)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t changed = diagonal + (a[i - 1] != b[j - 1]);
			size_t shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;

			diagonal = row[j];
			row[j] = changed < shifted ? changed : shifted;
		}
	}
	return row[width];
}

const char *str_nearest(const char *word, const char *const *known)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 2;

	for (; *known; known++) {
		size_t d = distance(word, *known);

		if (d < least) {
			least = d;
			nearest = *known;
		}
	}
	return nearest;
}
