/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/targets.h"

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
#include "plan/compliance.h"
#include "plan/plan.h"
#include "policy/wave.h"
#include "rollout/rollout.h"
#include "rollout/way_back.h"
#include "store/host.h"

#include <assert.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* A state that hosts are in, and what the set means for it; equal hosts share one. */
struct stand {
	struct hoststate *state;               /* owned */
	const struct compliances *compliances; /* of the targets */
	size_t index;                          /* in these */
};

struct targets {
	const struct rollout_request *request;
	struct environment_scan scan;
	struct rollout_target *list; /* one for each host of the scan */
	size_t count, wave_count;
	pthread_mutex_t lock; /* guards what follows: hosts are looked at side by side */
	struct stand *stands; /* owned list */
	size_t stand_count, stand_capacity;
	struct compliances **compliances; /* owned list, each too */
	size_t compliances_count, compliances_capacity;
};

static PRINTF(2, 0) void set_reason(struct rollout_target *m, const char *fmt, va_list args)
{
	char *reason = NULL;

	if (vasprintf(&reason, fmt, args) < 0)
		abort();
	free(m->reason);
	m->reason = reason;
}

void target_judge(struct rollout_target *m, enum host_verdict verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	m->verdict = verdict;
	m->failure = FAILURE_NONE;
}

void target_fail(struct rollout_target *m, enum failure failure, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	m->verdict = failure == FAILURE_UNREACHABLE ? HOST_UNREACHABLE : HOST_FAILED;
	m->failure = failure;
}

void target_remark(struct rollout_target *m, const char *fmt, ...)
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

