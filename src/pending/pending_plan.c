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
	struct known_state *states;
	size_t state_count;
	size_t *index_of; /* owned; of a state, by its number there; PENDING_PLAN_NONE: left out */
	struct error left_out; /* why the first was; kind ERR_NONE: none was */
	struct known_platform *platforms;
	size_t platform_count;
};

/* ---- hosts and their states ---- */

/* One host that tells odd things is told by its name, and takes nobody else's plan away. */
static void leave_out(struct pending_plan *o, size_t number, const struct error *why)
{
	last_seen_leave_out(o->seen, number, why->text);
	if (o->left_out.kind == ERR_NONE)
		o->left_out = *why;
}

/* ---- platforms ---- */

static int need_platform(struct pending_plan *o, const struct config *config, struct store *store,
	const struct platform *platform, size_t *out, struct error *err)
{
	struct known_platform *p = &o->platforms[o->platform_count];

	for (size_t i = 0; i < o->platform_count; i++) {
		if (o->platforms[i].platform == platform) {
			*out = i;
			return 0;
		}
	}
	p->platform = platform;
	if (indexes_load(config, store, platform, &p->universe, err) < 0)
		return error_wrap(err, "platform '%s'", platform->name);
	*out = o->platform_count++;
	return 0;
}

/* A state as it was kept, if it is one of a platform that is configured. @return 1, 0 (why says what is wrong with it), -1 with err. */
static int read_state(struct pending_plan *o, const struct config *config, size_t number,
	const struct hoststate **out, struct error *why)
{
	const char *platform = NULL;

	if (last_seen_state(o->seen, number, out, why) < 0)
		return why->kind == ERR_CORRUPT ? 0 : -1;
	platform = hoststate_platform(*out);
	if (config_platform(config, platform))
		return 1;
	(void)!error_set(why, ERR_REFUSED,
		"platform '%.80s' is not configured: add it to 'platforms' in %s", platform,
		config->path);
	return 0;
}

static int add_state(struct pending_plan *o, const struct config *config, struct store *store,
	size_t number, struct error *err)
{
	struct known_state *s = &o->states[o->state_count];
	struct error why = { 0 };
	int answer = read_state(o, config, number, &s->state, &why);

	if (answer > 0) {
		if (need_platform(o, config, store,
			    config_platform(config, hoststate_platform(s->state)), &s->platform,
			    err) < 0)
			return -1;
		answer =
			universe_add_state(o->platforms[s->platform].universe, s->state, &why) == 0;
	}
	if (answer < 0) {
		*err = why;
		return -1;
	}
	if (answer)
		o->index_of[number] = o->state_count++;
	else
		leave_out(o, number, &why);
	return 0;
}

static int read_states(
	struct pending_plan *o, const struct config *config, struct store *store, struct error *err)
{
	size_t most = last_seen_state_count(o->seen);
	CLEANUP(free) bool *is_asked = mem_new(most, sizeof *is_asked);

	o->hosts = last_seen_hosts(o->seen, NULL);
	o->states = mem_new(most, sizeof *o->states);
	o->index_of = mem_new(most, sizeof *o->index_of);
	o->platforms = mem_new(config->platform_count + 1, sizeof *o->platforms);
	for (size_t i = 0; i < o->hosts.count; i++) {
		const struct seen_host *host = &o->hosts.items[i];

		if (!host->state || is_asked[host->state_number])
			continue;
		is_asked[host->state_number] = true;
		if (add_state(o, config, store, host->state_number, err) < 0)
			return error_wrap(err, "state of host '%s'", host->name);
	}
	for (size_t i = 0; i < o->platform_count; i++)
		universe_finish(o->platforms[i].universe);
	if (!o->state_count && o->left_out.kind != ERR_NONE) {
		*err = o->left_out;
		return -1;
	}
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
	if (read_states(o, config, store, err) < 0)
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

size_t pending_plan_state_of_seen(const struct pending_plan *o, const struct seen_host *host)
{
	return host->state ? o->index_of[host->state_number] : PENDING_PLAN_NONE;
}

size_t pending_plan_state_of(const struct pending_plan *o, size_t host)
{
	return pending_plan_state_of_seen(o, pending_plan_host_at(o, host));
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
	free(o->index_of);
	free(o->platforms);
	last_seen_free(o->own);
	free(o);
}
