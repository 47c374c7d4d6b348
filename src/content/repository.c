/* SPDX-License-Identifier: Apache-2.0 */
#include "content/repository.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "content/format.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "model/patchset.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PARALLEL 4

/* One package's part of the index. */
struct stanza {
	const struct package *package;
	struct str text;
	struct error error;
};

struct stanzas {
	const struct pool *pool;
	const struct repository_format *format;
	struct stanza *items; /* owned */
	size_t count;
};

static void stanzas_done(struct stanzas *s)
{
	for (size_t i = 0; i < s->count; i++)
		str_done(&s->items[i].text);
	free(s->items);
}
CLEANUP_DONE(struct stanzas, stanzas_done)

static void write_one(void *context, size_t index)
{
	struct stanzas *s = context;
	struct stanza *stanza = &s->items[index];
	const struct package *p = stanza->package;
	CLEANUP(free) char *path = pool_path(s->pool, p->sha256);

	if (pool_check(s->pool, p->sha256, &stanza->error) < 0 ||
		s->format->describe(path, p, &stanza->text, &stanza->error) < 0)
		assert(stanza->error.kind != ERR_NONE);
}

static int compare_stanzas(const void *a, const void *b)
{
	const struct package *x = ((const struct stanza *)a)->package;
	const struct package *y = ((const struct stanza *)b)->package;
	int order = strcmp(x->name, y->name);

	return order ? order : strcmp(x->architecture, y->architecture);
}

int repository_index(const struct pool *pool, const char *platform,
	const struct package *const *packages, size_t count, struct repository_index *out,
	struct error *err)
{
	CLEANUP(stanzas_done)
	struct stanzas s = { pool, repository_format_of(platform), NULL, count };
	CLEANUP(str_done) struct str text = { 0 };

	s.items = mem_new(count, sizeof *s.items);
	for (size_t i = 0; i < count; i++)
		s.items[i].package = packages[i];
	if (count)
		qsort(s.items, count, sizeof *s.items, compare_stanzas);
	workers_run(count, PARALLEL, write_one, &s);
	for (size_t i = 0; i < count; i++) {
		const struct package *p = s.items[i].package;

		if (s.items[i].error.kind != ERR_NONE) {
			*err = s.items[i].error;
			return error_wrap(err, "%s %s %s", p->name, p->version, p->architecture);
		}
		if (i)
			str_add(&text, "\n");
		str_add_bytes(&text, s.items[i].text.text, s.items[i].text.size);
	}
	if (pool_put_bytes(pool, str_text(&text), text.size, out->sha256, err) < 0)
		return -1;
	out->size = text.size;
	return 0;
}

char *repository_dir(const char *state, const char *digest, const char *platform)
{
	return mem_printf("%s/sets/%s/%s", state, digest, platform);
}

int repository_publish(const char *state, const struct patchset *set, struct error *err)
{
	for (size_t i = 0; i < patchset_repository_count(set); i++) {
		const struct repository *r = patchset_repository_at(set, i);
		CLEANUP(free) char *dir = repository_dir(state, patchset_digest(set), r->platform);

		if (dir_make(dir, 0755, err) < 0 ||
			repository_format_of(r->platform)->publish(state, dir, set, r, err) < 0)
			return error_wrap(err, "publishing %s of set %.12s", r->platform,
				patchset_digest(set));
	}
	return 0;
}

int repository_seal(const struct sealing *sealing, int (*record)(void *context, struct error *err),
	void *context, struct error *err)
{
	const char *state = sealing->state, *digest = patchset_digest(sealing->set);
	bool was_there = setfile_exists(state, digest);
	struct error ignored = { 0 };

	if (repository_publish(state, sealing->set, err) == 0 &&
		setfile_write(state, digest, sealing->text, sealing->size, err) == 0 &&
		record(context, err) == 0)
		return 0;

	/* What may be in the store all the same keeps its files. */
	bool is_to_go = !was_there && err->kind != ERR_UNCERTAIN;

	if (is_to_go && setfile_remove(state, digest, &ignored) < 0)
		return error_wrap(err, "leaving set %.12s behind, which was not sealed", digest);
	return -1;
}

int repository_check(
	const char *state, const struct patchset *set, const char *platform, struct error *err)
{
	const struct repository *r = patchset_repository(set, platform);
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (!r)
		return error_set(err, ERR_NOT_FOUND, "set %.12s has no repository for %s",
			patchset_digest(set), platform);
	if (pool_open(state, &pool, err) < 0 || pool_check(pool, r->packages_sha256, err) < 0)
		return error_wrap(err, "index of %s", platform);

	CLEANUP(free) char *dir = repository_dir(state, patchset_digest(set), platform);

	return repository_format_of(platform)->check(state, dir, set, r, err);
}

int set_indexes_open(
	const char *state, const struct patchset *set, struct set_indexes *out, struct error *err)
{
	CLEANUP(set_indexes_done) struct set_indexes found = { 0 };
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (pool_open(state, &pool, err) < 0)
		return -1;
	found.paths = mem_new(patchset_repository_count(set), sizeof *found.paths);
	for (; found.count < patchset_repository_count(set); found.count++) {
		const struct repository *r = patchset_repository_at(set, found.count);

		if (pool_check(pool, r->packages_sha256, err) < 0)
			return error_wrap(err, "the set's repository of %s", r->platform);
		found.paths[found.count] = pool_path(pool, r->packages_sha256);
	}
	*out = STEAL(&found);
	return 0;
}

void set_indexes_done(struct set_indexes *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->paths[i]);
	free(s->paths);
	*s = (struct set_indexes){ 0 };
}
