/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/unfinished.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/lease.h"
#include "store/rehearsal.h"
#include "store/rollout.h"

#include <inttypes.h>
#include <stdlib.h>

/* All that may have been left, as it was read. */
struct sight {
	struct store *store;
	struct rehearsal_rows rehearsals; /* that are running */
	struct clone_rows clones;
	struct environment_rows environments;
	struct unfinished found;
};

static void sight_done_p(struct sight *s)
{
	rehearsal_rows_done(&s->rehearsals);
	clone_rows_done(&s->clones);
	environment_rows_done(&s->environments);
	unfinished_done(&s->found);
}

static const struct {
	enum clone_state state;
	enum unfinished_kind kind;
} left_states[] = {
	{ CLONE_MAKING, UNFINISHED_MAKING },
	{ CLONE_MADE, UNFINISHED_MAKING },
	{ CLONE_ENTERING, UNFINISHED_ENTERING },
	{ CLONE_SWAPPING, UNFINISHED_SWAPPING },
	{ CLONE_RETURNING, UNFINISHED_SWAPPING },
	{ CLONE_REMOVING, UNFINISHED_REMOVING },
};

void unfinished_add(struct unfinished *r, enum unfinished_kind kind, char *name,
	const char *environment, int64_t number, bool is_alive)
{
	r->items = mem_room(r->items, r->count, &r->capacity, sizeof *r->items);
	r->items[r->count++] = (struct unfinished_operation){ kind, name, mem_strdup(environment),
		number, is_alive };
}

static int add_rehearsals(struct sight *s, struct error *err)
{
	for (size_t i = s->rehearsals.count; i > 0; i--) {
		const struct rehearsal_row *row = &s->rehearsals.items[i - 1];
		CLEANUP(free) char *name = mem_printf("rehearsal-%" PRId64, row->id);
		bool is_alive = false;

		if (lease_is_held(s->store, name, &is_alive, err) < 0)
			return -1;
		unfinished_add(&s->found, UNFINISHED_REHEARSAL, STEAL(&name), row->environment,
			row->id, is_alive);
	}
	return 0;
}

/* True when a running rehearsal goes on with that clone. */
static bool is_rehearsed(const struct sight *s, const char *clone)
{
	for (size_t i = 0; i < s->rehearsals.count; i++) {
		if (str_equal(s->rehearsals.items[i].clone, clone))
			return true;
	}
	return false;
}

static int add_clone(struct sight *s, const struct clone_row *row, struct error *err)
{
	bool is_alive = false;

	for (size_t i = 0; i < sizeof left_states / sizeof *left_states; i++) {
		if (left_states[i].state != row->state)
			continue;
		if (lease_is_held(s->store, row->name, &is_alive, err) < 0)
			return -1;
		unfinished_add(&s->found, left_states[i].kind, mem_strdup(row->name),
			row->environment, row->number, is_alive);
	}
	return 0;
}

static int add_clones(struct sight *s, struct error *err)
{
	for (size_t i = s->clones.count; i > 0; i--) {
		const struct clone_row *row = &s->clones.items[i - 1];

		if (!is_rehearsed(s, row->name) && add_clone(s, row, err) < 0)
			return -1;
	}
	return 0;
}

/* True when an entry takes the rollout of its original along. */
static bool is_entered(const struct sight *s, const char *environment)
{
	for (size_t i = 0; i < s->clones.count; i++) {
		if (s->clones.items[i].state == CLONE_ENTERING &&
			str_equal(s->clones.items[i].environment, environment))
			return true;
	}
	return false;
}

static int add_rollout(struct sight *s, const char *environment, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };
	bool is_alive = false;

	if (store_rollout_unfinished(s->store, environment, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	if (row.state != ROLLOUT_RUNNING)
		return 0;
	if (lease_is_held(s->store, environment, &is_alive, err) < 0)
		return -1;
	unfinished_add(&s->found, UNFINISHED_ROLLOUT, mem_printf("rollout-%" PRId64, row.id),
		environment, row.id, is_alive);
	return 0;
}

static int add_rollouts(struct sight *s, struct error *err)
{
	for (size_t i = 0; i < s->environments.count; i++) {
		const char *name = s->environments.items[i].name;

		if (!is_rehearsed(s, name) && !is_entered(s, name) && add_rollout(s, name, err) < 0)
			return -1;
	}
	return 0;
}

int unfinished_find(struct store *store, struct unfinished *out, struct error *err)
{
	CLEANUP(sight_done) struct sight s = { .store = store };

	if (store_rehearsals_running(store, &s.rehearsals, err) < 0 ||
		store_clones(store, NULL, false, &s.clones, err) < 0 ||
		store_environments(store, &s.environments, err) < 0 ||
		/* A rehearsal that died while it cloned takes up the clone that was made for it: clones first. */
		add_clones(&s, err) < 0 || add_rehearsals(&s, err) < 0 || add_rollouts(&s, err) < 0)
		return error_wrap(err, "looking for what was left behind");
	*out = STEAL(&s.found);
	return 0;
}

const char *unfinished_kind_name(enum unfinished_kind kind)
{
	static const char *const names[UNFINISHED_KIND_COUNT] = {
		[UNFINISHED_REHEARSAL] = "rehearsal",
		[UNFINISHED_MAKING] = "making",
		[UNFINISHED_ENTERING] = "entering",
		[UNFINISHED_SWAPPING] = "swapping",
		[UNFINISHED_REMOVING] = "removing",
		[UNFINISHED_ROLLOUT] = "rollout",
	};

	return names[kind];
}

void unfinished_done(struct unfinished *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->items[i].name);
		free(r->items[i].environment);
	}
	free(r->items);
	*r = (struct unfinished){ 0 };
}
