/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/environment_scan.h"
#include "gate/admission.h"
#include "gate/hold.h"
#include "model/config.h"
#include "rehearse/stale.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/step.h"
#include "swap/swap_private.h"

#include <inttypes.h>

/* ---- beginning ---- */

static int open_clone(struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	const struct clone_request request = {
		.config = r->config,
		.store = r->store,
		.original = s->original,
		.actor = r->actor,
		.watch = r->watch.clone,
	};

	if (store_clone_find(r->store, r->clone->name, &row, err) < 0)
		return -1;
	return clone_open(&request, row.number, &s->clone, err);
}

int swap_begin(struct swap *s, const char *what, struct error *err)
{
	const struct swap_request *r = s->request;

	if (!r->clone->original)
		return error_set(err, ERR_USAGE, "'%s' is no clone", r->clone->name);
	if (r->clone->is_orphan)
		return error_set(err, ERR_REFUSED, "the original of '%s' is no longer in %s",
			r->clone->name, r->config->path);
	s->original = r->clone->original;

	CLEANUP(free) char *command = mem_printf("patchline %s %s", what, r->clone->name);

	if (lease_take(r->store, s->original->name, command, r->actor, &s->original_lease, err) <
			0 ||
		lease_take(r->store, r->clone->name, command, r->actor, &s->clone_lease, err) < 0)
		return -1;
	return open_clone(s, err);
}

/* Refuse a clone whose state allows no swap. */
static int check_state(const struct swap *s, struct error *err)
{
	const char *name = s->request->clone->name;

	switch (clone_row_of(s->clone)->state) {
	case CLONE_RUNNING:
	case CLONE_STOPPED:
		return 0;
	case CLONE_SWAPPING:
	case CLONE_RETURNING:
		return error_set(err, ERR_CONFLICT,
			"the swap of '%s' has not come to its end: 'patchline resume %s' goes on",
			name, name);
	case CLONE_SWAPPED:
		return error_set(err, ERR_REFUSED,
			"'%s' is swapped in already; 'patchline rollback %s' puts the originals back",
			name, s->original->name);
	default:
		return error_set(err, ERR_REFUSED,
			"'%s' is %s, and only one that runs, or is "
			"stopped, can be swapped in",
			name, clone_state_name(clone_row_of(s->clone)->state));
	}
}

/* ---- may it? ---- */

static int check_groups(const struct swap *s, struct error *err)
{
	for (const char *const *name = s->request->groups; name && *name; name++) {
		if (!environment_group(s->original, *name))
			return error_set(
				err, ERR_USAGE, "'%s' has no group '%s'", s->original->name, *name);
	}
	for (const char **name = s->mark.groups; *name; name++) {
		const struct group *group = environment_group(s->original, *name);

		if (group->is_stateful && !*group->data)
			return error_set(err, ERR_REFUSED,
				"group '%s' keeps what customers write and declares no 'data:'; a swap would "
				"lose all that was written since the clone. Declare where it is kept and clone "
				"again, swap other groups with --group, or take --patch-original",
				*name);
	}
	return 0;
}

/* Refuse what lies in an original's own system and in no copy: a swap would leave it behind. */
static int check_batch_coverage(const struct swap *s, struct provider_session *session,
	const char *const *hosts, struct error *err)
{
	struct provider_target target = clone_original_target(s->clone, hosts);
	CLEANUP(coverage_done) struct coverage coverage = { 0 };

	if (provider_coverage(session, &target, &coverage, err) < 0)
		return -1;
	for (size_t i = 0; i < coverage.count; i++) {
		const struct coverage_area *area = &coverage.areas[i];

		if (area->is_inside && !area->is_covered)
			return error_set(err, ERR_REFUSED,
				"%s: %s has no part in the copy and would be gone with the swap (%s); take "
				"--patch-original",
				area->host, area->path, area->why);
	}
	return 0;
}

static int check_coverage(const struct swap *s, struct provider_session *session, struct error *err)
{
	for (size_t i = 0; i < s->mark.batches.count; i++) {
		if (check_batch_coverage(s, session, s->mark.batches.items[i].hosts, err) < 0)
			return -1;
	}
	return 0;
}

static int provider_check_exchange(struct swap *s, struct error *err)
{
	struct provider_session *session = NULL;

	if (clone_provider(s->clone, &session, err) < 0)
		return -1;
	if (provider_can(session, "exchange"))
		return check_coverage(s, session, err);
	return error_set(err, ERR_REFUSED,
		"provider '%s' (%s) cannot put a clone into the place of its original; take "
		"--patch-original",
		clone_row_of(s->clone)->provider, provider_label(session));
}

/* Scan a running clone once more: its gate counts what its hosts are. */
static int look_at_clone(const struct swap *s, struct error *err)
{
	const struct swap_request *r = s->request;
	const struct environment_scan_options options = {
		.config = r->config, .environment = r->clone, .actor = r->actor
	};
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };

	if (clone_row_of(s->clone)->state != CLONE_RUNNING)
		return 0;
	return environment_scan_take(r->store, &options, &scan, err);
}

