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
	size_t count, capacity;
};

static void feeds_done(struct feeds *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free((char *)(uintptr_t)f->items[i].name);
		free((char *)(uintptr_t)f->items[i].path);
		free((char *)(uintptr_t)f->items[i].sha256);
	}
	free(f->items);
}
CLEANUP_DONE(struct feeds, feeds_done)

static void add_feed(struct feeds *f, const struct config *config, const struct index_row *row)
{
	f->items = mem_room(f->items, f->count, &f->capacity, sizeof *f->items);
	f->items[f->count++] = (struct feed){
		.name = mem_strdup(row->source),
		.path = store_index_path(config->state, row->packages_sha256),
		.sha256 = mem_strdup(row->packages_sha256),
		.is_security = config_source(config, row->source)->is_security ||
			       str_equal(row->label, "Debian-Security"),
	};
}

static int list_feeds(struct feeds *f, const struct config *config, struct store *store,
	const struct platform *platform, struct error *err)
{
	for (const char *const *name = platform->sources; *name; name++) {
		CLEANUP(index_rows_done) struct index_rows rows = { 0 };

		if (store_indexes(store, *name, &rows, err) < 0)
			return -1;
		if (!rows.count)
			return error_set(err, ERR_REFUSED,
				"source '%s' was never synced: 'patchline sync' does it", *name);
		for (size_t i = 0; i < rows.count; i++)
			add_feed(f, config, &rows.items[i]);
	}
	return 0;
}

static char *folder(const struct config *config)
{
	return path_join(config->state, "universes");
}

static int note_damage(struct store *store, const struct platform *platform,
	const struct error *trouble, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	const struct event_draft event = { "patchline", "universe.damaged", SUBJECT_SOURCE,
		platform->sources[0], payload };

	jvalue_set_string(payload, "platform", platform->name);
	jvalue_set_string(payload, "problem", trouble->text);
	return store_event_add(store, &event, err);
}

static int load(const struct config *config, struct store *store, const struct platform *platform,
	struct universe **out, struct error *trouble, struct error *err)
{
	CLEANUP(free) char *dir = folder(config), *form = path_join(dir, platform->name);
	CLEANUP(feeds_done) struct feeds feeds = { 0 };
	CLEANUP(universe_free) struct universe *u = NULL;

	if (list_feeds(&feeds, config, store, platform, err) < 0 || dir_make(dir, 0755, err) < 0)
		return -1;

	const struct universe_request request = { platform->name, feeds.items, feeds.count, form };

	if (universe_load(&request, &u, trouble, err) < 0)
		return -1;
	if (trouble->kind == ERR_CORRUPT && note_damage(store, platform, trouble, err) < 0)
		return -1;
	*out = STEAL(&u);
	return 0;
}

/* That it could not be kept costs the next one the reading, and `sync` tells it. */
int indexes_load(const struct config *config, struct store *store, const struct platform *platform,
	struct universe **out, struct error *err)
{
	struct error trouble;

	return load(config, store, platform, out, &trouble, err);
}

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

int indexes_keep(const struct config *config, struct store *store, struct error *err)
{
	for (size_t i = 0; i < config->platform_count; i++) {
		CLEANUP(universe_free) struct universe *u = NULL;
		struct error trouble;

		if (load(config, store, &config->platforms[i], &u, &trouble, err) < 0) {
			if (err->kind == ERR_REFUSED)
				continue;
			return error_wrap(err, "platform '%s'", config->platforms[i].name);
		}
		if (trouble.kind == ERR_SYSTEM) {
			*err = trouble;
			return error_wrap(err, "platform '%s'", config->platforms[i].name);
		}
	}
	clear(config);
	return 0;
}
