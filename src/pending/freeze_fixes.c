/* SPDX-License-Identifier: Apache-2.0 */
/*
 * freeze_fixes.c - what was asked for by name: packages, sources of packages, ids of advisories.
 *
 * An id is looked for in the changelogs of all that is pending, between the version that hosts have and the
 * one that they could have. Where it is not, it may be older: then the hosts have it, and that is told.
 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/changelog.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/patchset.h"
#include "model/version.h"
#include "pending/freeze_private.h"
#include "plan/plan.h"
#include "plan/universe.h"
#include "store/set.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct search {
	struct freeze *freeze;
	const struct freeze_request *request;
	struct freeze pending; /* entries: all that hosts could get, held back or not */
	struct pool *pool;     /* NULL until an id was asked for */
};

static void search_done_p(struct search *s)
{
	s->pending.pending_plan = NULL; /* the freeze's own */
	freeze_clear(&s->pending);
	pool_close(s->pool);
}

/* "the hosts of production" */
static char *place_words(const struct freeze_request *r)
{
	return r->environment ? mem_printf("the hosts of %s", r->environment->name)
			      : mem_strdup("the hosts of the line");
}

/* ---- what is pending ---- */

static int add_pending(struct search *s, size_t platform, uint32_t version, const char *installed,
	struct error *err)
{
	struct pending_plan_platform of =
		pending_plan_platform_at(s->freeze->pending_plan, platform);
	const struct version_order *order = version_order_of(of.platform->name);
	struct freeze *w = &s->pending;
	struct frozen *found = NULL;

	for (size_t i = 0; i < w->count && !found; i++) {
		if (w->entries[i].platform == platform && w->entries[i].id == version)
			found = &w->entries[i].frozen;
	}
	if (!found) {
		if (freeze_add(w, platform, version, err) < 0)
			return -1;
		found = &w->entries[w->count - 1].frozen;
		found->is_new = false;
	}
	if (!*found->oldest || version_compare(order, installed, found->oldest) < 0)
		found->oldest = installed;
	return 0;
}

static int collect_pending(struct search *s, struct error *err)
{
	const struct pending_plan *o = s->freeze->pending_plan;

	for (size_t i = 0; i < pending_plan_state_count(o); i++) {
		struct pending_plan_state state = pending_plan_state_at(o, i);

		for (size_t k = 0; k < plan_change_count(state.plan); k++) {
			const struct plan_change *c = plan_change_at(state.plan, k);

			if (!c->is_new &&
				add_pending(s, state.platform, c->version, c->from, err) < 0)
				return -1;
		}
		for (size_t k = 0; k < plan_kept_count(state.plan); k++) {
			const struct plan_kept *c = plan_kept_at(state.plan, k);

			if (add_pending(s, state.platform, c->version, c->installed, err) < 0)
				return -1;
		}
	}
	return 0;
}

static int read_pending(struct search *s, struct error *err)
{
	if (s->pool)
		return 0;
	if (pool_open(s->request->config->state, &s->pool, err) < 0 ||
		freeze_fetch(&s->pending, s->request, s->pool, err) < 0)
		return -1;
	return freeze_read_changelogs(&s->pending, s->pool, CHANGELOG_NEWS, err);
}

/* ---- asking for it ---- */

/* True when the word stands in a list of words with single spaces between. */
static bool has_word(const char *list, const char *word)
{
	size_t size = strlen(word);

	for (const char *at = list; (at = strstr(at, word)); at += size) {
		if ((at == list || at[-1] == ' ') && (!at[size] || at[size] == ' '))
			return true;
	}
	return false;
}

struct asked *freeze_asked_find(const struct freeze *f, const char *name)
{
	for (size_t i = 0; i < f->asked_count; i++) {
		if (strcmp(f->asked[i].name, name) == 0)
			return &f->asked[i];
	}
	return NULL;
}

/* words: NULL for a sibling. */
static void add_asked(struct freeze *f, const char *name, const char *words)
{
	f->asked = mem_room(f->asked, f->asked_count, &f->asked_capacity, sizeof *f->asked);
	f->asked[f->asked_count++] =
		(struct asked){ mem_strdup(name), words ? mem_strdup(words) : NULL };
}

/* The same package may be asked for in several words. */
static void ask_for(struct freeze *f, const char *name, const char *words)
{
	struct asked *known = freeze_asked_find(f, name);

	if (!known) {
		add_asked(f, name, words);
	} else if (!has_word(known->words, words)) {
		char *both = mem_printf("%s %s", known->words, words);

		free(known->words);
		known->words = both;
	}
}

/* ---- a name ---- */

