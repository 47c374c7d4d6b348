/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/roster.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/repository.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "model/package_manager.h"
#include "model/patchset.h"
#include "plan/fit.h"
#include "plan/plan.h"
#include "policy/wave.h"
#include "rollout/rollout.h"
#include "rollout/way.h"
#include "store/host.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A state that hosts are in, and what the set means for it; equal hosts share one. */
struct stand {
	struct hoststate *state; /* owned */
	const struct fits *fits; /* of the roster */
	size_t index;            /* in these */
};

struct roster {
	const struct rollout_request *request;
	struct census census;
	struct member *members; /* one for each host of the census */
	size_t count, wave_count;
	pthread_mutex_t lock; /* guards what follows: hosts are looked at side by side */
	struct stand *stands; /* owned list */
	size_t stand_count, stand_capacity;
	struct fits **fits; /* owned list, each too */
	size_t fits_count, fits_capacity;
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

static struct census_options census_of(
	const struct rollout_request *request, struct rollout_watch *watch)
{
	*watch = request->watch;
	return (struct census_options){
		.config = request->config,
		.environment = request->environment,
		.names = request->hosts,
		.actor = request->actor,
		.on_host = tell_scan,
		.context = watch,
	};
}

/* ---- states and what the set means for them ---- */

static bool find_stand(const struct roster *r, const char *digest, size_t *out)
{
	for (size_t i = 0; i < r->stand_count; i++) {
		if (str_equal(hoststate_digest(r->stands[i].state), digest))
			return *out = i, true;
	}
	return false;
}

/* Takes the state. */
static size_t put_stand(struct roster *r, struct hoststate *state)
{
	if (r->stand_count == r->stand_capacity)
		r->stands = mem_grow(r->stands, &r->stand_capacity, sizeof *r->stands);
	r->stands[r->stand_count] = (struct stand){ .state = state };
	return r->stand_count++;
}

static int add_stand(struct roster *r, const char *digest, const char *text, size_t size,
	size_t *out, struct error *err)
{
	struct hoststate *state = NULL;

	if (find_stand(r, digest, out))
		return 0;
	if (hoststate_read(text, size, &state, err) < 0)
		return -1;
	*out = put_stand(r, state);
	return 0;
}

/* Those that are not yet. */
static int plan_stands(struct roster *r, struct error *err)
{
	CLEANUP(free)
	const struct hoststate **states = mem_new(r->stand_count + 1, sizeof(struct hoststate *));
	CLEANUP(set_indexes_done) struct set_indexes indexes = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < r->stand_count; i++) {
		if (!r->stands[i].fits)
			states[count++] = r->stands[i].state;
	}
	if (!count)
		return 0;
	if (set_indexes_open(r->request->config->state, r->request->set, &indexes, err) < 0)
		return -1;
	if (r->fits_count == r->fits_capacity)
		r->fits = mem_grow(r->fits, &r->fits_capacity, sizeof(struct fits *));
	if (fits_new(r->request->set, (const char *const *)indexes.paths, states, count,
		    &r->fits[r->fits_count], err) < 0)
		return -1;
	for (size_t i = 0, at = 0; i < r->stand_count; i++) {
		if (!r->stands[i].fits) {
			r->stands[i].fits = r->fits[r->fits_count];
			r->stands[i].index = at++;
		}
	}
	r->fits_count++;
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
			"nothing was changed: its packages are not consistent: %s; to put right: %s",
			words,
			package_manager_of(inventory_facts(target->inventory)->platform)->repair);
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

static void take_stand(struct member *m, const struct stand *stand)
{
	m->state = stand->state;
	m->platform = hoststate_platform(stand->state);
	m->state_before = hoststate_digest(stand->state);
	m->plan = fits_plan(stand->fits, stand->index);
}

/* What was scanned. Its text is of no more use then. */
static void judge_seen(struct roster *r, struct member *m, size_t stand)
{
	struct scan_target *target = &r->census.targets[m - r->members];
	const char *unplanned = patchset_unplanned(r->request->set, host_plain_name(m->place.host));
	const struct stand *s = target->inventory ? &r->stands[stand] : NULL;

	if (s) {
		const struct facts *facts = inventory_facts(target->inventory);

		take_stand(m, s);
		m->is_stale = facts->deleted_library_count;
		m->is_reboot_required = facts->is_reboot_required;
	}
	judge_early(m, target, s ? fits_verdict(s->fits, s->index) : FIT_FOREIGN,
		s ? fits_words(s->fits, s->index) : "", unplanned);
	inventory_free(STEAL(&target->inventory));
}

