/* SPDX-License-Identifier: Apache-2.0 */
#include "pending/freeze.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/patchset.h"
#include "model/version.h"
#include "pending/freeze_private.h"
#include "pending/last_seen.h"
#include "plan/plan.h"
#include "plan/universe.h"
#include "store/candidate.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define UNPLANNED_TOLD 5

/* ---- what is known of the hosts ---- */

void freeze_add_note(struct freeze *f, char *text)
{
	f->notes = mem_room(f->notes, f->note_count, &f->note_capacity, sizeof *f->notes);
	f->notes[f->note_count++] = text;
}

/* Nothing is known of what it needs. */
static bool is_unplanned(const struct freeze *f, size_t host)
{
	return !pending_plan_host_at(f->pending_plan, host)->state;
}

static int refuse_unplanned(const struct freeze *f, struct error *err)
{
	CLEANUP(str_done) struct str names = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < pending_plan_host_count(f->pending_plan); i++) {
		if (is_unplanned(f, i) && count++ < UNPLANNED_TOLD)
			str_addf(&names, "%s%s", names.size ? ", " : "",
				pending_plan_host_at(f->pending_plan, i)->name);
	}
	if (!count)
		return 0;
	return error_set(err, ERR_REFUSED,
		"the set would not be planned for %zu hosts that were never read: %s%s; 'patchline scan' "
		"reads them, and without --all-hosts they are left out and named",
		count, str_text(&names), count > UNPLANNED_TOLD ? ", ..." : "");
}

/* Hosts never read cannot be frozen for; some of them are told, a whole environment of them is refused. */
static int check_scanned(struct freeze *f, const struct freeze_request *r, struct error *err)
{
	const struct config *config = r->config;
	CLEANUP(free) size_t *scanned = mem_new(config->environment_count, sizeof *scanned);

	for (size_t i = 0; i < pending_plan_host_count(f->pending_plan); i++) {
		const struct seen_host *host = pending_plan_host_at(f->pending_plan, i);
		const struct environment *e = config_environment(config, host->environment);

		if (host->state)
			scanned[e->index]++;
	}
	for (size_t i = 0; i < config->environment_count; i++) {
		if (!scanned[i] && (!r->environment || r->environment == &config->environments[i]))
			return error_set(err, ERR_REFUSED,
				"no host of '%s' was ever read, so its needs are not known: 'patchline scan %s' does it",
				config->environments[i].name, config->environments[i].name);
	}
	return r->wants_all_hosts ? refuse_unplanned(f, err) : 0;
}

static void note_broken(struct freeze *f)
{
	for (size_t i = 0; i < pending_plan_host_count(f->pending_plan); i++) {
		size_t state = pending_plan_state_of(f->pending_plan, i);
		const struct plan *plan =
			state == PENDING_PLAN_NONE
				? NULL
				: pending_plan_state_at(f->pending_plan, state).plan;

		if (plan && plan_verdict(plan) == PLAN_BROKEN)
			freeze_add_note(
				f, mem_printf("%s is not consistent and was not planned for: %s",
					   pending_plan_host_at(f->pending_plan, i)->name,
					   plan_problem_at(plan, 0)));
	}
}

/* ---- the union of all plans, platform by platform ---- */

static void collect_plans(
	const struct freeze *f, size_t platform, const struct plan **plans, size_t *count)
{
	for (size_t i = 0; i < pending_plan_state_count(f->pending_plan); i++) {
		struct pending_plan_state s = pending_plan_state_at(f->pending_plan, i);

		if (s.platform == platform)
			plans[(*count)++] = s.plan;
	}
}

/* The set alone must do for each state what was planned from everything. */
static int check_union(const struct freeze *f, size_t platform, const uint32_t *ids, size_t count,
	struct error *err)
{
	struct pending_plan_platform p = pending_plan_platform_at(f->pending_plan, platform);
	struct plan_options pinned = { .pinned = ids, .pinned_count = count };

	for (size_t i = 0; i < pending_plan_state_count(f->pending_plan); i++) {
		struct pending_plan_state s = pending_plan_state_at(f->pending_plan, i);

		if (s.platform != platform || plan_verdict(s.plan) == PLAN_BROKEN)
			continue;
		if (plan_check(p.universe, s.state, &pinned, s.plan, NULL, err) < 0) {
			err->kind = ERR_REFUSED;
			return error_wrap(err, "the set does not resolve on the state of %s",
				freeze_host_in(f, i));
		}
	}
	return 0;
}

