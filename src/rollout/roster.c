/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/roster.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "model/patchset.h"
#include "plan/plan.h"
#include "policy/wave.h"
#include "rollout/fit.h"
#include "rollout/rollout.h"
#include "rollout/way.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct roster {
	struct census census;
	/* One for each host, of `distinct`; NULL when it could not be read. */
	const struct hoststate **states; /* owned list */
	struct hoststate **distinct;     /* owned, each too: equal hosts share one */
	size_t distinct_count, distinct_capacity;
	struct fits *fits;
	struct member *members;
	size_t count, wave_count;
};

static void set_reason(struct member *m, const char *fmt, va_list args)
{
	char *reason = NULL;

	if (vasprintf(&reason, fmt, args) < 0)
		abort();
	free(m->reason);
	m->reason = reason;
}

void member_judge(struct member *m, enum host_verdict verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	m->verdict = verdict;
	m->failure = FAILURE_NONE;
}

void member_fail(struct member *m, enum failure failure, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	m->verdict = failure == FAILURE_UNREACHABLE ? HOST_UNREACHABLE : HOST_FAILED;
	m->failure = failure;
}

void member_remark(struct member *m, const char *fmt, ...)
{
	CLEANUP(free) char *before = STEAL(&m->reason);
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	if (!before || !*before)
		return;

	char *both = mem_printf("%s; %s", before, m->reason);

	free(m->reason);
	m->reason = both;
}

void member_return(struct member *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	m->verdict = HOST_REVERTED;
}

char *plan_json(const struct plan *plan)
{
	CLEANUP(jvalue_free) struct jvalue *list = jvalue_array();

	for (size_t i = 0; plan && i < plan_change_count(plan); i++) {
		const struct plan_change *c = plan_change_at(plan, i);
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "name", c->name);
		jvalue_set_string(one, "architecture", c->architecture);
		jvalue_set_string(one, "from", c->from);
		jvalue_set_string(one, "to", c->to);
		jvalue_add(list, one);
	}
	return jvalue_write(list);
}

/* Hand the watch of a rollout what the census tells. */
static void tell_scan(void *context, const struct place *place, const struct scan_target *target,
	size_t done, size_t count)
{
	const struct rollout_watch *watch = context;

	if (watch->on_scan)
		watch->on_scan(watch->context, place->host->name, done, count,
			target->inventory ? NULL : target->error.text);
}

static int take_census(
	const struct rollout_request *request, struct census *census, struct error *err)
{
	struct rollout_watch watch = request->watch;
	struct census_options options = {
		.config = request->config,
		.environment = request->environment,
		.names = request->hosts,
		.actor = request->actor,
		.on_host = tell_scan,
		.context = &watch,
	};

	return census_take(request->store, &options, census, err);
}

static const struct hoststate *find_state(const struct roster *r, const char *digest)
{
	for (size_t i = 0; i < r->distinct_count; i++) {
		if (str_equal(hoststate_digest(r->distinct[i]), digest))
			return r->distinct[i];
	}
	return NULL;
}

static int read_state(struct roster *r, const struct inventory *inventory,
	const struct hoststate **out, struct error *err)
{
	size_t size = 0;
	const char *text = inventory_state(inventory, &size);

	*out = find_state(r, inventory_state_digest(inventory));
	if (*out)
		return 0;
	if (r->distinct_count == r->distinct_capacity)
		r->distinct =
			mem_grow(r->distinct, &r->distinct_capacity, sizeof(struct hoststate *));
	if (hoststate_read(text, size, &r->distinct[r->distinct_count], err) < 0)
		return -1;
	*out = r->distinct[r->distinct_count++];
	return 0;
}

static int read_states(struct roster *r, struct error *err)
{
	r->states = mem_new(r->census.count, sizeof(struct hoststate *));
	for (size_t i = 0; i < r->census.count; i++) {
		const struct inventory *inventory = r->census.targets[i].inventory;

		if (inventory && read_state(r, inventory, &r->states[i], err) < 0)
			return error_wrap(
				err, "state of host '%s'", r->census.places[i].host->name);
	}
	return 0;
}

