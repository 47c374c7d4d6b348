/* SPDX-License-Identifier: Apache-2.0 */
/* rollback_set_seal.c - what hosts go back to as patch sets; declared in rollback_set.h. */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/repository.h"
#include "model/config.h"
#include "model/patchset_draft.h"
#include "rollout/rollback_set.h"
#include "rollout/rollout.h"
#include "rollout/way_back.h"
#include "store/set.h"

#include <stdlib.h>

/* A rollback set while it becomes a set. */
struct making {
	const struct rollout_request *request;
	const struct pool *pool;
	int64_t rollout;
	const struct package **packages; /* owned list */
	size_t count;
	struct patchset *set; /* owned */
};

static void making_done_p(struct making *s)
{
	free(s->packages);
	patchset_free(s->set);
}

static void choose_packages(struct making *s, const struct rollback_set *b)
{
	s->packages = mem_new(b->way->package_count, sizeof(struct package *));
	for (size_t i = 0; i < b->way->package_count; i++) {
		if (b->packages[i].sha256)
			s->packages[s->count++] = &b->packages[i];
	}
}

/* Equal for rollback sets of the same bytes: packages come in the order of their names. */
static char *key_of(const struct rollback_set *b)
{
	CLEANUP(str_done) struct str key = { 0 };

	str_add(&key, b->way->platform);
	for (size_t i = 0; i < b->way->package_count; i++)
		str_addf(&key, " %s", b->packages[i].sha256 ? b->packages[i].sha256 : "-");
	return str_take(&key);
}

static int draft_set(struct making *s, const char *platform, char **text, size_t *size,
	char digest[DIGEST_HEX_SIZE], struct error *err)
{
	CLEANUP(free) char *release = mem_printf("way-back-%lld", (long long)s->rollout);
	CLEANUP(patchset_draft_free)
	struct patchset_draft *draft = patchset_draft_new(release, clock_now());
	struct repository_index index;

	if (repository_index(s->pool, platform, s->packages, s->count, &index, err) < 0)
		return -1;
	patchset_draft_narrow(draft, "the way back of a rollout");
	for (size_t i = 0; i < s->count; i++)
		patchset_draft_add_package(draft, s->packages[i]);
	patchset_draft_add_repository(
		draft, &(struct repository){ platform, index.sha256, index.size });
	return patchset_seal(draft, text, size, digest, err);
}

/* It is a set without a candidate: known to the store, checked by 'verify', promoted by nobody. */
static int rollback_set_record(void *context, struct error *err)
{
	const struct making *s = context;
	CLEANUP(jvalue_free) struct jvalue *summary = jvalue_object();

	jvalue_set_integer(summary, "way_back_of_rollout", s->rollout);

	CLEANUP(free) char *text = jvalue_write(summary);
	struct set_row row = {
		.digest = patchset_digest(s->set),
		.release = patchset_release(s->set),
		.package_count = (int64_t)s->count,
		.summary = text,
	};

	for (size_t i = 0; i < s->count; i++)
		row.total_size += (int64_t)s->packages[i]->size;
	return store_set_add(s->request->store, &row, s->request->actor, err);
}

static int seal(struct making *s, struct rollback_set *b, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;

	choose_packages(s, b);
	if (draft_set(s, b->way->platform, &text, &size, digest, err) < 0 ||
		patchset_read(text, size, digest, &s->set, err) < 0)
		return -1;

	const struct sealing sealing = { s->request->config->state, s->set, text, size };

	if (repository_seal(&sealing, rollback_set_record, s, err) < 0)
		return -1;
	way_back_set(&b->way->set, digest);
	return 0;
}

/* The rollback set before it that has the same bytes; NULL when there is none. */
static const struct rollback_set *find_twin(
	const struct rollback_sets *sets, char *const *keys, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		if (str_equal(keys[i], keys[index]) && *sets->items[i].way->set)
			return &sets->items[i];
	}
	return NULL;
}

static int seal_all(struct rollback_sets *sets, int64_t rollout, char **keys, struct error *err)
{
	for (size_t i = 0; i < sets->count; i++) {
		CLEANUP(making_done)
		struct making s = {
			.request = sets->request, .pool = sets->pool, .rollout = rollout
		};
		struct rollback_set *b = &sets->items[i];
		const struct rollback_set *twin = NULL;

		if (rollback_set_lack(b))
			continue;
		keys[i] = key_of(b);
		twin = find_twin(sets, keys, i);
		if (twin)
			way_back_set(&b->way->set, twin->way->set);
		else if (seal(&s, b, err) < 0)
			return error_wrap(err, "the way back of host '%s'", b->host);
	}
	return 0;
}

int rollback_sets_seal(struct rollback_sets *sets, int64_t rollout, struct error *err)
{
	CLEANUP(free) char **keys = mem_new(sets->count + 1, sizeof *keys);
	int result = seal_all(sets, rollout, keys, err);

	for (size_t i = 0; i < sets->count; i++)
		free(keys[i]);
	return result;
}
