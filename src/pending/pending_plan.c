/* SPDX-License-Identifier: Apache-2.0 */
#include "pending/pending_plan.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "pending/last_seen.h"
#include "plan/indexes.h"
#include "plan/plan.h"
#include "plan/planner.h"
#include "plan/universe.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PLANNERS_MAX 8

struct known_state {
	const struct hoststate *state; /* borrowed */
	struct plan *plan;
	size_t platform;
};

struct known_platform {
	const struct platform *platform;
	struct universe *universe;
};

struct pending_plan {
	struct last_seen *own;  /* NULL: somebody else's is looked at */
	struct last_seen *seen; /* borrowed, or the own */
	struct seen_hosts hosts;
	struct known_state *states; /* by their numbers there */
	size_t state_count;
	struct known_platform *platforms;
	size_t platform_count;
};

/* ---- hosts and their states ---- */

static int read_states(struct pending_plan *o, struct error *err)
{
	o->hosts = last_seen_hosts(o->seen, NULL);
	o->state_count = last_seen_state_count(o->seen);
	o->states = mem_new(o->state_count, sizeof *o->states);
	for (size_t i = 0; i < o->hosts.count; i++) {
		const struct seen_host *host = &o->hosts.items[i];

		if (!host->state || o->states[host->state_number].state)
			continue;
		if (last_seen_state(o->seen, host->state_number,
			    &o->states[host->state_number].state, err) < 0)
			return error_wrap(err, "state of host '%s'", host->name);
	}
	return 0;
}

/* ---- platforms ---- */

static int need_platform(struct pending_plan *o, const struct config *config, struct store *store,
	const char *name, size_t *out, struct error *err)
{
	struct known_platform *p = &o->platforms[o->platform_count];

	for (size_t i = 0; i < o->platform_count; i++) {
		if (str_equal(o->platforms[i].platform->name, name)) {
			*out = i;
			return 0;
		}
	}
	p->platform = config_platform(config, name);
	if (!p->platform)
		return error_set(err, ERR_REFUSED,
			"platform '%s' is not configured: add it to 'platforms' in %s", name,
			config->path);
	if (indexes_load(config, store, p->platform, &p->universe, err) < 0)
		return error_wrap(err, "platform '%s'", name);
	*out = o->platform_count++;
	return 0;
}

static int read_platforms(
	struct pending_plan *o, const struct config *config, struct store *store, struct error *err)
{
	o->platforms = mem_new(config->platform_count + 1, sizeof *o->platforms);
	for (size_t i = 0; i < o->state_count; i++) {
		struct known_state *s = &o->states[i];

		if (need_platform(
			    o, config, store, hoststate_platform(s->state), &s->platform, err) < 0)
			return -1;
		if (universe_add_state(o->platforms[s->platform].universe, s->state, err) < 0)
			return error_wrap(err, "state %.12s", hoststate_digest(s->state));
	}
	for (size_t i = 0; i < o->platform_count; i++)
		universe_finish(o->platforms[i].universe);
	return 0;
}

/* ---- plans ---- */

/* Each planner takes every n-th state of its platform. */
struct planning {
	struct pending_plan *pending_plan;
	const struct plan_options *options;
	size_t platform, planners;
	struct error errors[PLANNERS_MAX];
};

static int plan_share(struct planning *p, size_t share, struct error *err)
{
	CLEANUP(planner_free) struct planner *planner = NULL;
	struct pending_plan *o = p->pending_plan;

	if (planner_new(o->platforms[p->platform].universe, p->options, &planner, err) < 0)
		return -1;
	for (size_t i = share; i < o->state_count; i += p->planners) {
		if (o->states[i].platform == p->platform &&
			planner_plan(planner, o->states[i].state, &o->states[i].plan, err) < 0)
			return error_wrap(err, "state %.12s", hoststate_digest(o->states[i].state));
	}
	return 0;
}

static void plan_task(void *context, size_t share)
{
	struct planning *p = context;

	if (plan_share(p, share, &p->errors[share]) == 0)
		p->errors[share].kind = ERR_NONE;
}

/* Those of the names that the platform knows, ended by NULL; NULL for NULL. free(). */
static const char **known_names(const struct universe *u, const char *const *names)
{
	size_t count = 0, known = 0;

	while (names && names[count])
		count++;

	const char **kept = names ? mem_new(count + 1, sizeof *kept) : NULL;

	for (size_t i = 0; i < count; i++) {
		if (universe_has_name(u, names[i]))
			kept[known++] = names[i];
	}
	return kept;
}

