/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask/lookup.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/command.h"
#include "content/setfile.h"
#include "gate/way_on.h"
#include "model/config.h"
#include "model/topology.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/host.h"
#include "store/set.h"

#include <string.h>

#define NUMBER_MAX       1000000000
#define SET_PREFIX_LEAST 4

/* One kind of name: answers 1 and sets *id, 0 when the text is no such name, -1 with err. */
typedef int lookup_try(struct invocation *inv, const char *text, char **id, struct error *err);

/* The number behind a prefix; 0 when the text is something else. */
static long long number_of(const char *text, const char *prefix)
{
	unsigned number = 0;

	if (!str_starts(text, prefix) ||
		!str_number(text + strlen(prefix), NUMBER_MAX, &number, NULL))
		return 0;
	return number;
}

long long rollout_number(const char *text)
{
	return number_of(text, "rollout-");
}

long long rehearsal_number(const char *text)
{
	return number_of(text, "rehearsal-");
}

static int try_rollout(struct invocation *inv, const char *text, char **id, struct error *err)
{
	(void)inv;
	(void)err;
	if (!rollout_number(text))
		return 0;
	*id = mem_strdup(text);
	return 1;
}

static int try_rehearsal(struct invocation *inv, const char *text, char **id, struct error *err)
{
	(void)inv;
	(void)err;
	if (!rehearsal_number(text))
		return 0;
	*id = mem_strdup(text);
	return 1;
}

static int try_clone(struct invocation *inv, const char *text, char **id, struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0)
		return -1;
	if (store_clone_find(store, text, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*id = mem_strdup(text);
	return 1;
}

/* Of the line, or a clone, also a removed one: the store knows those. */
static int try_environment(struct invocation *inv, const char *text, char **id, struct error *err)
{
	const struct config *c = NULL;

	if (is_clone_name(text))
		return try_clone(inv, text, id, err);
	if (need_config(inv, &c, err) < 0)
		return -1;
	if (!config_environment(c, text))
		return 0;
	*id = mem_strdup(text);
	return 1;
}

/* Also one that has left the configuration. */
static int try_host(struct invocation *inv, const char *text, char **id, struct error *err)
{
	CLEANUP(host_row_done) struct host_row row = { 0 };
	const struct topology *t = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &t, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	if (!topology_find_host(t, text, NULL) && store_host_find(store, text, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*id = mem_strdup(text);
	return 1;
}

static int try_candidate(struct invocation *inv, const char *text, char **id, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0)
		return -1;
	if (store_candidate_find(store, text, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*id = mem_strdup(row.id);
	return 1;
}

static int try_set(struct invocation *inv, const char *text, char **id, struct error *err)
{
	CLEANUP(set_row_done) struct set_row row = { 0 };
	struct store *store = NULL;
	size_t length = strlen(text);

	if (length < SET_PREFIX_LEAST || strspn(text, "0123456789abcdef") != length)
		return 0;
	if (need_store(inv, &store, err) < 0)
		return -1;
	if (store_set_find(store, text, &row, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	*id = mem_strdup(row.digest);
	return 1;
}

static int try_source(struct invocation *inv, const char *text, char **id, struct error *err)
{
	const struct config *c = NULL;

	if (need_config(inv, &c, err) < 0)
		return -1;
	if (!config_source(c, text))
		return 0;
	*id = mem_strdup(text);
	return 1;
}

/* A digest comes before a candidate: "a41f" may begin only one of the two kinds of names. */
static const struct {
	enum subject subject;
	lookup_try *attempt;
} kinds[] = {
	{ SUBJECT_ROLLOUT, try_rollout },
	{ SUBJECT_REHEARSAL, try_rehearsal },
	{ SUBJECT_ENVIRONMENT, try_environment },
	{ SUBJECT_HOST, try_host },
	{ SUBJECT_SET, try_set },
	{ SUBJECT_CANDIDATE, try_candidate },
	{ SUBJECT_SOURCE, try_source },
};

int lookup_name(struct invocation *inv, const char *text, struct lookup *out, struct error *err)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		char *id = NULL;
		int found = kinds[i].attempt(inv, text, &id, err);

		if (found < 0)
			return -1;
		if (found) {
			*out = (struct lookup){ kinds[i].subject, id };
			return 0;
		}
	}
	return error_set(err, ERR_NOT_FOUND,
		"nothing is called '%.80s'; 'patchline sets', 'candidates', 'rollouts', 'hosts' and "
		"'status' list what there is",
		text);
}

int lookup_set(struct invocation *inv, const char *text, struct patchset **out, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row row = { 0 };
	CLEANUP(lookup_done) struct lookup found = { 0 };
	const struct config *c = NULL;
	struct store *store = NULL;

	if (lookup_name(inv, text, &found, err) < 0 || need_config(inv, &c, err) < 0 ||
		need_store(inv, &store, err) < 0)
		return -1;
	if (found.subject == SUBJECT_SET)
		return setfile_open(c->state, found.id, out, err);
	if (found.subject != SUBJECT_CANDIDATE)
		return error_set(err, ERR_USAGE, "'%.80s' is the name of %s %s, not of a set", text,
			found.subject == SUBJECT_ENVIRONMENT ? "an" : "a",
			subject_name(found.subject));
	if (store_candidate_find(store, found.id, &row, err) < 0)
		return -1;
	return setfile_open(c->state, row.set, out, err);
}

void lookup_done(struct lookup *l)
{
	free(l->id);
	*l = (struct lookup){ 0 };
}

int find_way_on(struct invocation *inv, const char *environment, char **out, struct error *err)
{
	const struct topology *t = NULL;
	const struct environment *e = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &t, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	e = topology_environment(t, environment);
	if (e)
		return way_on_find(t->config, store, e, out, err);
	*out = mem_printf("'%s' is not in %s any more", environment, t->config->path);
	return 0;
}
