/* SPDX-License-Identifier: Apache-2.0 */
#include "line/losses.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "clone/clone.h"
#include "policy/noise.h"

#include <stdlib.h>

/*
 * Each side: its word, the snapshot that it is compared with, and where that is. Of originals there may be
 * snapshots for several clones, so these have the clone's name.
 */
static const struct {
	const char *name, *since;
	bool is_of_clone; /* the clone's name follows */
	struct provider_target (*target)(const struct clone *c, const char *const *hosts);
} sides[LOSSES_SIDE_COUNT] = {
	[LOSSES_ORIGINAL] = { "original", "taken:", true, clone_original_target },
	[LOSSES_CLONE] = { "clone", "patched", false, clone_target },
	[LOSSES_SWAPPED] = { "swapped", "swapped-", true, clone_original_target },
};

const char *losses_side_name(enum losses_side side)
{
	return sides[side].name;
}

char *losses_since(const struct clone *clone, enum losses_side side)
{
	return mem_printf("%s%s", sides[side].since,
		sides[side].is_of_clone ? clone_provider_name(clone) : "");
}

static void count_noise(struct losses *l, enum losses_side side, const char *place)
{
	for (size_t i = 0; i < l->noise_count; i++) {
		if (l->noise[i].side == side && l->noise[i].place == place) {
			l->noise[i].count++;
			return;
		}
	}
	if (l->noise_count == l->noise_capacity)
		l->noise = mem_grow(l->noise, &l->noise_capacity, sizeof *l->noise);
	l->noise[l->noise_count++] = (struct loss_noise){ side, place, 1 };
}

static void add_path(struct losses *l, enum losses_side side, const char *host,
	const struct change_of_path *change)
{
	if (l->count == l->capacity)
		l->items = mem_grow(l->items, &l->capacity, sizeof *l->items);
	l->items[l->count++] = (struct loss){ side, mem_strdup(host), mem_strdup(change->path),
		mem_strdup(change->change) };
}

static void add_unknown(struct losses *l, enum losses_side side, const char *host, const char *why)
{
	if (l->unknown_count == l->unknown_capacity)
		l->unknown = mem_grow(l->unknown, &l->unknown_capacity, sizeof *l->unknown);
	l->unknown[l->unknown_count++] =
		(struct loss_unknown){ side, mem_strdup(host), mem_strdup(why) };
}

static void add_changes(
	struct losses *l, enum losses_side side, const char *host, const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct change_of_path *change = &changes->items[i];
		const struct noise_place *place = noise_find(change->path);

		if (change->is_data)
			continue;
		if (place)
			count_noise(l, side, place->path);
		else
			add_path(l, side, host, change);
	}
	l->is_cut = l->is_cut || changes->is_cut;
}

/* What cannot be told is told as such: a person decides. */
static void ask(struct clone *clone, struct provider_session *session, enum losses_side side,
	const char *host, struct losses *out)
{
	const char *const hosts[] = { host, NULL };
	struct provider_target target = sides[side].target(clone, hosts);
	CLEANUP(changes_done) struct changes changes = { 0 };
	CLEANUP(free) char *since = losses_since(clone, side);
	struct error err = { 0 };

	if (provider_changes(session, &target, since, &changes, &err) < 0)
		add_unknown(out, side, host, err.text);
	else
		add_changes(out, side, host, &changes);
}

int losses_add(struct clone *clone, enum losses_side side, const char *const *hosts,
	struct losses *out, struct error *err)
{
	struct provider_session *session = NULL;

	if (clone_provider(clone, &session, err) < 0)
		return -1;
	for (; *hosts; hosts++) {
		if (provider_can(session, "changes"))
			ask(clone, session, side, *hosts, out);
		else
			add_unknown(out, side, *hosts, "the provider cannot tell what was changed");
	}
	return 0;
}

static struct jvalue *paths_json(const struct losses *l)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < l->count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "side", sides[l->items[i].side].name);
		jvalue_set_string(one, "host", l->items[i].host);
		jvalue_set_string(one, "path", l->items[i].path);
		jvalue_set_string(one, "change", l->items[i].change);
		jvalue_add(list, one);
	}
	return list;
}

static struct jvalue *noise_json(const struct losses *l)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < l->noise_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "side", sides[l->noise[i].side].name);
		jvalue_set_string(one, "place", l->noise[i].place);
		jvalue_set_integer(one, "count", (int64_t)l->noise[i].count);
		jvalue_add(list, one);
	}
	return list;
}

static struct jvalue *unknown_json(const struct losses *l)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < l->unknown_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "side", sides[l->unknown[i].side].name);
		jvalue_set_string(one, "host", l->unknown[i].host);
		jvalue_set_string(one, "why", l->unknown[i].why);
		jvalue_add(list, one);
	}
	return list;
}

struct jvalue *losses_json(const struct losses *l)
{
	struct jvalue *out = jvalue_object();

	jvalue_set(out, "paths", paths_json(l));
	jvalue_set(out, "noise", noise_json(l));
	jvalue_set(out, "unknown", unknown_json(l));
	jvalue_set_bool(out, "is_cut", l->is_cut);
	return out;
}

void losses_done(struct losses *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->items[i].host);
		free(l->items[i].path);
		free(l->items[i].change);
	}
	for (size_t i = 0; i < l->unknown_count; i++) {
		free(l->unknown[i].host);
		free(l->unknown[i].why);
	}
	free(l->items);
	free(l->noise);
	free(l->unknown);
	*l = (struct losses){ 0 };
}
