/* SPDX-License-Identifier: Apache-2.0 */
#include "content/verify.h"

#include "base/error.h"
#include "base/mem.h"
#include "content/pool.h"
#include "content/repository.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"

#include <stdlib.h>
#include <string.h>

#define PARALLEL 2

/* A file that a set needs. */
struct needed {
	const char *sha256;            /* borrowed from the set */
	const struct package *package; /* likewise */
	const struct patchset *set;
};

struct verify {
	const struct config *config;
	const struct verify_options *options;
	struct pool *pool;      /* owned */
	struct patchset **sets; /* owned, as each of them */
	size_t set_count, set_capacity;
	struct needed *needed; /* sorted by digest, each once */
	size_t needed_count, needed_capacity;
	char **damaged; /* owned: digests of pool files that were set aside */
	size_t damaged_count, damaged_capacity;
	struct verify_report report;
	size_t finding_capacity;
};

static void verify_done(struct verify *v)
{
	for (size_t i = 0; i < v->set_count; i++)
		patchset_free(v->sets[i]);
	for (size_t i = 0; i < v->damaged_count; i++)
		free(v->damaged[i]);
	free(v->sets);
	free(v->needed);
	free(v->damaged);
	pool_close(v->pool);
	verify_report_done(&v->report);
}
CLEANUP_DONE(struct verify, verify_done)

/* Take both texts. */
static void add_finding(
	struct verify *v, enum finding_kind kind, char *name, char *problem, bool is_mended)
{
	struct verify_report *r = &v->report;

	r->findings = mem_room(r->findings, r->count, &v->finding_capacity, sizeof *r->findings);
	r->findings[r->count++] = (struct finding){ kind, name, problem, is_mended };
	r->mended += is_mended;
}

static void note_damaged(void *context, const char *sha256)
{
	struct verify *v = context;

	v->damaged =
		mem_room(v->damaged, v->damaged_count, &v->damaged_capacity, sizeof *v->damaged);
	v->damaged[v->damaged_count++] = mem_strdup(sha256);
}

static bool is_damaged(const struct verify *v, const char *sha256)
{
	for (size_t i = 0; i < v->damaged_count; i++) {
		if (strcmp(v->damaged[i], sha256) == 0)
			return true;
	}
	return false;
}

static void need_files(struct verify *v, const struct patchset *set)
{
	for (size_t i = 0; i < patchset_count(set); i++) {
		const struct package *p = patchset_at(set, i);

		v->needed = mem_room(
			v->needed, v->needed_count, &v->needed_capacity, sizeof *v->needed);
		v->needed[v->needed_count++] = (struct needed){ p->sha256, p, set };
	}
}

static int open_sets(struct verify *v, struct error *err)
{
	char **names = NULL;

	if (setfile_list(v->config->state, &names, err) < 0)
		return -1;
	for (size_t i = 0; names[i]; i++) {
		struct patchset *set = NULL;
		struct error bad = { 0 };

		v->report.sets++;
		if (setfile_open(v->config->state, names[i], &set, &bad) < 0) {
			add_finding(v, FINDING_MANIFEST, mem_printf("set %.12s", names[i]),
				mem_strdup(bad.text), false);
		} else {
			v->sets =
				mem_room(v->sets, v->set_count, &v->set_capacity, sizeof *v->sets);
			v->sets[v->set_count++] = set;
			need_files(v, set);
		}
		free(names[i]);
	}
	free(names);
	return 0;
}

static int compare_needed(const void *a, const void *b)
{
	const struct needed *x = a, *y = b;

	return strcmp(x->sha256, y->sha256);
}

static void sort_needed(struct verify *v)
{
	size_t kept = 0;

	if (!v->needed_count)
		return;
	qsort(v->needed, v->needed_count, sizeof *v->needed, compare_needed);
	for (size_t i = 1; i < v->needed_count; i++) {
		if (strcmp(v->needed[kept].sha256, v->needed[i].sha256) != 0)
			v->needed[++kept] = v->needed[i];
	}
	v->needed_count = kept + 1;
}

