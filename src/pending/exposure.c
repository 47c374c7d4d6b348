/* SPDX-License-Identifier: Apache-2.0 */
#include "pending/exposure.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/version.h"
#include "pending/last_seen.h"
#include "pending/pending_plan.h"
#include "plan/plan.h"
#include "plan/universe.h"
#include "store/first_seen.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct share {
	struct pending *items; /* owned; sorted once all hosts were looked at */
	size_t count, capacity;
};

struct exposure {
	struct pending_plan *pending_plan;
	struct share *shares; /* one for each environment, by its index */
	size_t share_count;
	struct first_seen_rows first_seen;
};

static int compare_pending(const void *a, const void *b)
{
	const struct pending *x = a, *y = b;
	int order = strcmp(x->platform, y->platform);

	if (!order)
		order = strcmp(x->name, y->name);
	return order ? order : strcmp(x->architecture, y->architecture);
}

static int compare_first_seen(const void *a, const void *b)
{
	const struct first_seen_row *x = a, *y = b;
	int order = strcmp(x->platform, y->platform);

	if (!order)
		order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->architecture, y->architecture);
	return order ? order : strcmp(x->version, y->version);
}

static int64_t first_seen(const struct exposure *x, const struct pending *p)
{
	struct first_seen_row key = { p->platform, p->name, p->architecture, p->version, 0 };
	const struct first_seen_row *row =
		x->first_seen.count ? bsearch(&key, x->first_seen.items, x->first_seen.count,
					      sizeof key, compare_first_seen)
				    : NULL;

	return row ? row->first_at : 0;
}

static void add_change(struct share *s, const struct pending_plan_platform *platform,
	const struct plan_change *c, size_t hosts)
{
	s->items = mem_room(s->items, s->count, &s->capacity, sizeof *s->items);
	s->items[s->count++] = (struct pending){
		.platform = platform->platform->name,
		.name = c->name,
		.architecture = c->architecture,
		.version = c->to,
		.from = c->from,
		.hosts = hosts,
		.is_security = universe_at(platform->universe, c->version).is_security,
	};
}

/* What so many hosts in one state lack. */
static void add_state_exposure(struct exposure *x, struct share *share, size_t state, size_t hosts)
{
	struct pending_plan_state s = pending_plan_state_at(x->pending_plan, state);
	struct pending_plan_platform platform =
		pending_plan_platform_at(x->pending_plan, s.platform);

	for (size_t i = 0; i < plan_change_count(s.plan); i++)
		add_change(share, &platform, plan_change_at(s.plan, i), hosts);
}

/* One package that several states lack. */
static void merge(struct pending *into, const struct pending *other)
{
	const struct version_order *order = version_order_of(into->platform);

	into->hosts += other->hosts;
	if (version_compare(order, other->version, into->version) > 0) {
		into->version = other->version;
		into->is_security = other->is_security;
	}
	if (*other->from && (!*into->from || version_compare(order, other->from, into->from) < 0))
		into->from = other->from;
}

static void finish_share(struct exposure *x, struct share *s)
{
	size_t kept = 0;

	mem_sort(s->items, s->count, sizeof *s->items, compare_pending);
	for (size_t i = 0; i < s->count; i++) {
		if (kept && compare_pending(&s->items[kept - 1], &s->items[i]) == 0)
			merge(&s->items[kept - 1], &s->items[i]);
		else
			s->items[kept++] = s->items[i];
	}
	s->count = kept;
	for (size_t i = 0; i < s->count; i++)
		s->items[i].first_at = first_seen(x, &s->items[i]);
}

static void add_environment_exposure(
	struct exposure *x, struct last_seen *seen, const struct environment *e)
{
	const struct seen_hosts hosts = last_seen_hosts(seen, e);
	size_t count = pending_plan_state_count(x->pending_plan);
	CLEANUP(free) size_t *in_state = mem_new(count, sizeof *in_state);

	for (size_t i = 0; i < hosts.count; i++) {
		size_t state = pending_plan_state_of_seen(x->pending_plan, &hosts.items[i]);

		if (state != PENDING_PLAN_NONE)
			in_state[state]++;
	}
	for (size_t i = 0; i < count; i++) {
		if (in_state[i])
			add_state_exposure(x, &x->shares[e->index], i, in_state[i]);
	}
	finish_share(x, &x->shares[e->index]);
}

int exposure_make(const struct config *config, struct store *store, struct last_seen *seen,
	struct exposure **out, struct error *err)
{
	CLEANUP(exposure_free) struct exposure *x = mem_new(1, sizeof *x);

	x->share_count = config->environment_count;
	x->shares = mem_new(x->share_count, sizeof *x->shares);
	if (pending_plan_of(config, store, seen, &x->pending_plan, err) < 0 ||
		store_first_seen(store, &x->first_seen, err) < 0)
		return -1;
	for (size_t i = 0; i < x->share_count; i++)
		add_environment_exposure(x, seen, &config->environments[i]);
	*out = STEAL(&x);
	return 0;
}

size_t exposure_count(const struct exposure *x, const struct environment *e)
{
	return x->shares[e->index].count;
}

const struct pending *exposure_at(
	const struct exposure *x, const struct environment *e, size_t index)
{
	assert(index < x->shares[e->index].count);
	return &x->shares[e->index].items[index];
}

int exposure_note(const struct config *config, struct store *store, struct error *err)
{
	CLEANUP(last_seen_free) struct last_seen *seen = NULL;
	CLEANUP(exposure_free) struct exposure *x = NULL;
	CLEANUP(free) struct first_seen_row *rows = NULL;
	size_t count = 0, capacity = 0;
	int64_t now = clock_now();

	if (last_seen_read(config, NULL, store, &seen, err) < 0)
		return -1;
	if (exposure_make(config, store, seen, &x, err) < 0)
		return err->kind == ERR_REFUSED ? 0 : -1;
	for (size_t e = 0; e < x->share_count; e++) {
		for (size_t i = 0; i < x->shares[e].count; i++) {
			const struct pending *p = &x->shares[e].items[i];

			if (p->first_at)
				continue;
			rows = mem_room(rows, count, &capacity, sizeof *rows);
			rows[count++] = (struct first_seen_row){ p->platform, p->name,
				p->architecture, p->version, now };
		}
	}
	return store_first_seen_note(store, &(struct first_seen_rows){ rows, count }, err);
}

void exposure_free(struct exposure *x)
{
	if (!x)
		return;
	for (size_t i = 0; i < x->share_count; i++)
		free(x->shares[i].items);
	free(x->shares);
	first_seen_rows_done(&x->first_seen);
	pending_plan_free(x->pending_plan);
	free(x);
}
