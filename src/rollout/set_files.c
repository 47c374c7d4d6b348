/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/set_files.h"

#include "base/mem.h"
#include "content/pool.h"
#include "content/repository.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

struct set_files {
	const char *state;
	const struct patchset *set;
	struct pool *pool;    /* owned */
	pthread_mutex_t lock; /* of `right`, held while something is checked */
	void *right;          /* tree of owned names: platforms and digests that were found right */
};

int set_files_new(
	const char *state, const struct patchset *set, struct set_files **out, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;
	struct set_files *s = NULL;

	if (pool_open(state, &pool, err) < 0)
		return -1;
	s = mem_new(1, sizeof *s);
	*s = (struct set_files){ .state = state, .set = set, .pool = STEAL(&pool) };
	pthread_mutex_init(&s->lock, NULL);
	*out = s;
	return 0;
}

const struct patchset *set_files_set(const struct set_files *s)
{
	return s->set;
}

const struct pool *set_files_pool(const struct set_files *s)
{
	return s->pool;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int check_platform(const struct set_files *s, const char *platform, struct error *err)
{
	return repository_check(s->state, s->set, platform, err);
}

static int set_file_check(const struct set_files *s, const char *sha256, struct error *err)
{
	return pool_check(s->pool, sha256, err);
}

/* What was found wrong is looked at again the next time: somebody may repair it meanwhile. */
static int check_once(struct set_files *s, const char *name,
	int (*check)(const struct set_files *s, const char *name, struct error *err),
	struct error *err)
{
	int result = 0;

	pthread_mutex_lock(&s->lock);
	if (!tfind(name, &s->right, compare_names)) {
		result = check(s, name, err);
		if (result == 0)
			(void)tsearch(mem_strdup(name), &s->right, compare_names);
	}
	pthread_mutex_unlock(&s->lock);
	return result;
}

int set_files_check_repository(struct set_files *s, const char *platform, struct error *err)
{
	return check_once(s, platform, check_platform, err);
}

int set_files_check_file(struct set_files *s, const char *sha256, struct error *err)
{
	return check_once(s, sha256, set_file_check, err);
}

void set_files_free(struct set_files *s)
{
	if (!s)
		return;
	tdestroy(s->right, free);
	pool_close(s->pool);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
