/* SPDX-License-Identifier: Apache-2.0 */
/* universe_index.c - what universe_finish() adds: versions in order, and who meets which atom. */
#include "base/mem.h"
#include "plan/universe_private.h"

#include <stdlib.h>
#include <string.h>

/* One package version offering a name: its own, or one that it provides. */
struct offer {
	uint32_t row;
	uint32_t version; /* string; INTERN_NONE for a name provided without a version */
};

/* Names whose atoms are answered, for the first time or anew, and who offers them. */
struct offers {
	uint32_t *
		last_slot; /* owned; by string: the last slot of that name; INTERN_NONE: it has none */
	uint32_t *place; /* owned; by string: 0, or the number of the name, from 1 */
	uint32_t *names; /* owned; by number: the string */
	size_t count, capacity;
	uint32_t *at;  /* owned; by number, one more */
	uint32_t *own; /* owned; by number: where its own versions end, and provided ones begin */
	struct offer *items; /* owned */
};

static const char *string_at(const struct universe *u, uint32_t string)
{
	return intern_at(&u->strings, string);
}

/* ---- the versions of a slot ---- */

static int newest_first(const void *a, const void *b, void *context)
{
	const struct universe *u = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	int order = version_compare(u->order, string_at(u, row_at(u, right)->version),
		string_at(u, row_at(u, left)->version));

	return order ? order : (left > right) - (left < right);
}

static void rank_slot(struct universe *u, uint32_t *rows, size_t count)
{
	uint32_t rank = (uint32_t)count;

	if (count > 1)
		qsort_r(rows, count, sizeof *rows, newest_first, u);
	for (size_t i = 0; i < count; i++) {
		if (i && version_compare(u->order, string_at(u, row_at(u, rows[i - 1])->version),
				 string_at(u, row_at(u, rows[i])->version)) != 0)
			rank--;
		u->rows[rows[i]].rank = rank;
	}
}

static void add_slot_row(struct universe *u, uint32_t row)
{
	if (u->slot_row_count == u->slot_row_capacity)
		u->slot_rows =
			universe_grow(u, u->slot_rows, &u->slot_row_capacity, sizeof *u->slot_rows);
	u->slot_rows[u->slot_row_count++] = row;
}

/* Write a slot's rows anew at the end, with the new ones among them. */
static void index_slot(struct universe *u, const uint32_t *rows, size_t count)
{
	struct span *span = &u->slot_spans[row_at(u, rows[0])->slot];
	size_t at = u->slot_row_count;

	for (uint32_t i = 0; i < span->count; i++)
		add_slot_row(u, u->slot_rows[span->at + i]);
	for (size_t i = 0; i < count; i++)
		add_slot_row(u, rows[i]);
	*span = (struct span){ (uint32_t)at, (uint32_t)(u->slot_row_count - at) };
	rank_slot(u, u->slot_rows + at, span->count);
}

static int by_slot(const void *a, const void *b, void *context)
{
	const struct universe *u = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	uint32_t x = row_at(u, left)->slot, y = row_at(u, right)->slot;

	return x != y ? (x > y) - (x < y) : (left > right) - (left < right);
}

static void index_slots(struct universe *u)
{
	size_t count = u->count - u->finished, end;
	CLEANUP(free) uint32_t *rows = mem_new(count, sizeof *rows);

	for (size_t i = 0; i < count; i++)
		rows[i] = (uint32_t)(u->finished + i);
	qsort_r(rows, count, sizeof *rows, by_slot, u);
	while (u->slot_span_count < u->slots.count) {
		if (u->slot_span_count == u->slot_span_capacity)
			u->slot_spans = universe_grow(
				u, u->slot_spans, &u->slot_span_capacity, sizeof *u->slot_spans);
		u->slot_spans[u->slot_span_count++] = (struct span){ 0 };
	}
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count; end++) {
			if (row_at(u, rows[end])->slot != row_at(u, rows[i])->slot)
				break;
		}
		index_slot(u, rows + i, end - i);
	}
}

/* Put the next slot into the ring of its name, behind the one that was the last so far (INTERN_NONE: none). */
static void link_slot(struct universe *u, uint32_t last)
{
	uint32_t slot = (uint32_t)u->slot_next_count;

	if (u->slot_next_count == u->slot_next_capacity)
		u->slot_next = universe_grow(
			u, u->slot_next, &u->slot_next_capacity, sizeof *u->slot_next);
	u->slot_next[u->slot_next_count++] = slot;
	if (last != INTERN_NONE) {
		u->slot_next[slot] = u->slot_next[last];
		u->slot_next[last] = slot;
	}
}

