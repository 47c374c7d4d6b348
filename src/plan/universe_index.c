/* SPDX-License-Identifier: Apache-2.0 */
/* universe_index.c - what universe_finish() builds: versions in order, and who meets which atom. */
#include "base/mem.h"
#include "plan/universe_private.h"

#include <stdlib.h>
#include <string.h>

/* One package version offering a name: its own, or one that it provides. */
struct offer {
	uint32_t row;
	uint32_t version; /* string; INTERN_NONE for a name provided without a version */
};

struct offers {
	uint32_t *at;        /* owned; by string, one more */
	struct offer *items; /* owned */
};

static const char *string_at(const struct universe *u, uint32_t string)
{
	return intern_at(&u->strings, string);
}

/* Counts in at[i + 1] become: at[i] = where i starts. The same array then serves to fill and to read. */
static void sum_up(uint32_t *at, size_t count)
{
	for (size_t i = 0; i < count; i++)
		at[i + 1] += at[i];
}

/* Filling moved each start to its end: move them back by one. */
static void shift_back(uint32_t *at, size_t count)
{
	memmove(at + 1, at, count * sizeof *at);
	at[0] = 0;
}

static int newest_first(const void *a, const void *b, void *context)
{
	const struct universe *u = context;
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
	int order = version_compare(
		string_at(u, row_at(u, right)->version), string_at(u, row_at(u, left)->version));

	return order ? order : (left > right) - (left < right);
}

static void rank_slot(struct universe *u, uint32_t *rows, size_t count)
{
	uint32_t rank = (uint32_t)count;

	if (count > 1)
		qsort_r(rows, count, sizeof *rows, newest_first, u);
	for (size_t i = 0; i < count; i++) {
		if (i && version_compare(string_at(u, row_at(u, rows[i - 1])->version),
				 string_at(u, row_at(u, rows[i])->version)) != 0)
			rank--;
		u->rows[rows[i]].rank = rank;
	}
}

static void index_slots(struct universe *u)
{
	size_t count = u->slots.count;

	u->slot_at = mem_new(count + 1, sizeof *u->slot_at);
	u->slot_rows = mem_new(u->count, sizeof *u->slot_rows);
	for (size_t i = 0; i < u->count; i++)
		u->slot_at[u->rows[i].slot + 1]++;
	sum_up(u->slot_at, count);
	for (uint32_t i = 0; i < u->count; i++)
		u->slot_rows[u->slot_at[u->rows[i].slot]++] = i;
	shift_back(u->slot_at, count);
	for (size_t i = 0; i < count; i++)
		rank_slot(u, u->slot_rows + u->slot_at[i], u->slot_at[i + 1] - u->slot_at[i]);
}

/* Link the slots of one name, as libc6 of amd64 and of i386, in a ring. */
static void index_names(struct universe *u)
{
	CLEANUP(free) uint32_t *last = mem_new(u->strings.count, sizeof *last);

	u->slot_next = mem_new(u->slots.count, sizeof *u->slot_next);
	memset(last, 0xff, u->strings.count * sizeof *last);
	for (uint32_t slot = 0; slot < u->slots.count; slot++) {
		uint32_t name = row_at(u, u->slot_rows[u->slot_at[slot]])->name;

		u->slot_next[slot] = slot;
		if (last[name] != INTERN_NONE) {
			u->slot_next[slot] = u->slot_next[last[name]];
			u->slot_next[last[name]] = slot;
		}
		last[name] = slot;
	}
}

static struct atom atom_at(const struct universe *u, uint32_t word)
{
	struct atom atom;

	memcpy(&atom, intern_at(&u->atoms, word & ~ALTERNATIVE), sizeof atom);
	return atom;
}

/* Own names come first, newest first, then what is provided: the order of preference. */
static struct offers collect_offers(const struct universe *u)
{
	struct offers o = { .at = mem_new(u->strings.count + (size_t)1, sizeof *o.at) };
	size_t total = u->count;

	for (size_t i = 0; i < u->count; i++) {
		const struct row *r = &u->rows[i];

		o.at[r->name + 1]++;
		total += r->provides.count;
		for (uint32_t w = 0; w < r->provides.count; w++)
			o.at[atom_at(u, u->words[r->provides.at + w]).name + 1]++;
	}
	o.items = mem_new(total, sizeof *o.items);
	sum_up(o.at, u->strings.count);
	for (size_t i = 0; i < u->count; i++) {
		uint32_t row = u->slot_rows[i];

		o.items[o.at[row_at(u, row)->name]++] =
			(struct offer){ row, row_at(u, row)->version };
	}
	for (size_t i = 0; i < u->count; i++) {
		const struct row *r = row_at(u, u->slot_rows[i]);

		for (uint32_t w = 0; w < r->provides.count; w++) {
			struct atom a = atom_at(u, u->words[r->provides.at + w]);

			o.items[o.at[a.name]++] = (struct offer){ u->slot_rows[i],
				a.relation == VERSION_ANY ? INTERN_NONE : a.version };
		}
	}
	shift_back(o.at, u->strings.count);
	return o;
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
	       version_satisfies(string_at(u, o->version), (enum version_relation)a->relation,
		       string_at(u, a->version));
}

static void index_atoms(struct universe *u)
{
	struct offers o = collect_offers(u);
	size_t capacity = 0, count = 0;

	u->providers = mem_grow(NULL, &capacity, sizeof *u->providers);
	u->atom_at = mem_new(u->atoms.count + (size_t)1, sizeof *u->atom_at);
	for (uint32_t i = 0; i < u->atoms.count; i++) {
		struct atom a = atom_at(u, i);

		for (uint32_t at = o.at[a.name]; at < o.at[a.name + 1]; at++) {
			if (!meets(u, &o.items[at], &a))
				continue;
			if (count == capacity)
				u->providers =
					mem_grow(u->providers, &capacity, sizeof *u->providers);
			u->providers[count++] = (struct provider){ o.items[at].row,
				row_at(u, o.items[at].row)->slot };
		}
		u->atom_at[i + 1] = (uint32_t)count;
	}
	free(o.at);
	free(o.items);
}

void universe_finish(struct universe *u)
{
	if (u->atom_at && u->finished == u->count)
		return;
	u->finished = u->count;
	free(u->slot_at);
	free(u->slot_rows);
	free(u->slot_next);
	free(u->atom_at);
	free(u->providers);
	u->providers = NULL;
	index_slots(u);
	index_names(u);
	index_atoms(u);
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
