/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/rollback_set.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/format.h"
#include "content/pool.h"
#include "content/setfile.h"
#include "fleet/hoststep.h"
#include "model/config.h"
#include "plan/indexes.h"
#include "plan/universe.h"
#include "rollout/rollout.h"
#include "rollout/way_back.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REBUILT    "rebuilt" /* in the place of a source's name */
#define REBUILD_MS INT64_C(600000)

int rollback_sets_open(const struct rollout_request *request, size_t most,
	struct rollback_sets *out, struct error *err)
{
	struct rollback_sets sets = { .request = request };

	if (pool_open(request->config->state, &sets.pool, err) < 0)
		return -1;
	sets.items = mem_new(most + 1, sizeof *sets.items);
	*out = sets;
	return 0;
}

void rollback_sets_add(struct rollback_sets *sets, struct way_back *way, const char *host)
{
	struct rollback_set *b = &sets->items[sets->count++];

	*b = (struct rollback_set){ .way = way, .host = host };
	b->packages = mem_new(way->package_count, sizeof *b->packages);
	for (size_t i = 0; i < way->package_count; i++)
		b->packages[i] = (struct package){
			.platform = way->platform,
			.name = way->packages[i].name,
			.version = way->packages[i].before,
			.architecture = way->packages[i].architecture,
			.advisories = "",
		};
}

/* A new package has nothing to go back to. */
static bool package_is_wanted(const struct package *p)
{
	return *p->version && !p->sha256;
}

static void package_forget(struct package *p)
{
	free((char *)(uintptr_t)p->sha256);
	free((char *)(uintptr_t)p->source);
	free((char *)(uintptr_t)p->filename);
	p->sha256 = p->source = p->filename = NULL;
}

void rollback_sets_done(struct rollback_sets *sets)
{
	for (size_t i = 0; i < sets->count; i++) {
		for (size_t k = 0; k < sets->items[i].way->package_count; k++)
			package_forget(&sets->items[i].packages[k]);
		free(sets->items[i].packages);
	}
	free(sets->items);
	pool_close(sets->pool);
	*sets = (struct rollback_sets){ 0 };
}

const struct package *rollback_set_lack(const struct rollback_set *b)
{
	for (size_t i = 0; i < b->way->package_count; i++) {
		if (package_is_wanted(&b->packages[i]))
			return &b->packages[i];
	}
	return NULL;
}

static void found(struct package *p, const struct package *where)
{
	p->sha256 = mem_strdup(where->sha256);
	p->source = mem_strdup(where->source);
	p->filename = mem_strdup(where->filename);
	p->size = where->size;
}

/* ---- sealed sets ---- */

static void names_free(char **names)
{
	for (size_t i = 0; names && names[i]; i++)
		free(names[i]);
	free(names);
}
CLEANUP_FUNC(char **, names_free)

/* What was rebuilt on a host holds that host's configuration files: no other host gets it. */
static void look_in_set(const struct patchset *set, const struct pool *pool, struct rollback_set *b)
{
	for (size_t i = 0; i < b->way->package_count; i++) {
		struct package *p = &b->packages[i];
		const struct package *there = package_is_wanted(p)
						      ? patchset_find(set, p->platform, p->name,
								p->architecture, p->version)
						      : NULL;

		if (there && !str_equal(there->source, REBUILT) &&
			pool_has(pool, there->sha256, there->size))
			found(p, there);
	}
}

static int look_in_sets(struct rollback_sets *sets, struct error *err)
{
	CLEANUP(names_free) char **digests = NULL;
	const char *state = sets->request->config->state;

	if (setfile_list(state, &digests, err) < 0)
		return -1;
	for (char **digest = digests; *digest; digest++) {
		CLEANUP(patchset_free) struct patchset *set = NULL;
		struct error damaged; /* 'verify' tells; here it is only not to be had */

		if (setfile_open(state, *digest, &set, &damaged) < 0)
			continue;
		for (size_t i = 0; i < sets->count; i++)
			look_in_set(set, sets->pool, &sets->items[i]);
	}
	return 0;
}

/* ---- indexes ---- */

/* A version whose stanza is not as sync left it is passed over. */
static void look_in_universe(const struct universe *u, struct rollback_set *b)
{
	for (size_t i = 0; i < b->way->package_count; i++) {
		CLEANUP(known_file_done) struct known_file file = { 0 };
		struct package *p = &b->packages[i];
		struct error damaged;
		uint32_t version = package_is_wanted(p)
					   ? universe_find(u, p->name, p->architecture, p->version)
					   : UNIVERSE_NONE;

		if (version == UNIVERSE_NONE || universe_file(u, version, &file, &damaged) < 0)
			continue;

		const struct package there = {
			.sha256 = file.sha256,
			.source = universe_at(u, version).feed,
			.filename = file.filename,
			.size = file.size,
		};

		if (*file.sha256)
			found(p, &there);
	}
}