int freeze_add(struct freeze *f, size_t platform, uint32_t version, struct error *err)
{
	struct pending_plan_platform p = pending_plan_platform_at(f->pending_plan, platform);
	struct known known = universe_at(p.universe, version);
	struct known_file file;

	if (universe_file(p.universe, version, &file, err) < 0)
		return -1;

	f->entries = mem_room(f->entries, f->count, &f->capacity, sizeof *f->entries);
	f->entries[f->count++] = (struct entry){
		.frozen = { .platform = p.platform->name,
			.name = known.name,
			.version = known.version,
			.architecture = known.architecture,
			.oldest = "",
			.advisories = "",
			.why = "",
			.size = file.size,
			.is_security = known.is_security,
			.is_new = true },
		.platform = platform,
		.id = version,
		.file = file,
		.feed = known.feed,
		.source = known.source,
		.source_version = known.source_version,
		.limit = universe_limit_of(p.universe, version),
	};
	if (known.phase < 100)
		freeze_add_note(
			f, mem_printf("%s %s: its archive gives it to %u %% of machines so far",
				   known.name, known.version, known.phase));
	return 0;
}

static int unite_platform(struct freeze *f, size_t platform, struct error *err)
{
	size_t plan_count = 0, count = 0;
	CLEANUP(free)
	const struct plan **plans =
		mem_new(pending_plan_state_count(f->pending_plan), sizeof(struct plan *));
	CLEANUP(free) uint32_t *ids = NULL;

	collect_plans(f, platform, plans, &plan_count);
	plan_union(plans, plan_count, &ids, &count);
	if (check_union(f, platform, ids, count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (freeze_add(f, platform, ids[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- who needs what ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct frozen *x = &((const struct entry *)a)->frozen,
			    *y = &((const struct entry *)b)->frozen;
	int order = strcmp(x->platform, y->platform);

	if (!order)
		order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->architecture, y->architecture);
	return order ? order : strcmp(x->version, y->version);
}

static struct entry *find_entry(
	const struct freeze *f, size_t platform, const struct plan_change *c)
{
	struct entry key = { .frozen = {
				     .platform = pending_plan_platform_at(f->pending_plan, platform)
							 .platform->name,
				     .name = c->name,
				     .architecture = c->architecture,
				     .version = c->to,
			     } };

	return f->count ? bsearch(&key, f->entries, f->count, sizeof key, compare_entries) : NULL;
}

/* One host's share: which packages change on it, from what, in which environment of the line. */
static void count_host(struct freeze *f, const struct config *config, size_t host)
{
	size_t state = pending_plan_state_of(f->pending_plan, host);
	const struct environment *e = config_environment(
		config, pending_plan_host_at(f->pending_plan, host)->environment);

	if (state == PENDING_PLAN_NONE || !e)
		return;

	struct pending_plan_state s = pending_plan_state_at(f->pending_plan, state);
	const struct version_order *order = version_order_of(hoststate_platform(s.state));

	for (size_t i = 0; i < plan_change_count(s.plan); i++) {
		const struct plan_change *c = plan_change_at(s.plan, i);
		struct entry *entry = find_entry(f, s.platform, c);

		assert(entry);
		entry->frozen.hosts++;
		entry->environments[e->index] = true;
		if (!entry->frozen.first || e->index < entry->frozen.first->index)
			entry->frozen.first = e;
		if (c->is_new)
			continue;
		entry->frozen.is_new = false;
		if (!*entry->frozen.oldest ||
			version_compare(order, c->from, entry->frozen.oldest) < 0)
			entry->frozen.oldest = c->from;
	}
}

/* Which newer versions, of sources of lower priority, are on hosts already: they stay there, and nobody patched past the set. */
static void note_passed(const struct freeze *f, struct entry *e)
{
	for (size_t i = 0; i < pending_plan_state_count(f->pending_plan); i++) {
		struct pending_plan_state s = pending_plan_state_at(f->pending_plan, i);
		const struct version_order *order = version_order_of(hoststate_platform(s.state));
		const struct installed *p =
			s.platform == e->platform
				? hoststate_find(s.state, e->frozen.name, e->frozen.architecture)
				: NULL;

		if (p && version_compare(order, p->version, e->frozen.version) > 0 &&
			(!e->passed_by || version_compare(order, p->version, e->passed_by) > 0))
			e->passed_by = p->version;
	}
}

static int unite(struct freeze *f, const struct config *config, struct error *err)
{
	for (size_t k = 0; k < pending_plan_platform_count(f->pending_plan); k++) {
		if (unite_platform(f, k, err) < 0)
			return error_wrap(err, "platform '%s'",
				pending_plan_platform_at(f->pending_plan, k).platform->name);
	}
	if (f->count)
		qsort(f->entries, f->count, sizeof *f->entries, compare_entries);
	for (size_t i = 0; i < f->count; i++)
		f->entries[i].environments = mem_new(config->environment_count, sizeof(bool));
	for (size_t i = 0; i < f->count; i++) {
		if (f->entries[i].limit.may_be_passed)
			note_passed(f, &f->entries[i]);
	}
	for (size_t i = 0; i < pending_plan_host_count(f->pending_plan); i++)
		count_host(f, config, i);
	return 0;
}

/* ---- the whole ---- */

static int plan_asked(struct freeze *f, struct plan_options *options, struct error *err)
{
	CLEANUP(free) const char **only = mem_new(f->asked_count + 1, sizeof *only);

	for (size_t i = 0; i < f->asked_count; i++)
		only[i] = f->asked[i].name;
	options->only = only;

	int result = pending_plan_replan(f->pending_plan, options, err);

	options->only = NULL;
	return result;
}

/* What may change, as the request narrows it; what fixes stand for is found among everything. */
static int look_for_changes(
	struct freeze *f, const struct freeze_request *request, struct error *err)
{
	struct plan_options options = { .is_security_only = request->is_security_only,
		.only = request->only,
		.except = request->except };

	if (pending_plan_make(request->config, request->store, request->environment,
		    request->fixes ? NULL : &options, &f->pending_plan, err) < 0 ||
		check_scanned(f, request, err) < 0)
		return -1;
	if (!request->fixes)
		return 0;
	if (freeze_find_fixes(f, request, err) < 0 || plan_asked(f, &options, err) < 0)
		return -1;
	return freeze_add_siblings(f) ? plan_asked(f, &options, err) : 0;
}

int freeze_make(const struct freeze_request *request, struct freeze **out, struct error *err)
{
	CLEANUP(freeze_free) struct freeze *f = mem_new(1, sizeof *f);

	f->created_at = clock_now();
	if (release_check(request->release, err) < 0 || look_for_changes(f, request, err) < 0)
		return -1;
	note_broken(f);
	if (unite(f, request->config, err) < 0 || freeze_check_fixes(f, err) < 0 ||
		freeze_give_reasons(f, request, err) < 0)
		return -1;
	if (!request->is_dry_run && freeze_seal(f, request, err) < 0)
		return -1;
	*out = STEAL(&f);
	return 0;
}

/* ---- asking ---- */

const char *freeze_host_in(const struct freeze *f, size_t state)
{
	for (size_t i = 0; i < pending_plan_host_count(f->pending_plan); i++) {
		if (pending_plan_state_of(f->pending_plan, i) == state)
			return pending_plan_host_at(f->pending_plan, i)->name;
	}
	return "no host";
}

const struct patchset *freeze_set(const struct freeze *f)
{
	return f->set;
}

const char *freeze_candidate(const struct freeze *f)
{
	return f->candidate ? f->candidate : "";
}

bool freeze_is_unchanged(const struct freeze *f)
{
	return f->is_unchanged;
}

size_t freeze_count(const struct freeze *f)
{
	return f->count;
}

const struct frozen *freeze_at(const struct freeze *f, size_t index)
{
	assert(index < f->count);
	return &f->entries[index].frozen;
}

size_t freeze_environment_count(const struct freeze *f, const struct environment *e)
{
	size_t count = 0;

	for (size_t i = 0; i < f->count; i++)
		count += f->entries[i].environments[e->index];
	return count;
}

const struct seen_host *freeze_unplanned_next(const struct freeze *f, size_t *host)
{
	while (*host < pending_plan_host_count(f->pending_plan)) {
		if (is_unplanned(f, (*host)++))
			return pending_plan_host_at(f->pending_plan, *host - 1);
	}
	return NULL;
}

size_t freeze_note_count(const struct freeze *f)
{
	return f->note_count;
}

const char *freeze_note_at(const struct freeze *f, size_t index)
{
	assert(index < f->note_count);
	return f->notes[index];
}

void freeze_clear(struct freeze *f)
{
	for (size_t i = 0; i < f->count; i++) {
		known_file_done(&f->entries[i].file);
		free(f->entries[i].environments);
		free(f->entries[i].advisories);
		free(f->entries[i].unread);
		free(f->entries[i].history);
		free(f->entries[i].why);
	}
	for (size_t i = 0; i < f->asked_count; i++) {
		free(f->asked[i].name);
		free(f->asked[i].words);
	}
	free(f->entries);
	free(f->asked);
	f->entries = NULL;
	f->asked = NULL;
	f->count = f->capacity = f->asked_count = f->asked_capacity = 0;
}

void freeze_free(struct freeze *f)
{
	if (!f)
		return;
	freeze_clear(f);
	for (size_t i = 0; i < f->note_count; i++)
		free(f->notes[i]);
	free(f->notes);
	free(f->candidate);
	patchset_free(f->set);
	pending_plan_free(f->pending_plan);
	free(f);
}