/* Link the slots of one name, as libc6 of amd64 and of i386, in a ring: the next of the last is the first. */
static void index_names(struct universe *u, struct offers *o)
{
	memset(o->last_slot, 0xff, u->strings.count * sizeof *o->last_slot);
	for (uint32_t slot = 0; slot < u->slots.count; slot++) {
		uint32_t name = slot_name(u, slot);

		if (slot == u->slot_next_count)
			link_slot(u, o->last_slot[name]);
		o->last_slot[name] = slot;
	}
}

/* ---- who offers a name ---- */

static void add_provided(struct universe *u, uint32_t row)
{
	struct span provides = row_at(u, row)->provides;

	for (uint32_t w = 0; w < provides.count; w++) {
		struct atom a = atom_at(u, u->words[provides.at + w]);

		if (u->provided_count == u->provided_capacity)
			u->provided = universe_grow(
				u, u->provided, &u->provided_capacity, sizeof *u->provided);
		u->provided[u->provided_count++] = (struct provided){ a.name, row,
			a.relation == VERSION_ANY ? INTERN_NONE : a.version };
	}
}

static void add_name(struct offers *o, uint32_t name)
{
	if (o->place[name])
		return;
	o->names = mem_room(o->names, o->count, &o->capacity, sizeof *o->names);
	o->names[o->count++] = name;
	o->place[name] = (uint32_t)o->count;
}

/* Names that rows offer which came in since, and names that are asked for since. */
static void find_names(struct universe *u, struct offers *o)
{
	size_t provided = u->provided_count;

	for (size_t i = u->finished; i < u->count; i++) {
		add_name(o, row_at(u, (uint32_t)i)->name);
		add_provided(u, (uint32_t)i);
	}
	for (; provided < u->provided_count; provided++)
		add_name(o, u->provided[provided].name);
	for (size_t i = u->finished_atoms; i < u->atoms.count; i++)
		add_name(o, atom_at(u, (uint32_t)i).name);
}

/* Own names come first, slot by slot, newest first. */
static uint32_t add_own(const struct universe *u, uint32_t last, struct offer *items)
{
	uint32_t slot = last, count = 0;

	if (last == INTERN_NONE)
		return 0;
	do {
		slot = u->slot_next[slot];

		struct span span = u->slot_spans[slot];

		for (uint32_t i = 0; i < span.count; i++, count++) {
			uint32_t row = u->slot_rows[span.at + i];

			if (items)
				items[count] = (struct offer){ row, row_at(u, row)->version };
		}
	} while (slot != last);
	return count;
}

static int in_slot_order(const void *a, const void *b, void *context)
{
	const struct universe *u = context;
	const struct offer *left = a, *right = b;
	const struct row *x = row_at(u, left->row), *y = row_at(u, right->row);

	if (x->slot != y->slot)
		return (x->slot > y->slot) - (x->slot < y->slot);
	if (x->rank != y->rank)
		return (x->rank < y->rank) - (x->rank > y->rank);
	return (left->row > right->row) - (left->row < right->row);
}

static void count_offers(const struct universe *u, struct offers *o)
{
	o->at = mem_new(o->count + 2, sizeof *o->at);
	o->own = mem_new(o->count + 1, sizeof *o->own);
	for (size_t i = 1; i <= o->count; i++)
		o->at[i + 1] = o->own[i] = add_own(u, o->last_slot[o->names[i - 1]], NULL);
	for (size_t i = 0; i < u->provided_count; i++) {
		if (o->place[u->provided[i].name])
			o->at[o->place[u->provided[i].name] + 1]++;
	}
	for (size_t i = 1; i <= o->count; i++) {
		o->at[i + 1] += o->at[i];
		o->own[i] += o->at[i];
	}
}

