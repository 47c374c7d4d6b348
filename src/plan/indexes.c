/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/indexes.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "plan/universe.h"
#include "store/event.h"
#include "store/index.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#define RETAIN ((int64_t)3600) /* a file this young may be written just now */

struct feeds {
	struct feed *items; /* owned, as their names, paths and digests */
	char **places;      /* owned, each too: "bookworm/main/amd64" */
	size_t count, capacity, place_capacity;
};

/* The universe of one platform, being made. */
struct loading {
	const struct config *config;
	struct store *store;
	const struct platform *platform;
	struct feeds feeds;
	struct universe *universe; /* owned */
	struct error trouble;
};

static void loading_done(struct loading *l)
{
	struct feeds *f = &l->feeds;

	for (size_t i = 0; i < f->count; i++) {
		free((char *)(uintptr_t)f->items[i].name);
		free((char *)(uintptr_t)f->items[i].path);
		free((char *)(uintptr_t)f->items[i].sha256);
		free(f->places[i]);
	}
	free(f->items);
	free(f->places);
	universe_free(l->universe);
}
CLEANUP_DONE(struct loading, loading_done)

static void add_feed(struct feeds *f, const struct config *config, const struct index_row *row)
{
	const struct source *source = config_source(config, row->source);

	f->items = mem_room(f->items, f->count, &f->capacity, sizeof *f->items);
	f->places = mem_room(f->places, f->count, &f->place_capacity, sizeof *f->places);
	f->places[f->count] = *row->component ? mem_printf("%s/%s/%s", row->suite, row->component,
							row->architecture)
					      : mem_strdup(row->suite); /* a flat one */
	f->items[f->count++] = (struct feed){
		.priority = source->priority ? (int)source->priority : (int)row->priority,
		.name = mem_strdup(row->source),
		.path = store_index_path(config->state, row->packages_sha256),
		.sha256 = mem_strdup(row->packages_sha256),
		.is_security = source->is_security || str_equal(row->label, "Debian-Security"),
	};
}

static int list_feeds(struct loading *l, struct error *err)
{
	for (const char *const *name = l->platform->sources; *name; name++) {
		CLEANUP(index_rows_done) struct index_rows rows = { 0 };

		if (store_indexes(l->store, *name, &rows, err) < 0)
			return -1;
		if (!rows.count)
			return error_set(err, ERR_REFUSED,
				"source '%s' was never synced: 'patchline sync' does it", *name);
		for (size_t i = 0; i < rows.count; i++)
			add_feed(&l->feeds, l->config, &rows.items[i]);
	}
	return 0;
}

static char *folder(const struct config *config)
{
	return path_join(config->state, "universes");
}

static int note_damage(const struct loading *l, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { "patchline", "universe.damaged", SUBJECT_SOURCE,
		l->platform->sources[0], payload };

	jvalue_set_string(payload, "platform", l->platform->name);
	jvalue_set_string(payload, "problem", l->trouble.text);
	return store_event_add(l->store, &event, err);
}

static int load(struct loading *l, struct error *err)
{
	CLEANUP(free) char *dir = folder(l->config), *form = path_join(dir, l->platform->name);

	if (list_feeds(l, err) < 0 || dir_make(dir, 0755, err) < 0)
		return -1;

	const struct universe_request request = { l->platform->name, l->feeds.items, l->feeds.count,
		form };

	if (universe_load(&request, &l->universe, &l->trouble, err) < 0)
		return -1;
	return l->trouble.kind == ERR_CORRUPT ? note_damage(l, err) : 0;
}

/* That it could not be kept costs the next one the reading, and `sync` tells it. */
int indexes_load(const struct config *config, struct store *store, const struct platform *platform,
	struct universe **out, struct error *err)
{
	CLEANUP(loading_done)
	struct loading l = { .config = config, .store = store, .platform = platform };

	if (load(&l, err) < 0)
		return -1;
	*out = STEAL(&l.universe);
	return 0;
}

/* ---- what cannot be read ---- */

void unread_stanzas_done(struct unread_stanzas *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->items[i].source);
		free(u->items[i].index);
		free(u->items[i].reason);
	}
	free(u->items);
	*u = (struct unread_stanzas){ 0 };
}

