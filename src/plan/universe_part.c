/* SPDX-License-Identifier: Apache-2.0 */
/* universe_part.c - put a part of an index, which was read into a universe of its own, into the whole. */
#include "base/error.h"
#include "base/mem.h"
#include "plan/universe_fill_private.h"
#include "plan/universe_private.h"

#include <string.h>

/* What numbers of the part are in the whole: met one by one, in the order in which reading would have met them. */
struct merge {
	struct universe *u;
	const struct universe *part;
	uint32_t *strings, *atoms; /* owned; by number in the part; INTERN_NONE: not met yet */
};

static void merge_done(struct merge *m)
{
	free(m->strings);
	free(m->atoms);
}
CLEANUP_DONE(struct merge, merge_done)

static uint32_t *unmet(size_t count)
{
	uint32_t *numbers = mem_new(count, sizeof *numbers);

	memset(numbers, 0xff, count * sizeof *numbers);
	return numbers;
}

static uint32_t merge_string(struct merge *m, uint32_t number)
{
	const char *text = intern_at(&m->part->strings, number);

	if (m->strings[number] == INTERN_NONE)
		m->strings[number] = intern_add(&m->u->strings, text, strlen(text));
	return m->strings[number];
}

static int merge_architecture(struct merge *m, uint8_t number, uint8_t *arch, struct error *err)
{
	const char *name = intern_at(&m->part->architectures, number);

	return fill_architecture(m->u, name, strlen(name), arch, err);
}

/* A reach that names an architecture, or says that it is asked from one, names it by its number. */
static int merge_reach(struct merge *m, uint16_t *reach, struct error *err)
{
	uint16_t base = *reach < REACH_EXACT ? 0 : REACH_EXACT;
	uint8_t arch = 0;

	if (*reach >= REACH_ANY)
		return 0;
	if (merge_architecture(m, (uint8_t)(*reach - base), &arch, err) < 0)
		return -1;
	*reach = (uint16_t)(base + arch);
	return 0;
}

static int merge_atom(struct merge *m, uint32_t number, uint32_t *out, struct error *err)
{
	struct atom atom = atom_at(m->part, number);

	if (m->atoms[number] == INTERN_NONE) {
		if (merge_reach(m, &atom.reach, err) < 0)
			return -1;
		atom.name = merge_string(m, atom.name);
		atom.version = merge_string(m, atom.version);
		m->atoms[number] = intern_add(&m->u->atoms, &atom, sizeof atom);
	}
	*out = m->atoms[number];
	return 0;
}

static int merge_words(struct merge *m, struct span *span, struct error *err)
{
	uint32_t at = (uint32_t)m->u->word_count, atom = 0;

	for (uint32_t i = 0; i < span->count; i++) {
		uint32_t word = m->part->words[span->at + i];

		if (merge_atom(m, word & ~ALTERNATIVE, &atom, err) < 0 ||
			fill_word(m->u, atom | (word & ALTERNATIVE), err) < 0)
			return -1;
	}
	span->at = at;
	return 0;
}

static int merge_relations(struct merge *m, struct row *row, struct error *err)
{
	return merge_words(m, &row->depends, err) < 0 || merge_words(m, &row->conflicts, err) < 0 ||
			       merge_words(m, &row->provides, err) < 0
		       ? -1
		       : 0;
}

static int merge_new(
	struct merge *m, uint32_t number, uint64_t offset, struct row *row, struct error *err)
{
	struct universe *u = m->u;
	struct origin origin = m->part->origins[number];

	row->architecture = merge_string(m, row->architecture);
	row->source = merge_string(m, row->source);
	row->source_version = merge_string(m, row->source_version);
	if (merge_relations(m, row, err) < 0 || fill_row(u, row, err) < 0)
		return -1;
	origin.offset += offset;
	fill_origin(u, &origin);
	return 0;
}

/* A version that another feed has as well. */
static void join_feeds(struct row *row, const struct row *other)
{
	row->is_security |= other->is_security;
	if (row->priority < other->priority)
		row->priority = other->priority;
	if (row->phase > other->phase)
		row->phase = other->phase;
}

static int merge_row(struct merge *m, uint32_t number, uint64_t offset, struct error *err)
{
	struct universe *u = m->u;
	struct row row = *row_at(m->part, number);
	uint32_t there;

	row.feed = (uint16_t)(u->feed_count - 1);
	row.is_security = u->feeds[row.feed].is_security;
	row.priority = u->feeds[row.feed].priority;
	if (merge_architecture(m, row.arch, &row.arch, err) < 0)
		return -1;
	row.name = merge_string(m, row.name);
	row.version = merge_string(m, row.version);
	there = fill_find(u, &row);
	if (there == UNIVERSE_NONE)
		return merge_new(m, number, offset, &row, err);
	join_feeds(&u->rows[there], &row);
	return 0;
}

void fill_part(struct universe *u, const struct universe *part, uint64_t offset)
{
	CLEANUP(merge_done)
	struct merge m = { u, part, unmet(part->strings.count), unmet(part->atoms.count) };
	struct error why;

	for (uint32_t i = 0; i < part->count; i++) {
		size_t words = u->word_count;

		if (merge_row(&m, i, offset, &why) == 0)
			continue;
		u->word_count = words;
		if (error_wrap(&why, "'%s'", intern_at(&part->strings, row_at(part, i)->name)) < 0)
			fill_unread(u, why.text, 1);
	}
	for (size_t i = 0; i < part->unread_count; i++) {
		const struct unread l = universe_unread_at(part, i);

		fill_unread(u, l.reason, (uint32_t)l.count);
	}
}