/* A host that cannot be patched has its verdict before anything starts. */
static void judge_early(struct member *m, const struct scan_target *target, enum fit_verdict fit,
	const char *words, const char *unplanned)
{
	if (!target->inventory) {
		bool is_away = target->error.kind == ERR_UNREACHABLE;

		member_fail(m, is_away ? FAILURE_UNREACHABLE : FAILURE_PRECHECK, "scan: %s",
			target->error.text);
		return;
	}
	switch (fit) {
	case FIT_AT_SET:
	case FIT_BEHIND:
		if (unplanned)
			member_fail(m, FAILURE_PRECHECK,
				"nothing was changed: the set was not planned for it: %s; freeze a newer set",
				unplanned);
		return;
	case FIT_BROKEN:
		member_fail(m, FAILURE_PRECHECK,
			"nothing was changed: its packages are not consistent: %s; to put right: dpkg --configure "
			"-a, apt-get -f install",
			words);
		return;
	case FIT_ELSEWHERE:
		member_fail(m, FAILURE_PRECHECK,
			"nothing was changed: %s; somebody patched it past the set: freeze a newer set or take "
			"the host back",
			words);
		return;
	case FIT_FOREIGN:
		member_fail(
			m, FAILURE_PRECHECK, "nothing was changed: %s; freeze a newer set", words);
		return;
	case FIT_VERDICT_COUNT:
		break;
	}
	abort();
}

static void fill_member(struct roster *r, const struct patchset *set, size_t from, struct member *m)
{
	struct scan_target *target = &r->census.targets[from];

	*m = (struct member){
		.place = r->census.places[from],
		.session = target->session,
		.platform = "",
		.plan = fits_plan(r->fits, from),
		.state = r->states[from],
		.verdict = HOST_WAITING,
		.reason = mem_strdup(""),
	};
	if (target->inventory) {
		const struct facts *facts = inventory_facts(target->inventory);

		m->platform = facts->platform;
		m->is_stale = facts->deleted_library_count;
		m->is_reboot_required = facts->is_reboot_required;
		m->state_before = inventory_state_digest(target->inventory);
	}
	judge_early(m, target, fits_verdict(r->fits, from), fits_words(r->fits, from),
		patchset_unplanned(set, host_plain_name(m->place.host)));
}

/* The census goes group by group; within a group the policy says who is in which wave. */
static void assign_waves(struct roster *r)
{
	for (size_t start = 0, end; start < r->count; start = end) {
		const struct group *group = r->members[start].place.group;
		size_t last = 0;

		for (end = start; end < r->count && r->members[end].place.group == group; end++)
			;
		for (size_t i = start; i < end; i++) {
			size_t wave = wave_of(group, end - start, i - start);

			r->members[i].wave = r->wave_count + wave + 1;
			r->members[i].position =
				i > start && r->members[i - 1].wave == r->members[i].wave
					? r->members[i - 1].position + 1
					: 1;
			last = wave + 1;
		}
		r->wave_count += last;
	}
}

int roster_make(const struct rollout_request *request, struct roster **out, struct error *err)
{
	CLEANUP(roster_free) struct roster *r = mem_new(1, sizeof *r);

	if (take_census(request, &r->census, err) < 0 || read_states(r, err) < 0)
		return -1;
	if (fits_new(request->set, request->config->state, r->states, r->census.count, &r->fits,
		    err) < 0)
		return -1;
	r->members = mem_new(r->census.count, sizeof *r->members);
	for (; r->count < r->census.count; r->count++)
		fill_member(r, request->set, r->count, &r->members[r->count]);
	assign_waves(r);
	*out = STEAL(&r);
	return 0;
}

size_t roster_count(const struct roster *r)
{
	return r->count;
}

struct member *roster_at(struct roster *r, size_t index)
{
	assert(index < r->count);
	return &r->members[index];
}

struct session_pool *roster_pool(const struct roster *r)
{
	return r->census.pool;
}

size_t roster_wave_count(const struct roster *r)
{
	return r->wave_count;
}

void roster_set_wave(struct roster *r, struct member *m, size_t wave, size_t position)
{
	m->wave = wave;
	m->position = position;
	if (wave > r->wave_count)
		r->wave_count = wave;
}

void roster_free(struct roster *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free(r->members[i].state_after);
		free(r->members[i].reason);
		way_free(r->members[i].way);
	}
	for (size_t i = 0; i < r->distinct_count; i++)
		hoststate_free(r->distinct[i]);
	free(r->distinct);
	free(r->members);
	free(r->states);
	fits_free(r->fits);
	census_done(&r->census);
	free(r);
}