static int stand_of_target(
	struct roster *r, const struct scan_target *target, size_t *out, struct error *err)
{
	size_t size = 0;
	const char *text = NULL;

	if (!target->inventory)
		return 0;
	text = inventory_state(target->inventory, &size);
	return add_stand(r, inventory_state_digest(target->inventory), text, size, out, err);
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

int roster_new(const struct rollout_request *request, struct roster **out, struct error *err)
{
	struct rollout_watch watch;
	struct census_options options = census_of(request, &watch);
	CLEANUP(roster_free) struct roster *r = mem_new(1, sizeof *r);

	r->request = request;
	pthread_mutex_init(&r->lock, NULL);
	if (census_prepare(&options, &r->census, err) < 0)
		return -1;
	r->members = mem_new(r->census.count, sizeof *r->members);
	for (; r->count < r->census.count; r->count++) {
		r->members[r->count] = (struct member){
			.place = r->census.places[r->count],
			.session = r->census.targets[r->count].session,
			.platform = "",
			.verdict = HOST_WAITING,
			.reason = mem_strdup(""),
		};
	}
	assign_waves(r);
	*out = STEAL(&r);
	return 0;
}

int roster_scan(struct roster *r, struct error *err)
{
	struct rollout_watch watch;
	struct census_options options = census_of(r->request, &watch);
	CLEANUP(free) size_t *stands = mem_new(r->count + 1, sizeof *stands);

	if (census_run(r->request->store, &options, &r->census, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		if (stand_of_target(r, &r->census.targets[i], &stands[i], err) < 0)
			return error_wrap(
				err, "state of host '%s'", r->census.places[i].host->name);
	}
	if (plan_stands(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		judge_seen(r, &r->members[i], stands[i]);
	return 0;
}

int roster_make(const struct rollout_request *request, struct roster **out, struct error *err)
{
	CLEANUP(roster_free) struct roster *r = NULL;

	if (roster_new(request, &r, err) < 0 || roster_scan(r, err) < 0)
		return -1;
	*out = STEAL(&r);
	return 0;
}

/* ---- from the store ---- */

static int stand_of_digest(struct roster *r, const char *digest, size_t *out, struct error *err)
{
	struct hoststate *state = NULL;

	if (find_stand(r, digest, out))
		return 0;
	if (store_state_read(r->request->store, digest, &state, err) < 0)
		return -1;
	*out = put_stand(r, state);
	return 0;
}

int roster_recall(struct roster *r, const char *const *states, struct error *err)
{
	CLEANUP(free) size_t *stands = mem_new(r->count + 1, sizeof *stands);

	for (size_t i = 0; i < r->count; i++) {
		if (states[i] && stand_of_digest(r, states[i], &stands[i], err) < 0)
			return error_wrap(
				err, "state of host '%s'", r->census.places[i].host->name);
	}
	if (plan_stands(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		if (states[i])
			take_stand(&r->members[i], &r->stands[stands[i]]);
	}
	return 0;
}

int roster_look(struct roster *r, struct member *m, struct error *err)
{
	size_t index = (size_t)(m - r->members), stand = 0;
	int result = 0;

	if (census_look(r->request->store, &r->census, index, r->request->actor, err) < 0)
		return -1;
	pthread_mutex_lock(&r->lock);
	result = stand_of_target(r, &r->census.targets[index], &stand, err);
	if (result == 0)
		result = plan_stands(r, err);
	if (result == 0)
		judge_seen(r, m, stand);
	pthread_mutex_unlock(&r->lock);
	return result;
}

/* ---- */

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
	for (size_t i = 0; i < r->stand_count; i++)
		hoststate_free(r->stands[i].state);
	for (size_t i = 0; i < r->fits_count; i++)
		fits_free(r->fits[i]);
	free(r->stands);
	free(r->fits);
	free(r->members);
	pthread_mutex_destroy(&r->lock);
	census_done(&r->census);
	free(r);
}
