/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/standing.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/repository.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"

#include <stdlib.h>

/* A set that was asked for. */
struct asked_set {
	char *digest;         /* owned */
	struct patchset *set; /* owned */
	struct stand *of;     /* owned, with their words; by state */
};

struct standing {
	const struct config *config;
	struct last_seen *seen; /* owned */
	struct asked_set *sets; /* owned */
	size_t set_count, set_capacity;
};

int standing_open(const struct config *config, const struct environment *environment,
	struct store *store, struct standing **out, struct error *err)
{
	CLEANUP(standing_free) struct standing *s = mem_new(1, sizeof *s);

	s->config = config;
	if (last_seen_read(config, environment, store, &s->seen, err) < 0)
		return -1;
	*out = STEAL(&s);
	return 0;
}

struct last_seen *standing_seen(struct standing *s)
{
	return s->seen;
}

static int find_set(
	struct standing *s, const char *digest, struct asked_set **out, struct error *err)
{
	struct patchset *set = NULL;

	for (size_t i = 0; i < s->set_count; i++) {
		*out = &s->sets[i];
		if (str_equal(s->sets[i].digest, digest))
			return 0;
	}
	if (setfile_open(s->config->state, digest, &set, err) < 0)
		return -1;
	s->sets = mem_room(s->sets, s->set_count, &s->set_capacity, sizeof *s->sets);
	*out = &s->sets[s->set_count++];
	**out = (struct asked_set){ mem_strdup(digest), set,
		mem_new(last_seen_state_count(s->seen), sizeof(struct stand)) };
	return 0;
}

/* The states of the hosts that have no verdict yet; by number, NULL for the others. */
static int read_new(struct standing *s, const struct asked_set *a, const struct seen_hosts *hosts,
	const struct hoststate **states, size_t *count, struct error *err)
{
	struct error why = { 0 };

	for (size_t i = 0; i < hosts->count; i++) {
		const struct seen_host *host = &hosts->items[i];

		if (!host->state || a->of[host->state_number].words || states[host->state_number])
			continue;
		if (last_seen_state(
			    s->seen, host->state_number, &states[host->state_number], &why) == 0) {
			++*count;
			continue;
		}
		if (why.kind != ERR_CORRUPT) {
			*err = why;
			return error_wrap(err, "state of host '%s'", host->name);
		}
		last_seen_leave_out(s->seen, host->state_number, why.text);
	}
	return 0;
}

static int judge_states(struct standing *s, struct asked_set *a,
	const struct hoststate *const *states, struct error *err)
{
	CLEANUP(compliances_free) struct compliances *compliances = NULL;
	CLEANUP(set_indexes_done) struct set_indexes indexes = { 0 };
	size_t count = last_seen_state_count(s->seen);

	if (set_indexes_open(s->config->state, a->set, &indexes, err) < 0 ||
		compliances_new(a->set, (const char *const *)indexes.paths, states, count,
			&compliances, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (states[i])
			a->of[i] = (struct stand){ compliances_verdict(compliances, i),
				mem_strdup(compliances_words(compliances, i)) };
	}
	return 0;
}

int standing_ask(struct standing *s, const char *set, const struct seen_hosts *hosts,
	struct set_standing *out, struct error *err)
{
	CLEANUP(free)
	const struct hoststate **states =
		mem_new(last_seen_state_count(s->seen), sizeof(struct hoststate *));
	struct asked_set *a = NULL;
	size_t count = 0;

	if (find_set(s, set, &a, err) < 0 || read_new(s, a, hosts, states, &count, err) < 0 ||
		(count && judge_states(s, a, states, err) < 0))
		return -1;
	*out = (struct set_standing){ a->set, a->of };
	return 0;
}

void standing_free(struct standing *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->set_count; i++) {
		for (size_t k = 0; k < last_seen_state_count(s->seen); k++)
			free((char *)(uintptr_t)s->sets[i].of[k].words);
		free(s->sets[i].of);
		patchset_free(s->sets[i].set);
		free(s->sets[i].digest);
	}
	free(s->sets);
	last_seen_free(s->seen);
	free(s);
}
