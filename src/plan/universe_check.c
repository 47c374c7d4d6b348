/* SPDX-License-Identifier: Apache-2.0 */
/*
 * universe_check.c - does every number in a universe's tables stay within them?
 *
 * Asked of what was mapped from a file, before anything is looked up in it. What the numbers mean is the
 * digest's affair; here it is that no reader of the tables leaves them or walks for ever.
 */
#include "base/deb822.h"
#include "base/mem.h"
#include "plan/universe_form_private.h"
#include "plan/universe_private.h"

static bool is_within(struct span span, size_t count)
{
	return span.at <= count && span.count <= count - span.at;
}

static bool is_number(uint32_t number, size_t count)
{
	return number < count || number == UINT32_MAX;
}

static bool interns_are_sound(const struct universe *u)
{
	return intern_image_is_whole(&u->strings.image, 0) &&
	       intern_image_is_whole(&u->atoms.image, sizeof(struct atom)) &&
	       intern_image_is_whole(&u->slots.image, 2 * sizeof(uint32_t)) &&
	       intern_image_is_whole(&u->architectures.image, 0) &&
	       intern_image_is_whole(&u->versions.image, sizeof(struct version_key)) &&
	       u->strings.count && u->architectures.count &&
	       u->architectures.count <= LIMIT_ARCHITECTURES;
}

static bool counts_are_sound(const struct universe *u)
{
	return u->origin_count == u->count && u->first_count == u->versions.count &&
	       u->slot_span_count == u->slots.count && u->slot_next_count == u->slots.count &&
	       u->atom_span_count == u->atoms.count;
}

static bool atoms_are_sound(const struct universe *u)
{
	for (uint32_t i = 0; i < u->atoms.count; i++) {
		struct atom a = atom_at(u, i);

		if (a.name >= u->strings.count || a.version >= u->strings.count ||
			a.relation >= VERSION_RELATION_COUNT || a.reach > REACH_EVERY ||
			(a.reach < REACH_ANY &&
				a.reach % LIMIT_ARCHITECTURES >= u->architectures.count) ||
			!is_within(u->atom_spans[i], u->provider_count))
			return false;
	}
	return true;
}

static bool row_is_sound(const struct universe *u, uint32_t number)
{
	const struct row *r = row_at(u, number);
	size_t strings = u->strings.count;

	return r->name < strings && r->version < strings && r->architecture < strings &&
	       r->source < strings && r->source_version < strings && r->slot < u->slots.count &&
	       r->arch < u->architectures.count && r->multi_arch <= MULTI_ARCH_ALLOWED &&
	       r->is_security <= 1 && r->phase <= 100 && r->above == INTERN_NONE &&
	       r->feed < u->feed_count && is_within(r->depends, u->word_count) &&
	       is_within(r->conflicts, u->word_count) && is_within(r->provides, u->word_count) &&
	       is_number(r->twin, u->count) && r->twin > number &&
	       u->origins[number].size <= DEB822_PARAGRAPH_MAX;
}

static bool rows_are_sound(const struct universe *u)
{
	for (uint32_t i = 0; i < u->count; i++) {
		if (!row_is_sound(u, i))
			return false;
	}
	for (size_t i = 0; i < u->first_count; i++) {
		if (!is_number(u->first[i], u->count))
			return false;
	}
	return true;
}

/* A clause ends with a word that has no alternative; so does the last of all. */
static bool words_are_sound(const struct universe *u)
{
	for (size_t i = 0; i < u->word_count; i++) {
		if ((u->words[i] & ~ALTERNATIVE) >= u->atoms.count)
			return false;
	}
	return !u->word_count || !(u->words[u->word_count - 1] & ALTERNATIVE);
}

static bool slot_is_sound(const struct universe *u, uint32_t slot)
{
	struct span span = u->slot_spans[slot];

	if (!span.count || !is_within(span, u->slot_row_count))
		return false;
	for (uint32_t at = span.at; at < span.at + span.count; at++) {
		if (u->slot_rows[at] >= u->count || row_at(u, u->slot_rows[at])->slot != slot)
			return false;
	}
	return true;
}

/* Where each slot is the next of one other, every walk comes back to where it began. */
static bool slots_are_sound(const struct universe *u)
{
	CLEANUP(free) uint8_t *is_next = mem_new(u->slots.count, 1);

	for (uint32_t slot = 0; slot < u->slots.count; slot++) {
		uint32_t next = u->slot_next[slot];

		if (slot_name(u, slot) >= u->strings.count || !slot_is_sound(u, slot) ||
			next >= u->slots.count || is_next[next])
			return false;
		is_next[next] = true;
	}
	return true;
}

static bool offers_are_sound(const struct universe *u)
{
	for (size_t i = 0; i < u->provided_count; i++) {
		const struct provided *p = &u->provided[i];

		if (p->name >= u->strings.count || p->row >= u->count ||
			!is_number(p->version, u->strings.count))
			return false;
	}
	for (size_t i = 0; i < u->provider_count; i++) {
		const struct provider *p = &u->providers[i];

		if (p->row >= u->count || p->slot != row_at(u, p->row)->slot)
			return false;
	}
	return true;
}

static bool unread_is_sound(const struct universe *u)
{
	for (size_t i = 0; i < u->unread_count; i++) {
		if (u->unread[i].feed >= u->feed_count || u->unread[i].reason >= u->strings.count)
			return false;
	}
	return true;
}

bool form_is_sound(const struct universe *u)
{
	return interns_are_sound(u) && counts_are_sound(u) && atoms_are_sound(u) &&
	       rows_are_sound(u) && words_are_sound(u) && slots_are_sound(u) &&
	       offers_are_sound(u) && unread_is_sound(u);
}