static void check_needed(struct verify *v, const struct needed *n)
{
	const struct package *p = n->package;
	const char *what = is_damaged(v, n->sha256) ? "damaged, set aside" : "missing";
	struct error why = { 0 };
	bool is_mended = false;

	if (pool_has(v->pool, p->sha256, p->size))
		return;
	if (!v->options->is_offline)
		is_mended = packages_fetch(v->config, v->pool, &p, 1, NULL, &why) == 0;

	CLEANUP(free) char *path = pool_path(v->pool, p->sha256);

	add_finding(v, FINDING_FILE,
		mem_printf("%s %s %s of set %.12s (%s)", p->name, p->version, p->architecture,
			patchset_digest(n->set), path),
		is_mended || !*why.text ? mem_strdup(what) : mem_printf("%s; %s", what, why.text),
		is_mended);
}

/* Write a repository again from its packages: the same bytes, or it is refused. */
static int mend_repository(const struct verify *v, const struct patchset *set,
	const struct repository *r, struct error *err)
{
	size_t first = 0, count = patchset_platform(set, r->platform, &first);
	CLEANUP(free) const struct package **packages = mem_new(count, sizeof *packages);
	struct repository_index index = { 0 };

	for (size_t i = 0; i < count; i++)
		packages[i] = patchset_at(set, first + i);
	if (repository_index(v->pool, r->platform, packages, count, &index, err) < 0)
		return -1;
	if (strcmp(index.sha256, r->packages_sha256) != 0)
		return error_set(err, ERR_CORRUPT,
			"an index written anew has digest %.12s; want %.12s", index.sha256,
			r->packages_sha256);
	return repository_publish(v->config->state, set, err);
}

static void check_repository(
	struct verify *v, const struct patchset *set, const struct repository *r)
{
	struct error bad = { 0 }, why = { 0 };
	bool is_mended = false;

	if (repository_check(v->config->state, set, r->platform, &bad) == 0)
		return;
	if (!v->options->is_offline)
		is_mended = mend_repository(v, set, r, &why) == 0;
	add_finding(v, FINDING_REPOSITORY,
		mem_printf("%s of set %.12s", r->platform, patchset_digest(set)),
		is_mended || !*why.text ? mem_strdup(bad.text)
					: mem_printf("%s; %s", bad.text, why.text),
		is_mended);
}

static bool is_index_of_a_set(const struct verify *v, const char *sha256)
{
	for (size_t i = 0; i < v->set_count; i++) {
		const struct patchset *set = v->sets[i];

		for (size_t j = 0; j < patchset_repository_count(set); j++) {
			if (strcmp(patchset_repository_at(set, j)->packages_sha256, sha256) == 0)
				return true;
		}
	}
	return false;
}

/* What is damaged and nobody needs is told once and is then gone from the pool. */
static void tell_unneeded(struct verify *v)
{
	for (size_t i = 0; i < v->damaged_count; i++) {
		struct needed key = { .sha256 = v->damaged[i] };

		if (is_index_of_a_set(v, v->damaged[i]) ||
			(v->needed_count && bsearch(&key, v->needed, v->needed_count, sizeof key,
						    compare_needed)))
			continue;
		add_finding(v, FINDING_FILE, pool_path(v->pool, v->damaged[i]),
			mem_strdup("damaged, set aside; no set needs it"), false);
	}
}

int verify_content(const struct config *config, const struct verify_options *options,
	struct verify_report *out, struct error *err)
{
	CLEANUP(verify_done) struct verify v = { .config = config, .options = options };
	size_t parallel = options->parallel ? options->parallel : PARALLEL;
	struct pool_totals totals = { 0 };

	if (pool_open(config->state, &v.pool, err) < 0 ||
		pool_verify(v.pool, parallel, note_damaged, &v, &totals, err) < 0 ||
		open_sets(&v, err) < 0)
		return -1;
	sort_needed(&v);
	for (size_t i = 0; i < v.needed_count; i++)
		check_needed(&v, &v.needed[i]);
	for (size_t i = 0; i < v.set_count; i++) {
		const struct patchset *set = v.sets[i];

		for (size_t j = 0; j < patchset_repository_count(set); j++)
			check_repository(&v, set, patchset_repository_at(set, j));
	}
	tell_unneeded(&v);
	v.report.files = totals.files;
	v.report.bytes = totals.bytes;
	*out = STEAL(&v.report);
	return 0;
}

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[FINDING_KIND_COUNT] = {
		[FINDING_MANIFEST] = "manifest",
		[FINDING_REPOSITORY] = "repository",
		[FINDING_FILE] = "file",
	};

	return names[kind];
}

void verify_report_done(struct verify_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].name);
		free(report->findings[i].problem);
	}
	free(report->findings);
	*report = (struct verify_report){ 0 };
}