/* @param actor  NULL: a refusal leaves no trace. */
static int check_gate(const struct swap *s, const char *actor, struct error *err)
{
	const struct swap_request *r = s->request;
	const char *candidate = clone_row_of(s->clone)->candidate;

	if (!candidate)
		return error_set(err, ERR_REFUSED,
			"nothing was tried in '%s' yet: 'patchline promote CANDIDATE --to %s', test, "
			"approve",
			r->clone->name, r->clone->name);

	const struct admission asked = { r->config, r->store, candidate, s->original, r->clone };

	if (admission_check(&asked, actor, err) < 0)
		return -1;
	return stale_check(r->config, r->store, r->clone, r->actor, actor != NULL, err);
}

/* Fill the mark: groups, batches, and how the original stands before. */
static int draft_mark(struct swap *s, struct error *err)
{
	const struct environment *e = s->original;
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	size_t count = 0;

	if (store_environment_find(s->request->store, e->name, &row, err) < 0)
		return -1;
	if (row.status == ENVIRONMENT_ROLLING)
		return error_set(err, ERR_CONFLICT,
			"rollout-%lld in '%s' has not come to its end; 'patchline status' says how it goes on",
			(long long)row.rollout, e->name);
	s->mark = (struct swap_mark){ .status = row.status, .set = mem_strdup(row.set) };
	s->mark.groups = mem_new(e->group_count + 1, sizeof *s->mark.groups);
	batches_make(e, s->request->groups, &s->mark.batches);
	for (size_t i = 0; i < e->group_count; i++) {
		const char *const *only = s->request->groups;

		while (only && *only && !str_equal(*only, e->groups[i].name))
			only++;
		if (!only || *only)
			s->mark.groups[count++] = e->groups[i].name;
	}
	return 0;
}

/* Refuse while a host may be in the middle of a step: its machine would be stopped. */
static int check_idle(const struct swap *s, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_steps_open(s->request->store, s->original->name, &open, err) < 0)
		return -1;
	if (!open.count)
		return 0;
	return error_set(err, ERR_REFUSED,
		"'%s' may still be at %s of rollout-%" PRId64 ": 'patchline promote' asks it first",
		open.items[0].host, step_name(open.items[0].step), open.items[0].rollout);
}

int swap_admit(struct swap *s, const char *actor, struct error *err)
{
	if (hold_check(s->request->store, s->original, err) < 0 || check_idle(s, err) < 0 ||
		check_state(s, err) < 0 || draft_mark(s, err) < 0 || check_groups(s, err) < 0 ||
		provider_check_exchange(s, err) < 0 || look_at_clone(s, err) < 0)
		return -1;
	return check_gate(s, actor, err);
}

/* ---- what would be lost ---- */

static int add_batch(struct swap *s, const char *const *hosts, bool is_back, struct swap_diff *out,
	struct error *err)
{
	const struct swap_request *r = s->request;

	if (is_back)
		return swap_diff_add(s->clone, SWAP_DIFF_SWAPPED, hosts, out, err);
	if (swap_diff_add(s->clone, SWAP_DIFF_ORIGINAL, hosts, out, err) < 0 ||
		swap_diff_add_sanitized(r->store, r->clone->name, hosts, out, err) < 0)
		return -1;
	return swap_diff_add(s->clone, SWAP_DIFF_CLONE, hosts, out, err);
}

int swap_find_diff(struct swap *s, bool is_back, struct swap_diff *out, struct error *err)
{
	for (size_t i = 0; i < s->mark.batches.count; i++) {
		if (add_batch(s, s->mark.batches.items[i].hosts, is_back, out, err) < 0)
			return -1;
	}
	return 0;
}

struct comparison {
	struct swap *swap;
	struct swap_diff *swap_diff;
	bool is_back;
};

static int act_compare(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct comparison *comparison = context;
	struct swap_diff *out = comparison->swap_diff;
	struct swap *s = comparison->swap;

	(void)c;
	if (swap_find_diff(s, comparison->is_back, out, err) < 0)
		return -1;
	trace->details = swap_diff_json(out);
	return 0;
}

/* The lists are evidence, whatever the answer is. */
int swap_ask(struct swap *s, bool is_back, struct error *err)
{
	const struct swap_request *r = s->request;
	CLEANUP(swap_diff_done) struct swap_diff swap_diff = { 0 };
	struct comparison comparison = { s, &swap_diff, is_back };

	if (clone_do(s->clone, "compare", "", act_compare, &comparison, err) < 0)
		return -1;
	if (!r->confirm || r->confirm(r->confirm_context, &swap_diff))
		return 0;
	return error_set(err, ERR_REFUSED,
		"nobody said yes to what is listed, so nothing was changed; --yes says it beforehand");
}