/* Platforms share sources: what another one has told is among the first `told`. */
static bool is_told(
	const struct unread_stanzas *u, size_t told, const char *source, const char *index)
{
	for (size_t i = 0; i < told; i++) {
		if (str_equal(u->items[i].source, source) && str_equal(u->items[i].index, index))
			return true;
	}
	return false;
}

/* Of one source, or of all (NULL). */
static void add_unread(struct unread_stanzas *out, const struct loading *l, const char *source)
{
	size_t told = out->count;

	for (size_t i = 0; i < universe_unread_count(l->universe); i++) {
		const struct unread u = universe_unread_at(l->universe, i);
		const char *name = l->feeds.items[u.feed].name, *place = l->feeds.places[u.feed];

		if ((source && !str_equal(name, source)) || is_told(out, told, name, place))
			continue;
		out->items = mem_room(out->items, out->count, &out->capacity, sizeof *out->items);
		out->items[out->count++] = (struct unread_stanza){ mem_strdup(name),
			mem_strdup(place), mem_strdup(u.reason), u.count };
	}
}

static bool has_source(const struct platform *platform, const char *source)
{
	for (const char *const *name = platform->sources; *name; name++) {
		if (str_equal(*name, source))
			return true;
	}
	return false;
}

/* @return 1, 0 when a source of the platform was never synced, or -1 with err. */
static int load_synced(struct loading *l, struct error *err)
{
	if (load(l, err) == 0)
		return 1;
	return err->kind == ERR_REFUSED ? 0 : error_wrap(err, "platform '%s'", l->platform->name);
}

int indexes_unread(const struct config *config, struct store *store, const char *source,
	struct unread_stanzas *unread, struct error *err)
{
	for (size_t i = 0; i < config->platform_count; i++) {
		CLEANUP(loading_done)
		struct loading l = {
			.config = config, .store = store, .platform = &config->platforms[i]
		};
		int found = has_source(l.platform, source) ? load_synced(&l, err) : 0;

		if (found < 0)
			return -1;
		if (found)
			add_unread(unread, &l, source);
	}
	return 0;
}

int indexes_judge(
	const struct config *config, const char *source, const char *path, struct error *err)
{
	const struct feed feed = { .name = source, .path = path };
	size_t i = 0, count = 0;

	while (i < config->platform_count && !has_source(&config->platforms[i], source))
		i++;
	if (i == config->platform_count)
		return 0;

	CLEANUP(universe_free) struct universe *u = universe_new(config->platforms[i].name);

	if (universe_read(u, &feed, err) < 0)
		return -1;
	for (size_t k = 0; k < universe_unread_count(u); k++)
		count += universe_unread_at(u, k).count;
	if (universe_count(u) || !count)
		return 0;
	return error_set(err, ERR_CORRUPT, "none of its %zu stanzas can be read; the first: %s",
		count, universe_unread_at(u, 0).reason);
}

/* ---- what is kept ---- */

static void clear(const struct config *config)
{
	CLEANUP(free) char *dir = folder(config);
	DIR *entries = opendir(dir);
	int64_t now = clock_now();
	struct stat st;

	for (const struct dirent *entry; entries && (entry = readdir(entries));) {
		CLEANUP(free) char *path = path_join(dir, entry->d_name);

		if (!config_platform(config, entry->d_name) && lstat(path, &st) == 0 &&
			S_ISREG(st.st_mode) && st.st_mtime + RETAIN < now)
			unlink(path);
	}
	if (entries)
		closedir(entries);
}

int indexes_keep(const struct config *config, struct store *store, struct unread_stanzas *unread,
	struct error *err)
{
	for (size_t i = 0; i < config->platform_count; i++) {
		CLEANUP(loading_done)
		struct loading l = {
			.config = config, .store = store, .platform = &config->platforms[i]
		};
		int found = load_synced(&l, err);

		if (found < 0)
			return -1;
		if (l.trouble.kind == ERR_SYSTEM) {
			*err = l.trouble;
			return error_wrap(err, "platform '%s'", l.platform->name);
		}
		if (found)
			add_unread(unread, &l, NULL);
	}
	clear(config);
	return 0;
}
