/* SPDX-License-Identifier: Apache-2.0 */
/* explain.c - what does not hold together, in words for those who run the hosts. */
#include "base/mem.h"
#include "base/str.h"
#include "plan/planner_private.h"

#include <string.h>

#define TOLD_MAX 3

static const struct seat *seat_at(const struct planner *p, uint32_t row)
{
	uint32_t seat = p->seat_of[row_at(p->u, row)->slot];

	return seat == UNIVERSE_NONE ? NULL : &p->seats[seat];
}

/* "installed acme-agent 1.0-1" */
static void add_row(struct str *text, const struct planner *p, uint32_t row)
{
	const struct seat *seat = seat_at(p, row);
	struct known k = universe_at(p->u, row);

	if (seat && seat->row == row)
		str_add(text, "installed ");
	str_addf(text, "%s %s", k.name, k.version);
}

static bool is_best(const struct planner *p, uint32_t row)
{
	uint32_t slot = row_at(p->u, row)->slot;

	return row == p->newest[slot] || row == p->wanted[slot] || is_chosen(p, row);
}

/* What keeps a row that would meet a clause from coming in; false: nothing that is known. */
static bool add_row_hindrance(struct str *text, const struct planner *p, uint32_t row)
{
	const struct seat *seat = seat_at(p, row);
	struct known k = universe_at(p->u, row);

	if (seat && seat->row != row && (seat->package->is_held || seat->package->is_pinned))
		str_addf(text, ", but %s is %s at %s on this host", k.name,
			seat->package->is_held ? "held" : "pinned", seat->package->version);
	else if (p->excluded[row_at(p->u, row)->slot] && !(seat && seat->row == row))
		str_addf(text, ", but %s is excluded", k.name);
	else if (k.is_available && !k.phase && !is_chosen(p, row))
		str_addf(text, ", but %s %s is halted by its archive", k.name, k.version);
	else if (k.is_available && !p->is_plain[row_at(p->u, row)->slot] && !is_best(p, row))
		str_addf(text, ", but %s %s is of a source of lower priority", k.name, k.version);
	else
		return false;
	return true;
}

/* Why none of the rows that meet the clause can come in, where that is known. */
static void add_hindrance(struct str *text, const struct planner *p, uint32_t at)
{
	bool is_known = false;

	for (;; at++) {
		struct providers providers = providers_of(p->u, p->u->words[at]);

		for (uint32_t i = 0; i < providers.count; i++) {
			uint32_t row = providers.items[i].row;
			const struct seat *seat = seat_at(p, row);

			is_known = is_known || universe_at(p->u, row).is_available ||
				   (seat && seat->row == row);
			if (add_row_hindrance(text, p, row))
				return;
		}
		if (!(p->u->words[at] & ALTERNATIVE))
			break;
	}
	if (!is_known)
		str_add(text, ", which no source has");
}

static void add_clause(struct str *text, const struct planner *p, uint32_t at)
{
	for (;; at++) {
		CLEANUP(free) char *atom = universe_atom_text(p->u, p->u->words[at]);

		str_add(text, atom);
		if (!(p->u->words[at] & ALTERNATIVE))
			return;
		str_add(text, " | ");
	}
}

static void add_conflict(struct str *text, const struct planner *p, const struct breach *b)
{
	struct known own = universe_at(p->u, b->row), other = universe_at(p->u, b->other);

	if (b->clause == UNIVERSE_NONE) {
		str_addf(text, " of %s cannot be beside %s of %s", own.architecture, other.version,
			other.architecture);
		return;
	}

	CLEANUP(free) char *atom = universe_atom_text(p->u, p->u->words[b->clause]);
	size_t name_size = strlen(other.name);

	str_addf(text, " conflicts with %s", atom);
	if (strncmp(atom, other.name, name_size) != 0 ||
		(atom[name_size] && atom[name_size] != ' '))
		str_addf(text, ", which %s %s provides", other.name, other.version);
}

char *explain_breach(const struct planner *p, const struct breach *b)
{
	struct str text = { 0 };

	add_row(&text, p, b->row);
	if (b->other != UNIVERSE_NONE) {
		add_conflict(&text, p, b);
		return str_take(&text);
	}
	str_add(&text, " needs ");
	add_clause(&text, p, b->clause);
	add_hindrance(&text, p, b->clause);
	return str_take(&text);
}

static bool is_told(char *const *told, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(told[i], text) == 0)
			return true;
	}
	return false;
}

char *explain_breaches(const struct planner *p, const struct breach *breaches, size_t count)
{
	char **told = mem_new(count, sizeof *told);
	struct str text = { 0 };
	size_t told_count = 0;

	for (size_t i = 0; i < count; i++) {
		char *line = explain_breach(p, &breaches[i]);

		if (is_told(told, told_count, line)) {
			free(line);
			continue;
		}
		if (told_count < TOLD_MAX)
			str_addf(&text, "%s%s", told_count ? "; " : "", line);
		told[told_count++] = line;
	}
	if (told_count > TOLD_MAX)
		str_addf(&text, "; and %zu more", told_count - TOLD_MAX);
	if (!told_count)
		str_add(&text, "does not go together with the other updates");
	for (size_t i = 0; i < told_count; i++)
		free(told[i]);
	free(told);
	return str_take(&text);
}
