/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/swap_diff.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/clone.h"
#include "policy/ignored_paths.h"
#include "store/clone.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The moment of the clone, on the side of its original. */
static char *taken_point(const struct clone *c)
{
	return mem_printf("taken:%s", clone_provider_name(c));
}

static char *copied_point(const struct clone *c)
{
	(void)c;
	return mem_strdup("taken");
}

static char *patched_point(const struct clone *c)
{
	(void)c;
	return mem_strdup("patched");
}

/* Each side: its word, the snapshot that it is compared with, and where that is. */
static const struct {
	const char *name;
	char *(*since)(const struct clone *c);
	struct provider_target (*target)(const struct clone *c, const char *const *hosts);
} sides[SWAP_DIFF_SIDE_COUNT] = {
	[SWAP_DIFF_ORIGINAL] = { "original", taken_point, clone_original_target },
	[SWAP_DIFF_SANITIZED] = { "sanitized", copied_point, clone_target },
	[SWAP_DIFF_CLONE] = { "clone", patched_point, clone_target },
	[SWAP_DIFF_SWAPPED] = { "swapped", clone_swap_point, clone_original_target },
};

static void count_ignored(struct swap_diff *l, enum swap_diff_side side, const char *place)
{
	for (size_t i = 0; i < l->ignored_count; i++) {
		if (l->ignored[i].side == side && l->ignored[i].place == place) {
			l->ignored[i].count++;
			return;
		}
	}
	l->ignored =
		mem_room(l->ignored, l->ignored_count, &l->ignored_capacity, sizeof *l->ignored);
	l->ignored[l->ignored_count++] = (struct swap_diff_ignored){ side, place, 1 };
}

static void add_path(struct swap_diff *l, enum swap_diff_side side, const char *host,
	const char *path, const char *change)
{
	l->items = mem_room(l->items, l->count, &l->capacity, sizeof *l->items);
	l->items[l->count++] = (struct swap_difference){ side, mem_strdup(host), mem_strdup(path),
		mem_strdup(change) };
}

static void add_unknown(
	struct swap_diff *l, enum swap_diff_side side, const char *host, const char *why)
{
	l->unknown =
		mem_room(l->unknown, l->unknown_count, &l->unknown_capacity, sizeof *l->unknown);
	l->unknown[l->unknown_count++] =
		(struct swap_diff_unknown){ side, mem_strdup(host), mem_strdup(why) };
}

static void add_changes(struct swap_diff *l, enum swap_diff_side side, const char *host,
	const struct changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		const struct change_of_path *change = &changes->items[i];
		const struct ignored_place *place = ignored_path_find(change->path);

		if (change->is_data)
			continue;
		if (place)
			count_ignored(l, side, place->path);
		else
			add_path(l, side, host, change->path, change->change);
	}
	l->is_cut = l->is_cut || changes->is_cut;
}

/* What cannot be told is told as such: a person decides. */
static void side_ask(struct clone *clone, struct provider_session *session,
	enum swap_diff_side side, const char *host, struct swap_diff *out)
{
	const char *const hosts[] = { host, NULL };
	struct provider_target target = sides[side].target(clone, hosts);
	CLEANUP(changes_done) struct changes changes = { 0 };
	CLEANUP(free) char *since = sides[side].since(clone);
	struct error err = { 0 };

	if (provider_changes(session, &target, since, &changes, &err) < 0)
		add_unknown(out, side, host, err.text);
	else
		add_changes(out, side, host, &changes);
}

int swap_diff_add(struct clone *clone, enum swap_diff_side side, const char *const *hosts,
	struct swap_diff *out, struct error *err)
{
	struct provider_session *session = NULL;

	if (clone_provider(clone, &session, err) < 0)
		return -1;
	for (; *hosts; hosts++) {
		if (provider_can(session, "changes"))
			side_ask(clone, session, side, *hosts, out);
		else
			add_unknown(out, side, *hosts, "the provider cannot tell what was changed");
	}
	return 0;
}

/* ---- what sanitize programs wrote ---- */

#define SANITIZED "sanitized" /* the action that keeps it in the journal */

static int act_tell(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	CLEANUP(swap_diff_done) struct swap_diff swap_diff = { 0 };

	if (swap_diff_add(c, SWAP_DIFF_SANITIZED, context, &swap_diff, err) < 0)
		return -1;
	trace->details = swap_diff_json(&swap_diff);
	return 0;
}

int swap_diff_keep_sanitized(struct clone *clone, const char *const *hosts, struct error *err)
{
	if (!*hosts || clone_has_done(clone, SANITIZED, ""))
		return 0;
	return clone_do(clone, SANITIZED, "", act_tell, (void *)(uintptr_t)hosts, err);
}

static bool is_meant(const char *const *hosts, const char *host)
{
	for (; *hosts; hosts++) {
		if (str_equal(*hosts, host))
			return true;
	}
	return false;
}

static void add_kept(const struct jvalue *kept, const char *const *hosts, struct swap_diff *out)
{
	const struct jvalue *paths = jvalue_get(kept, "paths");
	const struct jvalue *unknown = jvalue_get(kept, "unknown");

	for (size_t i = 0; i < jvalue_count(paths); i++) {
		const struct jvalue *one = jvalue_at(paths, i);

		if (is_meant(hosts, jvalue_string(one, "host")))
			add_path(out, SWAP_DIFF_SANITIZED, jvalue_string(one, "host"),
				jvalue_string(one, "path"), jvalue_string(one, "change"));
	}
	for (size_t i = 0; i < jvalue_count(unknown); i++) {
		const struct jvalue *one = jvalue_at(unknown, i);

		if (is_meant(hosts, jvalue_string(one, "host")))
			add_unknown(out, SWAP_DIFF_SANITIZED, jvalue_string(one, "host"),
				jvalue_string(one, "why"));
	}
	out->is_cut = out->is_cut || jvalue_bool(kept, "is_cut", false);
}

int swap_diff_add_sanitized(struct store *store, const char *clone, const char *const *hosts,
	struct swap_diff *out, struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };

	if (store_clone_actions(store, clone, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct clone_action_row *row = &rows.items[i];
		CLEANUP(jvalue_free) struct jvalue *kept = NULL;

		if (row->state != CLONE_ACTION_DONE || !str_equal(row->action, SANITIZED))
			continue;
		if (jvalue_parse(row->details, strlen(row->details), &kept, err) < 0)
			return -1;
		add_kept(kept, hosts, out);
	}
	return 0;
}

/* ---- as JSON ---- */

static struct jvalue *paths_json(const struct swap_diff *l)
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

static struct jvalue *ignored_json(const struct swap_diff *l)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < l->ignored_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "side", sides[l->ignored[i].side].name);
		jvalue_set_string(one, "place", l->ignored[i].place);
		jvalue_set_integer(one, "count", (int64_t)l->ignored[i].count);
		jvalue_add(list, one);
	}
	return list;
}

static struct jvalue *unknown_json(const struct swap_diff *l)
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

struct jvalue *swap_diff_json(const struct swap_diff *l)
{
	struct jvalue *out = jvalue_object();

	jvalue_set(out, "paths", paths_json(l));
	jvalue_set(out, "noise", ignored_json(l));
	jvalue_set(out, "unknown", unknown_json(l));
	jvalue_set_bool(out, "is_cut", l->is_cut);
	return out;
}

void swap_diff_done(struct swap_diff *l)
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
	free(l->ignored);
	free(l->unknown);
	*l = (struct swap_diff){ 0 };
}