/* A host's package of that name, or of a source of that name; NULL when no host has one. */
static const struct installed *find_installed(const struct search *s, const char *name)
{
	const struct pending_plan *o = s->freeze->pending_plan;

	for (size_t i = 0; i < pending_plan_state_count(o); i++) {
		const struct hoststate *state = pending_plan_state_at(o, i).state;

		for (size_t k = 0; k < hoststate_count(state); k++) {
			const struct installed *p = hoststate_at(state, k);

			if (strcmp(p->name, name) == 0 || strcmp(p->source, name) == 0)
				return p;
		}
	}
	return NULL;
}

static int find_name(struct search *s, const char *name, struct error *err)
{
	CLEANUP(free) char *place = place_words(s->request);
	const struct installed *installed = NULL;
	bool is_found = false;

	for (size_t i = 0; i < s->pending.count; i++) {
		const struct entry *e = &s->pending.entries[i];

		if (strcmp(e->frozen.name, name) != 0 && !str_equal(e->source, name))
			continue;
		ask_for(s->freeze, e->frozen.name, name);
		is_found = true;
	}
	if (is_found)
		return 0;
	installed = find_installed(s, name);
	if (installed)
		return error_set(err, ERR_NOT_FOUND,
			"nothing newer than %s %s is on offer for %s: what '%s' stands for is "
			"installed there as new as the sources have it ('patchline sync' asks them again)",
			installed->name, installed->version, place, name);
	return error_set(err, ERR_NOT_FOUND,
		"'%s' is neither a package that %s have, nor the source of one, nor an id like "
		"CVE-2026-1234, DSA-6001-1 or GHSA-vh2m-22xx-q8qf",
		name, place);
}

/* ---- an id ---- */

/* An older entry of a changelog names it: what is installed has it. */
static int find_in_history(struct search *s, const char *id, struct error *err)
{
	if (freeze_read_changelogs(&s->pending, s->pool, CHANGELOG_HISTORY, err) < 0)
		return -1;
	for (size_t i = 0; i < s->pending.count; i++) {
		const struct entry *e = &s->pending.entries[i];

		if (!has_word(e->history, id))
			continue;
		return error_set(err, ERR_NOT_FOUND,
			"%s is fixed already: the changelog of %s names it at or before %s, which is "
			"installed",
			id, e->frozen.name, e->frozen.oldest);
	}
	return 0;
}

/* The oldest version of a package on any host; NULL when no host has it. */
static const char *oldest_installed(const struct search *s, const struct package *p)
{
	const struct version_order *order = version_order_of(p->platform);
	const struct pending_plan *o = s->freeze->pending_plan;
	const char *oldest = NULL;

	for (size_t i = 0; i < pending_plan_state_count(o); i++) {
		struct pending_plan_state state = pending_plan_state_at(o, i);
		const struct installed *found =
			hoststate_find(state.state, p->name, p->architecture);

		if (found && str_equal(hoststate_platform(state.state), p->platform) &&
			(!oldest || version_compare(order, found->version, oldest) < 0))
			oldest = found->version;
	}
	return oldest;
}

/* A package of a set that names the id: hosts that have its version, or a newer one, have the fix. */
static int tell_of_set(const struct search *s, const struct patchset *set, const struct package *p,
	const char *id, struct error *err)
{
	const char *oldest = oldest_installed(s, p);
	CLEANUP(free) char *place = place_words(s->request);

	if (!oldest)
		return error_set(err, ERR_NOT_FOUND,
			"%s is about %s (set %.12s brings %s), which %s do not have", id, p->name,
			patchset_digest(set), p->version, place);
	return error_set(err, ERR_NOT_FOUND,
		"%s is fixed already: %s %s of set %.12s names it, and %s have %s", id, p->name,
		p->version, patchset_digest(set), place, oldest);
}

static int find_in_set(struct search *s, const char *digest, const char *id, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (setfile_open(s->request->config->state, digest, &set, err) < 0)
		return -1;
	for (size_t i = 0; i < patchset_count(set); i++) {
		const struct package *p = patchset_at(set, i);
		const char *oldest = has_word(p->advisories, id) ? oldest_installed(s, p) : NULL;

		if (!has_word(p->advisories, id) ||
			(oldest && version_compare(
					   version_order_of(p->platform), oldest, p->version) < 0))
			continue;
		return tell_of_set(s, set, p, id, err);
	}
	return 0;
}

