/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/url.h"
#include "content/fetch.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"

#include <stdlib.h>
#include <string.h>

/* A package whose file the pool lacks. */
struct missing {
	const struct package *package;
	const struct source *source; /* its own */
	char *url, *path;            /* owned */
	struct error error;          /* what its own source said; ERR_NONE once it is here */
};

struct missing_list {
	struct missing *items;
	size_t count;
};

static void missing_list_done(struct missing_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		free(list->items[i].url);
		free(list->items[i].path);
	}
	free(list->items);
}
CLEANUP_DONE(struct missing_list, missing_list_done)

static int compare_digests(const void *a, const void *b)
{
	const struct package *const *x = a, *const *y = b;

	return strcmp((*x)->sha256, (*y)->sha256);
}

static int list_missing(const struct config *config, const struct pool *pool,
	const struct package **sorted, size_t count, struct missing_list *out, struct error *err)
{
	out->items = mem_new(count, sizeof *out->items);
	for (size_t i = 0; i < count; i++) {
		const struct package *p = sorted[i];
		struct missing *m = &out->items[out->count];

		if (i && strcmp(sorted[i - 1]->sha256, p->sha256) == 0)
			continue;
		if (pool_has(pool, p->sha256, p->size))
			continue;
		m->package = p;
		m->source = config_source(config, p->source);
		if (!m->source)
			return error_set(err, ERR_NOT_FOUND,
				"%s %s comes from source '%s', which is not in the configuration",
				p->name, p->version, p->source);
		m->path = pool_path(pool, p->sha256);
		out->count++;
	}
	return 0;
}

/* Ask one source for each file that is still missing: its own, or one that may have it too. */
static int ask_source(
	struct missing_list *list, const struct source *other, const struct fetch_options *options)
{
	CLEANUP(free) struct fetch_file *files = mem_new(list->count, sizeof *files);
	CLEANUP(free) size_t *places = mem_new(list->count, sizeof *places);
	size_t count = 0;
	struct error ignored;
	int result = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct missing *m = &list->items[i];

		if (other && (m->error.kind != ERR_NOT_FOUND || m->source == other))
			continue;
		free(m->url);
		m->url = url_below((other ? other : m->source)->uri, m->package->filename);
		places[count] = i;
		files[count++] = (struct fetch_file){
			.url = m->url,
			.path = m->path,
			.sha256 = m->package->sha256,
			.size = m->package->size,
		};
	}
	if (count)
		result = fetch_files(files, count, options, &ignored);
	for (size_t i = 0; i < count; i++) {
		if (!other || files[i].error.kind == ERR_NONE)
			list->items[places[i]].error = files[i].error;
	}
	return result;
}

static int tell_missing(const struct missing_list *list, struct error *err)
{
	const struct missing *first = NULL;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].error.kind == ERR_NONE)
			continue;
		first = first ? first : &list->items[i];
		count++;
	}
	if (!first)
		return 0;
	*err = first->error;
	if (count > 1)
		return error_wrap(err, "%zu packages could not be fetched, the first is %s %s",
			count, first->package->name, first->package->version);
	return error_wrap(err, "fetching %s %s", first->package->name, first->package->version);
}

int packages_fetch(const struct config *config, const struct pool *pool,
	const struct package *const *packages, size_t count, const struct fetch_options *options,
	struct error *err)
{
	CLEANUP(free) const struct package **sorted = mem_new(count, sizeof *sorted);
	CLEANUP(missing_list_done) struct missing_list list = { 0 };

	if (!count)
		return 0;
	memcpy(sorted, packages, count * sizeof *sorted);
	qsort(sorted, count, sizeof *sorted, compare_digests);
	if (list_missing(config, pool, sorted, count, &list, err) < 0)
		return -1;
	if (!list.count || ask_source(&list, NULL, options) == 0)
		return 0;
	/* The digest proves the bytes, wherever they come from. */
	for (size_t i = 0; i < config->source_count; i++)
		(void)ask_source(&list, &config->sources[i], options);
	return tell_missing(&list, err);
}

int set_fetch(const struct config *config, const struct pool *pool, const struct patchset *set,
	const struct fetch_options *options, struct error *err)
{
	size_t count = patchset_count(set);
	CLEANUP(free) const struct package **packages = mem_new(count, sizeof *packages);

	for (size_t i = 0; i < count; i++)
		packages[i] = patchset_at(set, i);
	if (packages_fetch(config, pool, packages, count, options, err) < 0)
		return error_wrap(err, "set %.12s", patchset_digest(set));
	return 0;
}
