/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeze_reason.c - why each package is in: it was asked for or is pending, or another one needs it.
 *
 * From what was asked for on, the relations of the packages' own stanzas are followed: what one depends on or
 * breaks in an older version is needed by it; what depends on its old version goes with it.
 */
#include "base/deb822.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/relation.h"
#include "pending/freeze_private.h"
#include "plan/universe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The stanzas of all entries while reasons are given, and in which order entries got theirs. */
struct reasoning {
	struct freeze *freeze;
	char **texts;            /* owned, as each of them */
	struct deb822 **stanzas; /* owned, as each of them: on its one paragraph */
	size_t *queue;           /* owned: entries that have a reason */
	size_t reached;
};

static void reasoning_done_p(struct reasoning *r)
{
	for (size_t i = 0; r->texts && i < r->freeze->count; i++) {
		deb822_free(r->stanzas[i]);
		free(r->texts[i]);
	}
	free(r->texts);
	free(r->stanzas);
	free(r->queue);
}

static void give(struct reasoning *r, size_t entry, char *why)
{
	struct entry *e = &r->freeze->entries[entry];

	free(e->why);
	e->why = why;
	e->frozen.why = why;
	r->queue[r->reached++] = entry;
}

/* ---- what was asked for ---- */

static bool is_listed(const char *const *names, const char *name)
{
	for (; *names; names++) {
		if (strcmp(*names, name) == 0)
			return true;
	}
	return false;
}

/* The reason of an entry that is no other's need; NULL for one that is. */
static char *own_reason(
	const struct freeze *f, const struct freeze_request *request, const struct frozen *p)
{
	const struct asked *asked = freeze_asked_find(f, p->name);

	if (asked && asked->words)
		return mem_printf("asked for: %s", asked->words);
	if (request->fixes || p->is_new || (request->only && !is_listed(request->only, p->name)) ||
		(request->is_security_only && !p->is_security))
		return NULL;
	return mem_strdup(request->only               ? "asked for"
			  : request->is_security_only ? "security fix"
						      : "pending");
}

/* ---- what the others need ---- */

static int read_stanza(struct reasoning *r, size_t entry, struct error *err)
{
	const struct entry *e = &r->freeze->entries[entry];
	struct pending_plan_platform p =
		pending_plan_platform_at(r->freeze->pending_plan, e->platform);
	size_t size = 0;

	if (universe_stanza(p.universe, e->id, &r->texts[entry], &size, err) < 0)
		return -1;
	r->stanzas[entry] = deb822_new_text(r->texts[entry], size);

	int found = deb822_next(r->stanzas[entry], err);

	if (found == 0)
		return error_set(
			err, ERR_CORRUPT, "the index has an empty stanza for %s", e->frozen.name);
	return found < 0 ? -1 : 0;
}

/* True when a field of the stanza names the package; what is not understood in it is passed over. */
static bool field_names(const struct deb822 *stanza, const char *field, const char *name)
{
	const char *rest = deb822_get(stanza, field);
	struct relation_term term;
	struct error ignored;

	while (rest && relation_next(&rest, &term, &ignored) > 0) {
		if (strlen(name) == term.name_size && memcmp(term.name, name, term.name_size) == 0)
			return true;
	}
	return false;
}

/* The same for what the package provides. */
static bool field_names_provided(
	const struct deb822 *stanza, const char *field, const struct deb822 *provider)
{
	const char *rest = deb822_get(provider, "Provides");
	struct relation_term term;
	struct error ignored;

	while (rest && relation_next(&rest, &term, &ignored) > 0) {
		CLEANUP(free) char *name = mem_strndup(term.name, term.name_size);

		if (field_names(stanza, field, name))
			return true;
	}
	return false;
}

static bool names_package(
	const struct reasoning *r, size_t from, size_t to, const char *const *fields)
{
	const char *name = r->freeze->entries[to].frozen.name;

	for (; *fields; fields++) {
		if (field_names(r->stanzas[from], *fields, name) ||
			field_names_provided(r->stanzas[from], *fields, r->stanzas[to]))
			return true;
	}
	return false;
}

/* Give a reason to every entry that an entry with one is tied to. */
static void spread(struct reasoning *r, size_t from)
{
	static const char *const needs[] = { "Depends", "Pre-Depends", "Breaks", "Conflicts",
		NULL };
	static const char *const depends[] = { "Depends", "Pre-Depends", NULL };
	const struct freeze *f = r->freeze;
	const struct entry *e = &f->entries[from];

	for (size_t i = 0; i < f->count; i++) {
		const struct entry *other = &f->entries[i];

		if (other->why || other->platform != e->platform)
			continue;
		if (names_package(r, from, i, needs))
			give(r, i, mem_printf("needed by %s", e->frozen.name));
		else if (names_package(r, i, from, depends))
			give(r, i, mem_printf("goes with %s", e->frozen.name));
	}
}

int freeze_give_reasons(struct freeze *f, const struct freeze_request *request, struct error *err)
{
	CLEANUP(reasoning_done) struct reasoning r = { .freeze = f };

	r.queue = mem_new(f->count, sizeof *r.queue);
	for (size_t i = 0; i < f->count; i++) {
		char *why = own_reason(f, request, &f->entries[i].frozen);

		if (why)
			give(&r, i, why);
	}
	if (r.reached == f->count)
		return 0;
	r.texts = mem_new(f->count, sizeof *r.texts);
	r.stanzas = mem_new(f->count, sizeof(struct deb822 *));
	for (size_t i = 0; i < f->count; i++) {
		if (read_stanza(&r, i, err) < 0)
			return error_wrap(err, "why %s is in", f->entries[i].frozen.name);
	}
	for (size_t i = 0; i < r.reached; i++)
		spread(&r, r.queue[i]);
	for (size_t i = 0; i < f->count; i++) {
		if (!f->entries[i].why)
			give(&r, i, mem_strdup("needed by what is asked for"));
	}
	return 0;
}