static int find_in_sets(struct search *s, const char *id, struct error *err)
{
	CLEANUP(set_rows_done) struct set_rows rows = { 0 };

	if (store_sets(s->request->store, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (!rows.items[i].cleaned_at && find_in_set(s, rows.items[i].digest, id, err) < 0)
			return -1;
	}
	return 0;
}

static int tell_unknown(const struct search *s, const char *id, struct error *err)
{
	CLEANUP(free) char *place = place_words(s->request);

	return error_set(err, ERR_NOT_FOUND,
		"no pending package of %s names %s: the changelogs of %zu packages were read, between "
		"the version that is installed and the one on offer, and all older entries; the sealed "
		"sets do not name it either. 'patchline sync' asks the sources for newer packages; a fix "
		"whose changelog does not name it can be asked for by the package's name",
		place, id, s->pending.count);
}

static int find_id(struct search *s, const char *id, struct error *err)
{
	bool is_found = false;

	if (read_pending(s, err) < 0)
		return -1;
	for (size_t i = 0; i < s->pending.count; i++) {
		const struct entry *e = &s->pending.entries[i];

		if (!has_word(e->frozen.advisories, id))
			continue;
		ask_for(s->freeze, e->frozen.name, id);
		is_found = true;
	}
	if (is_found)
		return 0;
	if (find_in_history(s, id, err) < 0 || find_in_sets(s, id, err) < 0)
		return -1;
	return tell_unknown(s, id, err);
}

/* ---- all of them ---- */

int freeze_find_fixes(struct freeze *f, const struct freeze_request *request, struct error *err)
{
	CLEANUP(search_done)
	struct search s = {
		.freeze = f,
		.request = request,
		.pending = { .pending_plan = f->pending_plan },
	};

	if (collect_pending(&s, err) < 0)
		return -1;
	for (const char *const *fix = request->fixes; *fix; fix++) {
		CLEANUP(free) char *id = changelog_id(*fix);

		if ((id ? find_id(&s, id, err) : find_name(&s, *fix, err)) < 0)
			return -1;
	}
	return 0;
}

static const struct plan_kept *kept_named(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan_kept_count(plan); i++) {
		if (strcmp(plan_kept_at(plan, i)->name, name) == 0)
			return plan_kept_at(plan, i);
	}
	return NULL;
}

/* Why a package that was asked for stays as it is on a host; NULL when none is left out. */
static const struct plan_kept *find_kept(const struct freeze *f, const char *name, size_t *state)
{
	for (size_t i = 0; i < pending_plan_state_count(f->pending_plan); i++) {
		const struct plan_kept *kept =
			kept_named(pending_plan_state_at(f->pending_plan, i).plan, name);

		if (kept) {
			*state = i;
			return kept;
		}
	}
	return NULL;
}

/* The source of a version of a platform. Borrowed. */
static const char *source_of(const struct freeze *f, size_t platform, uint32_t version)
{
	return universe_at(pending_plan_platform_at(f->pending_plan, platform).universe, version)
		.source;
}

/* The packages of a source that stay only because nobody asked for them. */
static void add_siblings(struct freeze *f, struct pending_plan_state state, const char *source)
{
	for (size_t i = 0; i < plan_kept_count(state.plan); i++) {
		const struct plan_kept *k = plan_kept_at(state.plan, i);

		if (k->cause == KEPT_NOT_ASKED && !freeze_asked_find(f, k->name) &&
			str_equal(source_of(f, state.platform, k->version), source))
			add_asked(f, k->name, NULL);
	}
}

size_t freeze_add_siblings(struct freeze *f)
{
	size_t before = f->asked_count;

	for (size_t i = 0; i < pending_plan_state_count(f->pending_plan); i++) {
		struct pending_plan_state state = pending_plan_state_at(f->pending_plan, i);

		for (size_t k = 0; k < plan_kept_count(state.plan); k++) {
			const struct plan_kept *kept = plan_kept_at(state.plan, k);

			if (kept->cause == KEPT_CONFLICT)
				add_siblings(f, state, source_of(f, state.platform, kept->version));
		}
	}
	return f->asked_count - before;
}

static bool brings(const struct freeze *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->entries[i].frozen.name, name) == 0)
			return true;
	}
	return false;
}

int freeze_check_fixes(const struct freeze *f, struct error *err)
{
	for (size_t i = 0; i < f->asked_count; i++) {
		const struct asked *a = &f->asked[i];
		size_t state = 0;
		const struct plan_kept *kept =
			!a->words || brings(f, a->name) ? NULL : find_kept(f, a->name, &state);

		if (kept)
			return error_set(err, ERR_REFUSED,
				"%s (asked for as %s) would come to no host: on %s it stays at %s: %s",
				a->name, a->words, freeze_host_in(f, state), kept->installed,
				kept->reason);
	}
	return 0;
}