/* Own names come first, then what is provided: the order of preference. */
static void collect_offers(const struct universe *u, struct offers *o)
{
	count_offers(u, o);

	CLEANUP(free) uint32_t *next = mem_new(o->count + 1, sizeof *next);

	o->items = mem_new(o->at[o->count + 1], sizeof *o->items);
	for (size_t i = 1; i <= o->count; i++) {
		add_own(u, o->last_slot[o->names[i - 1]], o->items + o->at[i]);
		next[i] = o->own[i];
	}
	for (size_t i = 0; i < u->provided_count; i++) {
		const struct provided *p = &u->provided[i];
		uint32_t place = o->place[p->name];

		if (place)
			o->items[next[place]++] = (struct offer){ p->row, p->version };
	}
	for (size_t i = 1; i <= o->count; i++)
		qsort_r(o->items + o->own[i], o->at[i + 1] - o->own[i], sizeof *o->items,
			in_slot_order, (void *)(uintptr_t)u);
}

static bool is_in_reach(const struct row *r, uint16_t reach)
{
	if (reach < REACH_EXACT)
		return r->arch == reach || r->multi_arch == MULTI_ARCH_FOREIGN;
	if (reach == REACH_ANY)
		return r->multi_arch == MULTI_ARCH_ALLOWED;
	return reach == REACH_EVERY || r->arch == reach - REACH_EXACT;
}

static bool meets(const struct universe *u, const struct offer *o, const struct atom *a)
{
	if (!is_in_reach(row_at(u, o->row), a->reach))
		return false;
	if (a->relation == VERSION_ANY)
		return true;
	return o->version != INTERN_NONE &&
	       version_satisfies(u->order, string_at(u, o->version),
		       (enum version_relation)a->relation, string_at(u, a->version));
}

static void add_provider(struct universe *u, uint32_t row)
{
	if (u->provider_count == u->provider_capacity)
		u->providers =
			universe_grow(u, u->providers, &u->provider_capacity, sizeof *u->providers);
	u->providers[u->provider_count++] = (struct provider){ row, row_at(u, row)->slot };
}

static struct span answer_atom(struct universe *u, const struct offers *o, const struct atom *a)
{
	uint32_t at = o->at[o->place[a->name]], end = o->at[o->place[a->name] + 1];
	size_t first = u->provider_count;

	for (; at < end; at++) {
		if (meets(u, &o->items[at], a))
			add_provider(u, o->items[at].row);
	}
	return (struct span){ (uint32_t)first, (uint32_t)(u->provider_count - first) };
}

static void add_atom_span(struct universe *u)
{
	if (u->atom_span_count == u->atom_span_capacity)
		u->atom_spans = universe_grow(
			u, u->atom_spans, &u->atom_span_capacity, sizeof *u->atom_spans);
	u->atom_span_count++;
}

static void index_atoms(struct universe *u, const struct offers *o)
{
	for (uint32_t i = 0; i < u->atoms.count; i++) {
		struct atom a = atom_at(u, i);

		if (!o->place[a.name])
			continue;
		if (i == u->atom_span_count)
			add_atom_span(u);
		u->atom_spans[i] = answer_atom(u, o, &a);
	}
}

static void offers_done(struct offers *o)
{
	free(o->last_slot);
	free(o->place);
	free(o->names);
	free(o->at);
	free(o->own);
	free(o->items);
}

void universe_finish(struct universe *u)
{
	struct offers o = { 0 };

	if (u->finished == u->count && u->finished_atoms == u->atoms.count)
		return;
	o.place = mem_new(u->strings.count, sizeof *o.place);
	o.last_slot = mem_new(u->strings.count, sizeof *o.last_slot);
	index_slots(u);
	index_names(u, &o);
	find_names(u, &o);
	collect_offers(u, &o);
	index_atoms(u, &o);
	offers_done(&o);
	u->finished = u->count;
	u->finished_atoms = u->atoms.count;
}

/* "any", "i386", or "" where it goes without saying: from the native architecture, or from every one. */
static const char *reach_text(const struct universe *u, uint16_t reach)
{
	if (reach == REACH_ANY)
		return "any";
	if (reach == REACH_EVERY || reach == NATIVE)
		return "";
	return intern_at(
		&u->architectures, reach < REACH_EXACT ? reach : (uint32_t)(reach - REACH_EXACT));
}

char *universe_atom_text(const struct universe *u, uint32_t word)
{
	struct atom a = atom_at(u, word);
	const char *arch = reach_text(u, a.reach), *colon = *arch ? ":" : "";
	const char *name = string_at(u, a.name);

	if (a.relation == VERSION_ANY)
		return mem_printf("%s%s%s", name, colon, arch);
	return mem_printf("%s%s%s (%s %s)", name, colon, arch,
		version_relation_name((enum version_relation)a.relation), string_at(u, a.version));
}