/* Sources that were never synced, or whose indexes are not as sync left them, have nothing. */
static int look_in_indexes(
	struct rollback_sets *sets, const struct platform *platform, struct error *err)
{
	const struct rollout_request *r = sets->request;
	CLEANUP(universe_free) struct universe *u = NULL;

	if (indexes_load(r->config, r->store, platform, &u, err) < 0)
		return err->kind == ERR_REFUSED || err->kind == ERR_CORRUPT ||
				       err->kind == ERR_NOT_FOUND
			       ? 0
			       : error_wrap(err, "platform '%s'", platform->name);
	for (size_t i = 0; i < sets->count; i++) {
		if (str_equal(sets->items[i].way->platform, platform->name))
			look_in_universe(u, &sets->items[i]);
	}
	return 0;
}

static bool lacks_any(const struct rollback_sets *sets, const char *platform)
{
	for (size_t i = 0; i < sets->count; i++) {
		if (str_equal(sets->items[i].way->platform, platform) &&
			rollback_set_lack(&sets->items[i]))
			return true;
	}
	return false;
}

/* ---- bytes ---- */

/* A source that has the package in its index and not on its disk any more: it is not found after all. */
static void fetch(struct rollback_sets *sets)
{
	size_t most = 0, wanted = 0;
	struct error ignored;

	for (size_t i = 0; i < sets->count; i++)
		most += sets->items[i].way->package_count;

	CLEANUP(free) const struct package **packages = mem_new(most, sizeof(struct package *));

	for (size_t i = 0; i < sets->count; i++) {
		for (size_t k = 0; k < sets->items[i].way->package_count; k++) {
			if (sets->items[i].packages[k].sha256)
				packages[wanted++] = &sets->items[i].packages[k];
		}
	}
	if (packages_fetch(sets->request->config, sets->pool, packages, wanted, NULL, &ignored) ==
		0)
		return;
	for (size_t i = 0; i < wanted; i++) {
		struct package *p = (struct package *)(uintptr_t)packages[i];

		if (!pool_has(sets->pool, p->sha256, p->size))
			package_forget(p);
	}
}

int rollback_sets_find(struct rollback_sets *sets, struct error *err)
{
	const struct config *c = sets->request->config;

	if (look_in_sets(sets, err) < 0)
		return -1;
	for (size_t i = 0; i < c->platform_count; i++) {
		if (lacks_any(sets, c->platforms[i].name) &&
			look_in_indexes(sets, &c->platforms[i], err) < 0)
			return -1;
	}
	fetch(sets);
	return 0;
}

/* ---- built anew ---- */

static int rebuild(const struct rollback_sets *sets, const struct rollback_set *b,
	struct package *p, struct session *session, struct error *err)
{
	CLEANUP(free)
	char *path =
		mem_printf("%s/pool/%s-%s.part", sets->request->config->state, b->host, p->name);
	const struct repack order = { b->way->platform, p->name, p->architecture, p->version,
		REBUILD_MS };
	char digest[DIGEST_HEX_SIZE];
	uint64_t size = 0;

	if (hoststep_repack(session, &order, path, err) < 0 ||
		digest_file(path, digest, &size, err) < 0 ||
		pool_put(sets->pool, path, digest, err) < 0) {
		(void)!unlink(path);
		return -1;
	}

	CLEANUP(free)
	char *filename = mem_printf(
		"%s/%s.%s", REBUILT, digest, repository_format_of(b->way->platform)->suffix);
	const struct package built = {
		.sha256 = digest, .source = REBUILT, .filename = filename, .size = size
	};

	found(p, &built);
	return 0;
}

int rollback_set_rebuild(const struct rollback_sets *sets, struct rollback_set *b,
	struct session *session, struct error *err)
{
	for (size_t i = 0; i < b->way->package_count; i++) {
		struct package *p = &b->packages[i];

		if (!package_is_wanted(p))
			continue;
		if (rebuild(sets, b, p, session, err) < 0)
			return error_wrap(err,
				"%s %s is in no set and no source any more, and cannot be rebuilt",
				p->name, p->version);
		b->way->packages[i].is_rebuilt = true;
	}
	return 0;
}