void target_return(struct rollout_target *m, enum host_verdict how, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	set_reason(m, fmt, args);
	va_end(args);
	m->verdict = how;
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

/* Hand the watch of a rollout what the scan tells. */
static void tell_scan(void *context, const struct place *place, const struct scan_target *target,
	size_t done, size_t count)
{
	const struct rollout_watch *watch = context;

	if (watch->on_scan)
		watch->on_scan(watch->context, place->host->name, done, count,
			target->inventory ? NULL : target->error.text);
}

static struct environment_scan_options environment_scan_of(
	const struct rollout_request *request, struct rollout_watch *watch)
{
	*watch = request->watch;
	return (struct environment_scan_options){
		.config = request->config,
		.environment = request->environment,
		.names = request->hosts,
		.actor = request->actor,
		.on_host = tell_scan,
		.context = watch,
	};
}

/* ---- states and what the set means for them ---- */

static bool find_stand(const struct targets *r, const char *digest, size_t *out)
{
	for (size_t i = 0; i < r->stand_count; i++) {
		if (str_equal(hoststate_digest(r->stands[i].state), digest))
			return *out = i, true;
	}
	return false;
}

/* Takes the state. */
static size_t put_stand(struct targets *r, struct hoststate *state)
{
	r->stands = mem_room(r->stands, r->stand_count, &r->stand_capacity, sizeof *r->stands);
	r->stands[r->stand_count] = (struct stand){ .state = state };
	return r->stand_count++;
}

static int add_stand(struct targets *r, const char *digest, const char *text, size_t size,
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
static int plan_stands(struct targets *r, struct error *err)
{
	CLEANUP(free)
	const struct hoststate **states = mem_new(r->stand_count + 1, sizeof(struct hoststate *));
	CLEANUP(set_indexes_done) struct set_indexes indexes = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < r->stand_count; i++) {
		if (!r->stands[i].compliances)
			states[count++] = r->stands[i].state;
	}
	if (!count)
		return 0;
	if (set_indexes_open(r->request->config->state, r->request->set, &indexes, err) < 0)
		return -1;
	r->compliances = mem_room(r->compliances, r->compliances_count, &r->compliances_capacity,
		sizeof(struct compliances *));
	if (compliances_new(r->request->set, (const char *const *)indexes.paths, states, count,
		    &r->compliances[r->compliances_count], err) < 0)
		return -1;
	for (size_t i = 0, at = 0; i < r->stand_count; i++) {
		if (!r->stands[i].compliances) {
			r->stands[i].compliances = r->compliances[r->compliances_count];
			r->stands[i].index = at++;
		}
	}
	r->compliances_count++;
	return 0;
}

/* A host that cannot be patched has its verdict before anything starts. */
static void judge_early(struct rollout_target *m, const struct scan_target *target,
	enum compliance_verdict compliance, const char *words, const char *unplanned)
{
	if (!target->inventory) {
		bool is_away = target->error.kind == ERR_UNREACHABLE;

		target_fail(m, is_away ? FAILURE_UNREACHABLE : FAILURE_PRECHECK, "scan: %s",
			target->error.text);
		return;
	}
	switch (compliance) {
	case COMPLIANCE_AT_SET:
	case COMPLIANCE_BEHIND:
		if (unplanned)
			target_fail(m, FAILURE_PRECHECK,
				"nothing was changed: the set was not planned for it: %s; freeze a newer set",
				unplanned);
		return;
	case COMPLIANCE_BROKEN:
		target_fail(m, FAILURE_PRECHECK,
			"nothing was changed: its packages are not consistent: %s; to put right: %s",
			words,
			package_manager_of(inventory_facts(target->inventory)->platform)->repair);
		return;
	case COMPLIANCE_ELSEWHERE:
		target_fail(m, FAILURE_PRECHECK,
			"nothing was changed: %s; somebody patched it past the set: freeze a newer set or take "
			"the host back",
			words);
		return;
	case COMPLIANCE_FOREIGN:
		target_fail(
			m, FAILURE_PRECHECK, "nothing was changed: %s; freeze a newer set", words);
		return;
	case COMPLIANCE_VERDICT_COUNT:
		break;
	}
	abort();
}

static void take_stand(struct rollout_target *m, const struct stand *stand)
{
	m->state = stand->state;
	m->platform = hoststate_platform(stand->state);
	m->state_before = hoststate_digest(stand->state);
	m->plan = compliances_plan(stand->compliances, stand->index);
}

/* What was scanned. Its text is of no more use then. */
static void judge_seen(struct targets *r, struct rollout_target *m, size_t stand)
{
	struct scan_target *target = &r->scan.targets[m - r->list];
	const char *unplanned = patchset_unplanned(r->request->set, host_plain_name(m->place.host));
	const struct stand *s = target->inventory ? &r->stands[stand] : NULL;

	if (s) {
		const struct facts *facts = inventory_facts(target->inventory);

		take_stand(m, s);
		m->is_stale = facts->deleted_library_count;
		m->is_reboot_required = facts->is_reboot_required;
	}
	judge_early(m, target,
		s ? compliances_verdict(s->compliances, s->index) : COMPLIANCE_FOREIGN,
		s ? compliances_words(s->compliances, s->index) : "", unplanned);
	inventory_free(STEAL(&target->inventory));
}

static int stand_of_target(
	struct targets *r, const struct scan_target *target, size_t *out, struct error *err)
{
	size_t size = 0;
	const char *text = NULL;

	if (!target->inventory)
		return 0;
	text = inventory_state(target->inventory, &size);
	return add_stand(r, inventory_state_digest(target->inventory), text, size, out, err);
}

/* The scan goes group by group; within a group the policy says who is in which wave. */
static void assign_waves(struct targets *r)
{
	for (size_t start = 0, end; start < r->count; start = end) {
		const struct group *group = r->list[start].place.group;
		size_t last = 0;

		for (end = start; end < r->count && r->list[end].place.group == group; end++)
			;
		for (size_t i = start; i < end; i++) {
			size_t wave = wave_of(group, end - start, i - start);

			r->list[i].wave = r->wave_count + wave + 1;
			r->list[i].position = i > start && r->list[i - 1].wave == r->list[i].wave
						      ? r->list[i - 1].position + 1
						      : 1;
			last = wave + 1;
		}
		r->wave_count += last;
	}
}

int targets_new(const struct rollout_request *request, struct targets **out, struct error *err)
{
	struct rollout_watch watch;
	struct environment_scan_options options = environment_scan_of(request, &watch);
	CLEANUP(targets_free) struct targets *r = mem_new(1, sizeof *r);

	r->request = request;
	pthread_mutex_init(&r->lock, NULL);
	if (environment_scan_prepare(&options, &r->scan, err) < 0)
		return -1;
	r->list = mem_new(r->scan.count, sizeof *r->list);
	for (; r->count < r->scan.count; r->count++) {
		r->list[r->count] = (struct rollout_target){
			.place = r->scan.places[r->count],
			.session = r->scan.targets[r->count].session,
			.platform = "",
			.verdict = HOST_WAITING,
			.reason = mem_strdup(""),
		};
		pthread_mutex_init(&r->list[r->count].turn, NULL);
	}
	assign_waves(r);
	*out = STEAL(&r);
	return 0;
}

int targets_scan(struct targets *r, struct error *err)
{
	struct rollout_watch watch;
	struct environment_scan_options options = environment_scan_of(r->request, &watch);
	CLEANUP(free) size_t *stands = mem_new(r->count + 1, sizeof *stands);

	if (environment_scan_run(r->request->store, &options, &r->scan, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		if (stand_of_target(r, &r->scan.targets[i], &stands[i], err) < 0)
			return error_wrap(err, "state of host '%s'", r->scan.places[i].host->name);
	}
	if (plan_stands(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++)
		judge_seen(r, &r->list[i], stands[i]);
	return 0;
}

int targets_make(const struct rollout_request *request, struct targets **out, struct error *err)
{
	CLEANUP(targets_free) struct targets *r = NULL;

	if (targets_new(request, &r, err) < 0 || targets_scan(r, err) < 0)
		return -1;
	*out = STEAL(&r);
	return 0;
}

/* ---- from the store ---- */

static int stand_of_digest(struct targets *r, const char *digest, size_t *out, struct error *err)
{
	struct hoststate *state = NULL;

	if (find_stand(r, digest, out))
		return 0;
	if (store_state_read(r->request->store, digest, &state, err) < 0)
		return -1;
	*out = put_stand(r, state);
	return 0;
}

int targets_recall(struct targets *r, const char *const *states, struct error *err)
{
	CLEANUP(free) size_t *stands = mem_new(r->count + 1, sizeof *stands);

	for (size_t i = 0; i < r->count; i++) {
		if (states[i] && stand_of_digest(r, states[i], &stands[i], err) < 0)
			return error_wrap(err, "state of host '%s'", r->scan.places[i].host->name);
	}
	if (plan_stands(r, err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		if (states[i])
			take_stand(&r->list[i], &r->stands[stands[i]]);
	}
	return 0;
}

int targets_look(struct targets *r, struct rollout_target *m, struct error *err)
{
	size_t index = (size_t)(m - r->list), stand = 0;
	int result = 0;

	if (environment_scan_look(r->request->store, &r->scan, index, r->request->actor, err) < 0)
		return -1;
	pthread_mutex_lock(&r->lock);
	result = stand_of_target(r, &r->scan.targets[index], &stand, err);
	if (result == 0)
		result = plan_stands(r, err);
	if (result == 0)
		judge_seen(r, m, stand);
	pthread_mutex_unlock(&r->lock);
	return result;
}

/* ---- */

size_t targets_count(const struct targets *r)
{
	return r->count;
}

struct rollout_target *targets_at(struct targets *r, size_t index)
{
	assert(index < r->count);
	return &r->list[index];
}

struct session_pool *targets_pool(const struct targets *r)
{
	return r->scan.pool;
}

size_t targets_wave_count(const struct targets *r)
{
	return r->wave_count;
}

void targets_set_wave(struct targets *r, struct rollout_target *m, size_t wave, size_t position)
{
	m->wave = wave;
	m->position = position;
	if (wave > r->wave_count)
		r->wave_count = wave;
}

void targets_free(struct targets *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		free(r->list[i].state_after);
		free(r->list[i].reason);
		way_back_free(r->list[i].way);
		pthread_mutex_destroy(&r->list[i].turn);
	}
	for (size_t i = 0; i < r->stand_count; i++)
		hoststate_free(r->stands[i].state);
	for (size_t i = 0; i < r->compliances_count; i++)
		compliances_free(r->compliances[i]);
	free(r->stands);
	free(r->compliances);
	free(r->list);
	pthread_mutex_destroy(&r->lock);
	environment_scan_done(&r->scan);
	free(r);
}
