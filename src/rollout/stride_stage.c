/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/pool.h"
#include "content/repository.h"
#include "content/signature.h"
#include "fleet/hoststep.h"
#include "model/config.h"
#include "model/patchset.h"
#include "plan/plan.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stock.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"

#include <stdlib.h>

#define REPOSITORY_FILES 3 /* Packages, InRelease, key */

/* The files of the platform's repository that this host needs. */
struct staging {
	struct stage_file *files;
	size_t count;
};

static void staging_done_p(struct staging *g)
{
	for (size_t i = 0; i < g->count; i++) {
		free((char *)(uintptr_t)g->files[i].path);
		free((char *)(uintptr_t)g->files[i].local);
		free((char *)(uintptr_t)g->files[i].sha256);
	}
	free(g->files);
}

static void staging_add(
	struct staging *g, const char *path, char *local, const char *sha256, uint64_t size)
{
	g->files[g->count++] =
		(struct stage_file){ mem_strdup(path), local, mem_strdup(sha256), size };
}

/* A file that is named by its place: what it holds now is what the host must get. */
static int staging_add_file(struct staging *g, const char *path, char *local, struct error *err)
{
	char sha256[DIGEST_HEX_SIZE];
	uint64_t size = 0;

	if (digest_file(local, sha256, &size, err) < 0) {
		free(local);
		return -1;
	}
	staging_add(g, path, local, sha256, size);
	return 0;
}

/* Every package of the plan, its bytes checked before they leave. */
static int staging_add_packages(struct staging *g, const struct stride *s, struct error *err)
{
	struct stock *stock = s->walk->stock;
	const struct plan *plan = s->member->plan;

	for (size_t i = 0; i < plan_change_count(plan); i++) {
		const struct plan_change *c = plan_change_at(plan, i);
		const struct package *p = patchset_find(
			s->walk->request->set, s->member->platform, c->name, c->architecture);

		if (!p || stock_check_file(stock, p->sha256, err) < 0)
			return p ? error_wrap(err, "%s %s", c->name, c->to)
				 : error_set(err, ERR_CORRUPT, "%s %s is not in the set", c->name,
					   c->to);

		CLEANUP(free) char *path = mem_printf("pool/%s.deb", p->sha256);

		staging_add(g, path, pool_path(stock_pool(stock), p->sha256), p->sha256, p->size);
	}
	return 0;
}

static int staging_add_repository(struct staging *g, const struct stride *s, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	const struct repository *repository = patchset_repository(r->set, s->member->platform);
	CLEANUP(free)
	char *directory =
		repository_dir(r->config->state, patchset_digest(r->set), s->member->platform);
	char *key = NULL;

	if (stock_check_repository(s->walk->stock, s->member->platform, err) < 0)
		return -1;
	staging_add(g, "Packages",
		pool_path(stock_pool(s->walk->stock), repository->packages_sha256),
		repository->packages_sha256, repository->packages_size);
	if (staging_add_file(g, "InRelease", path_join(directory, "InRelease"), err) < 0 ||
		signature_public_key(r->config->state, &key, err) < 0)
		return -1;
	return staging_add_file(g, "key.gpg", key, err);
}

/* Choose the files: the repository's own, and with is_whole the packages of the plan. */
static int choose(struct staging *g, const struct stride *s, bool is_whole, struct error *err)
{
	g->files = mem_new(plan_change_count(s->member->plan) + REPOSITORY_FILES, sizeof *g->files);
	if (staging_add_repository(g, s, err) < 0)
		return -1;
	return is_whole ? staging_add_packages(g, s, err) : 0;
}

int stride_stage_index(struct stride *s, struct error *err)
{
	CLEANUP(staging_done) struct staging g = { 0 };

	if (choose(&g, s, false, err) < 0)
		return -1;

	struct stage_options options = { g.files, g.count, .timeout_ms = stride_left_ms(s) };

	return hoststep_stage(s->member->connection, &s->order, &options, err);
}

int stride_unstage_index(struct stride *s, struct error *err)
{
	CLEANUP(staging_done) struct staging g = { 0 };

	if (choose(&g, s, false, err) < 0)
		return -1;

	struct stage_options options = { g.files, g.count, .timeout_ms = stride_left_ms(s) };

	return hoststep_unstage(s->member->connection, &s->order, &options, err);
}

int stride_stage(struct stride *s, struct error *err)
{
	CLEANUP(staging_done) struct staging g = { 0 };

	if (choose(&g, s, true, err) < 0)
		return -1;

	struct stage_options options = { g.files, g.count, .timeout_ms = stride_left_ms(s) };

	for (size_t i = 0; i < g.count; i++)
		str_addf(&s->log, "%s %llu %s\n", g.files[i].sha256,
			(unsigned long long)g.files[i].size, g.files[i].path);
	return hoststep_stage(s->member->connection, &s->order, &options, err);
}
