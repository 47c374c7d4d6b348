/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "present/cell_private.h"
#include "present/words.h"

#include <assert.h>
#include <string.h>

/* ---- out of the row ---- */

/* Where the member is; NULL when the pointer to it is. */
static const void *find_member(const struct field *f, const void *row)
{
	const char *start = row;

	if (f->via)
		start = *(const char *const *)(const void *)(start + f->via - 1);
	return start ? start + f->offset : NULL;
}

static int64_t read_number(enum field_stored stored, const void *target)
{
	switch (stored) {
	case STORED_BOOL:
		return *(const bool *)target;
	case STORED_INT:
		return *(const int *)target;
	case STORED_UNSIGNED:
		return *(const unsigned *)target;
	case STORED_LONG:
		return *(const int64_t *)target;
	case STORED_SIZE:
		return (int64_t) * (const size_t *)target;
	default:
		assert(false); /* the description's mistake */
		return NOTHING;
	}
}

static void read_text(const struct field *f, const void *target, struct cell *c)
{
	if (f->stored == STORED_ARRAY) {
		c->text = target;
	} else if (f->stored == STORED_TEXT) {
		c->text = *(const char *const *)target;
	} else if (f->word) {
		c->text = f->word((unsigned)read_number(f->stored, target));
	} else if (read_number(f->stored, target)) {
		snprintf(c->room, sizeof c->room, "%s%lld", f->prefix,
			(long long)read_number(f->stored, target));
		c->text = c->room;
	}
	c->is_nothing = !c->text || (f->empty == NULL_IF_EMPTY && !*c->text);
}

static void read_field_words(const struct field *f, const void *target, struct cell *c)
{
	if (f->stored == STORED_WORDS)
		c->words = *(const char *const *const *)target;
	else
		c->joined = *(const char *const *)target;
	c->is_nothing = !c->words && !c->joined;
}

static void read_rows(const struct field *f, const void *row, const void *target, struct cell *c)
{
	if (f->type == FIELD_LIST) {
		c->rows = *(const void *const *)target;
		c->count = *(const size_t *)(const void *)((const char *)row + f->count);
		c->is_nothing = !c->rows && f->empty == ABSENT_IF_NONE;
	} else {
		c->rows = f->stored == STORED_INSIDE ? target : *(const void *const *)target;
		c->count = c->rows != NULL;
		c->is_nothing = !c->rows;
	}
}

static void read_plain(const struct field *f, const void *target, struct cell *c)
{
	c->number = read_number(f->stored, target);
	c->is_nothing = c->number == NOTHING ||
			(!c->number && (f->empty == NULL_IF_EMPTY || f->type == FIELD_TIME));
	if (f->type == FIELD_DURATION && c->number < 0)
		c->number = 0; /* a clock that was set back makes none shorter than nothing */
}

void cell_read(const struct field *f, const void *row, struct cell *c)
{
	const void *target = find_member(f, row);

	*c = (struct cell){ .is_nothing = !target };
	if (!target)
		return;
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PROSE:
	case FIELD_DIGEST:
		read_text(f, target, c);
		return;
	case FIELD_WORDS:
	case FIELD_ABRIDGED:
		read_field_words(f, target, c);
		return;
	case FIELD_LIST:
	case FIELD_OBJECT:
		read_rows(f, row, target, c);
		return;
	case FIELD_JSON:
		c->json = *(const struct jvalue *const *)target;
		c->is_nothing = !c->json;
		return;
	case FIELD_NUMBER:
	case FIELD_SIZE:
	case FIELD_DURATION:
	case FIELD_TIME:
	case FIELD_FLAG:
		read_plain(f, target, c);
		return;
	}
}

bool cell_next_word(const struct cell *c, struct cell_word *word)
{
	if (c->words) {
		word->text = c->words[word->at++];
		word->size = word->text ? strlen(word->text) : 0;
		return word->text;
	}
	if (!c->joined || !c->joined[word->at])
		return false;
	word->text = c->joined + word->at;
	word->size = strcspn(word->text, " ");
	word->at += word->size + (word->text[word->size] == ' ');
	return true;
}

/* ---- for people ---- */

/* "CVE-2026-1,CVE-2026-2 +12": the first `most` words, and how many more there are. */
static char *show_words(const struct cell *c, size_t most)
{
	CLEANUP(str_done) struct str s = { 0 };
	struct cell_word word = { 0 };
	size_t count = 0;

	for (; cell_next_word(c, &word); count++) {
		if (count >= most)
			continue;
		str_add(&s, count ? "," : "");
		str_add_bytes(&s, word.text, word.size);
	}
	if (count > most)
		str_addf(&s, " +%zu", count - most);
	return count ? str_take(&s) : mem_strdup("-");
}

char *cell_show(const struct field *f, const struct cell *c)
{
	char text[CLOCK_TEXT_SIZE];

	if (c->is_nothing)
		return mem_strdup("-");
	switch (f->type) {
	case FIELD_TEXT:
	case FIELD_PROSE:
		return mem_strdup(*c->text ? c->text : "-");
	case FIELD_DIGEST:
		return mem_strdup(digest_short(c->text, text));
	case FIELD_WORDS:
		return show_words(c, SIZE_MAX);
	case FIELD_ABRIDGED:
		return show_words(c, 2);
	case FIELD_NUMBER:
		return mem_printf("%lld", (long long)c->number);
	case FIELD_SIZE:
		return mem_strdup(size_format((uint64_t)c->number, text));
	case FIELD_DURATION:
		return mem_strdup(clock_format_age(c->number, text));
	case FIELD_TIME:
		return mem_printf("%s ago", clock_format_age(clock_now() - c->number, text));
	case FIELD_FLAG:
		return mem_strdup(c->number ? "yes" : "no");
	case FIELD_LIST:
	case FIELD_OBJECT:
	case FIELD_JSON:
		break;
	}
	return mem_strdup("-");
}