static int plan_platform(struct pending_plan *o, size_t platform,
	const struct plan_options *options, struct error *err)
{
	const struct universe *u = o->platforms[platform].universe;
	CLEANUP(free) const char **only = known_names(u, options->only);
	CLEANUP(free) const char **except = known_names(u, options->except);
	struct plan_options own = *options;
	struct planning p = { .pending_plan = o, .options = &own, .platform = platform };
	size_t processors = workers_processors();

	own.only = only;
	own.except = except;
	p.planners = processors < PLANNERS_MAX ? processors : PLANNERS_MAX;
	if (p.planners > o->state_count)
		p.planners = o->state_count;
	workers_run(p.planners, p.planners, plan_task, &p);
	for (size_t i = 0; i < p.planners; i++) {
		if (p.errors[i].kind != ERR_NONE) {
			*err = p.errors[i];
			return error_wrap(
				err, "platform '%s'", o->platforms[platform].platform->name);
		}
	}
	return 0;
}

/* A name that one platform lacks is fine; one that all lack is a slip. */
static int check_package_names(
	const struct pending_plan *o, const char *const *names, struct error *err)
{
	for (; names && *names; names++) {
		bool is_known = !o->platform_count;

		for (size_t k = 0; k < o->platform_count && !is_known; k++)
			is_known = universe_has_name(o->platforms[k].universe, *names);
		if (!is_known)
			return error_set(err, ERR_USAGE,
				"no source and no host knows a package '%s'", *names);
	}
	return 0;
}

static int plan_states(
	struct pending_plan *o, const struct plan_options *options, struct error *err)
{
	static const struct plan_options everything = { 0 };
	const struct plan_options *asked = options ? options : &everything;

	if (check_package_names(o, asked->only, err) < 0 ||
		check_package_names(o, asked->except, err) < 0)
		return -1;
	for (size_t k = 0; k < o->platform_count; k++) {
		if (plan_platform(o, k, asked, err) < 0)
			return -1;
	}
	return 0;
}

int pending_plan_replan(
	struct pending_plan *o, const struct plan_options *options, struct error *err)
{
	for (size_t i = 0; i < o->state_count; i++) {
		plan_free(o->states[i].plan);
		o->states[i].plan = NULL;
	}
	return plan_states(o, options, err);
}

static int plan_all(struct pending_plan *o, const struct config *config, struct store *store,
	const struct plan_options *options, struct error *err)
{
	if (read_states(o, err) < 0 || read_platforms(o, config, store, err) < 0)
		return -1;
	return plan_states(o, options, err);
}

int pending_plan_of(const struct config *config, struct store *store, struct last_seen *seen,
	struct pending_plan **out, struct error *err)
{
	CLEANUP(pending_plan_free) struct pending_plan *o = mem_new(1, sizeof *o);

	o->seen = seen;
	if (plan_all(o, config, store, NULL, err) < 0)
		return -1;
	*out = STEAL(&o);
	return 0;
}

int pending_plan_make(const struct config *config, struct store *store,
	const struct environment *environment, const struct plan_options *options,
	struct pending_plan **out, struct error *err)
{
	CLEANUP(pending_plan_free) struct pending_plan *o = mem_new(1, sizeof *o);

	if (last_seen_read(config, environment, store, &o->own, err) < 0)
		return -1;
	o->seen = o->own;
	if (plan_all(o, config, store, options, err) < 0)
		return -1;
	*out = STEAL(&o);
	return 0;
}

/* ---- asking ---- */

size_t pending_plan_host_count(const struct pending_plan *o)
{
	return o->hosts.count;
}

const struct seen_host *pending_plan_host_at(const struct pending_plan *o, size_t host)
{
	assert(host < o->hosts.count);
	return &o->hosts.items[host];
}

size_t pending_plan_state_of(const struct pending_plan *o, size_t host)
{
	assert(host < o->hosts.count);
	return o->hosts.items[host].state ? o->hosts.items[host].state_number : PENDING_PLAN_NONE;
}

size_t pending_plan_state_count(const struct pending_plan *o)
{
	return o->state_count;
}

struct pending_plan_state pending_plan_state_at(const struct pending_plan *o, size_t state)
{
	assert(state < o->state_count);
	return (struct pending_plan_state){ o->states[state].state, o->states[state].plan,
		o->states[state].platform };
}

size_t pending_plan_platform_count(const struct pending_plan *o)
{
	return o->platform_count;
}

struct pending_plan_platform pending_plan_platform_at(const struct pending_plan *o, size_t platform)
{
	assert(platform < o->platform_count);
	return (struct pending_plan_platform){ o->platforms[platform].platform,
		o->platforms[platform].universe };
}

void pending_plan_free(struct pending_plan *o)
{
	if (!o)
		return;
	for (size_t i = 0; i < o->state_count; i++)
		plan_free(o->states[i].plan);
	for (size_t i = 0; i < o->platform_count; i++)
		universe_free(o->platforms[i].universe);
	free(o->states);
	free(o->platforms);
	last_seen_free(o->own);
	free(o);
}
