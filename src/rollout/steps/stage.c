/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/format.h"
#include "content/pool.h"
#include "content/repository.h"
#include "content/signature.h"
#include "fleet/upload.h"
#include "model/config.h"
#include "model/patchset.h"
#include "plan/plan.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/set_files.h"
#include "rollout/targets.h"

#include <stdlib.h>

#define REPOSITORY_FILES 3 /* Packages, InRelease, key */

/* The files of the platform's repository that this host needs. */
struct staging {
	struct upload_file *files;
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
		(struct upload_file){ mem_strdup(path), local, mem_strdup(sha256), size };
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

/* Each package's bytes are checked before they leave. */
static int staging_add_package(
	struct staging *g, struct set_files *set_files, const struct package *p, struct error *err)
{
	CLEANUP(free)
	char *path = mem_printf("pool/%s.%s", p->sha256, repository_format_of(p->platform)->suffix);

	if (set_files_check_file(set_files, p->sha256, err) < 0)
		return error_wrap(err, "%s %s", p->name, p->version);
	staging_add(g, path, pool_path(set_files_pool(set_files), p->sha256), p->sha256, p->size);
	return 0;
}

static int staging_add_repository(
	struct staging *g, const struct host_run *s, struct set_files *set_files, struct error *err)
{
	const struct config *config = s->shared->request->config;
	const struct patchset *set = set_files_set(set_files);
	const char *platform = s->order.platform;
	const struct repository *repository = patchset_repository(set, platform);
	const struct repository_format *format = repository_format_of(platform);
	CLEANUP(free)
	char *directory = repository_dir(config->state, patchset_digest(set), platform);
	char *key = NULL;

	if (set_files_check_repository(set_files, platform, err) < 0)
		return -1;
	staging_add(g, format->index,
		pool_path(set_files_pool(set_files), repository->packages_sha256),
		repository->packages_sha256, repository->packages_size);
	if (staging_add_file(g, format->proof, path_join(directory, format->proof), err) < 0 ||
		signature_public_key(config->state, &key, err) < 0)
		return -1;
	return staging_add_file(g, "key.gpg", key, err);
}

static struct upload options_of(const struct host_run *s, const struct staging *g)
{
	return (struct upload){ g->files, g->count, .timeout_ms = host_run_left_ms(s) };
}

/* The repository's own files of the set that is rolled out. */
static int choose_index(struct staging *g, const struct host_run *s, struct error *err)
{
	g->files = mem_new(REPOSITORY_FILES, sizeof *g->files);
	return staging_add_repository(g, s, s->shared->set_files, err);
}

int host_run_stage_index(struct host_run *s, struct error *err)
{
	CLEANUP(staging_done) struct staging g = { 0 };

	if (choose_index(&g, s, err) < 0)
		return -1;

	struct upload options = options_of(s, &g);

	return upload_files(s->target->session, &s->order, &options, err);
}

int host_run_unstage_index(struct host_run *s, struct error *err)
{
	CLEANUP(staging_done) struct staging g = { 0 };

	if (choose_index(&g, s, err) < 0)
		return -1;

	struct upload options = options_of(s, &g);

	return upload_remove(s->target->session, &s->order, &options, err);
}

int host_run_stage_packages(struct host_run *s, struct set_files *set_files,
	const struct package *const *packages, size_t count, struct error *err)
{
	CLEANUP(staging_done) struct staging g = { 0 };

	g.files = mem_new(count + REPOSITORY_FILES, sizeof *g.files);
	if (staging_add_repository(&g, s, set_files, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (staging_add_package(&g, set_files, packages[i], err) < 0)
			return -1;
	}

	struct upload options = options_of(s, &g);

	for (size_t i = 0; i < g.count; i++)
		str_addf(&s->log, "%s %llu %s\n", g.files[i].sha256,
			(unsigned long long)g.files[i].size, g.files[i].path);
	return upload_files(s->target->session, &s->order, &options, err);
}

int host_run_stage(struct host_run *s, struct error *err)
{
	const struct plan *plan = s->target->plan;
	const struct patchset *set = s->shared->request->set;
	size_t count = plan_change_count(plan);
	CLEANUP(free) const struct package **packages = mem_new(count, sizeof(struct package *));

	for (size_t i = 0; i < count; i++) {
		const struct plan_change *c = plan_change_at(plan, i);

		packages[i] =
			patchset_find(set, s->target->platform, c->name, c->architecture, c->to);
		if (!packages[i])
			return error_set(
				err, ERR_CORRUPT, "%s %s is not in the set", c->name, c->to);
	}
	return host_run_stage_packages(s, s->shared->set_files, packages, count, err);
}
