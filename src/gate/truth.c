/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/truth.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/repository.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/patchset.h"
#include "pending/last_seen.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void contradict(struct truth *t, size_t host, char *words)
{
	bool is_first = !*t->first || t->first == t->of[host].contradiction;

	free(t->of[host].contradiction);
	t->of[host].contradiction = words;
	t->contradicted++;
	if (is_first)
		t->first = words;
}

/* ---- the set ---- */

static void states_free(struct hoststate **states, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hoststate_free(states[i]);
	free(states);
}

static int read_states(struct store *store, const struct host_rows *hosts,
	struct hoststate **states, struct error *err)
{
	for (size_t i = 0; i < hosts->count; i++) {
		CLEANUP(free) char *text = NULL;

		if (!hosts->items[i].state)
			continue;
		if (store_state_text(store, hosts->items[i].state, &text, err) < 0 ||
			hoststate_read(text, strlen(text), &states[i], err) < 0)
			return error_wrap(err, "state of host '%s'", hosts->items[i].name);
	}
	return 0;
}

static int fit_states(
	struct truth *t, const struct config *config, struct hoststate **states, struct error *err)
{
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(fits_free) struct fits *fits = NULL;
	CLEANUP(set_indexes_done) struct set_indexes indexes = { 0 };

	if (setfile_open(config->state, t->row.set, &set, err) < 0 ||
		set_indexes_open(config->state, set, &indexes, err) < 0 ||
		fits_new(set, (const char *const *)indexes.paths,
			(const struct hoststate *const *)states, t->hosts.count, &fits, err) < 0)
		return -1;
	for (size_t i = 0; i < t->hosts.count; i++) {
		const char *name = t->hosts.items[i].name, *plain = strrchr(name, '/');
		const char *unplanned = patchset_unplanned(set, plain ? plain + 1 : name);

		t->of[i].fit = fits_verdict(fits, i);
		if (states[i] && t->of[i].fit != FIT_AT_SET)
			contradict(t, i, mem_printf("%s: %s", name, fits_words(fits, i)));
		else if (states[i] && unplanned)
			contradict(t, i,
				mem_printf("%s: the set was not planned for it: %s; freeze anew",
					name, unplanned));
	}
	return 0;
}

static int judge_set(
	struct truth *t, const struct config *config, struct store *store, struct error *err)
{
	if (!t->row.set)
		return 0;

	struct hoststate **states = mem_new(t->hosts.count, sizeof(struct hoststate *));
	int result = read_states(store, &t->hosts, states, err);

	if (result == 0)
		result = fit_states(t, config, states, err);
	states_free(states, t->hosts.count);
	return result;
}

/* ---- the release, and whether a host was seen at all ---- */

/* A host that was seen before the release was told says nothing about it. */
static bool contradicts_release(const struct host_row *host, const struct environment_row *claims)
{
	return host->release && claims->release && host->scanned_at >= claims->told_at &&
	       !str_equal(host->release, claims->release);
}

static void judge_host(struct truth *t, size_t i)
{
	const struct host_row *host = &t->hosts.items[i];

	if (*t->of[i].contradiction)
		return;
	if (host->error)
		contradict(t, i, mem_printf("%s could not be read: %s", host->name, host->error));
	else if (!host->state)
		contradict(t, i, mem_printf("%s was never scanned", host->name));
	else if (contradicts_release(host, &t->row))
		contradict(t, i,
			mem_printf("%s runs release %s, not %s", host->name, host->release,
				t->row.release));
}

static void take_fingerprint(struct truth *t)
{
	struct hasher *h = hasher_new();

	for (size_t i = 0; i < t->hosts.count; i++) {
		const struct host_row *host = &t->hosts.items[i];
		CLEANUP(free)
		char *line = mem_printf("%s\t%s\t%s\n", host->name, host->state ? host->state : "",
			host->release ? host->release : "");

		hasher_add(h, line, strlen(line));
	}
	hasher_end(h, t->fingerprint);
}

/* The hosts against t->row. */
static int judge(struct truth *t, const struct config *config, struct store *store,
	const struct environment *environment, struct error *err)
{
	if (last_seen_read(config, environment, store, &t->hosts, err) < 0)
		return -1;
	t->of = mem_new(t->hosts.count, sizeof *t->of);
	for (size_t i = 0; i < t->hosts.count; i++)
		t->of[i].contradiction = mem_strdup("");
	if (judge_set(t, config, store, err) < 0)
		return error_wrap(err, "the set of '%s'", environment->name);
	for (size_t i = 0; i < t->hosts.count; i++)
		judge_host(t, i);
	take_fingerprint(t);
	return 0;
}

int truth_find(const struct config *config, struct store *store,
	const struct environment *environment, struct truth *out, struct error *err)
{
	CLEANUP(truth_done) struct truth t = { .first = "" };

	if (store_environment_find(store, environment->name, &t.row, err) < 0 ||
		judge(&t, config, store, environment, err) < 0)
		return -1;
	*out = t;
	t = (struct truth){ 0 };
	return 0;
}

int truth_suppose(const struct config *config, struct store *store,
	const struct environment *environment, const char *set, struct truth *out,
	struct error *err)
{
	CLEANUP(truth_done) struct truth t = { .first = "" };

	if (store_environment_find(store, environment->name, &t.row, err) < 0)
		return -1;
	free((char *)(uintptr_t)t.row.set);
	t.row.set = mem_strdup(set);
	if (judge(&t, config, store, environment, err) < 0)
		return -1;
	*out = t;
	t = (struct truth){ 0 };
	return 0;
}

const char *truth_candidate(const struct truth *t)
{
	return t->contradicted ? NULL : t->row.candidate;
}

void truth_done(struct truth *t)
{
	for (size_t i = 0; t->of && i < t->hosts.count; i++)
		free(t->of[i].contradiction);
	free(t->of);
	host_rows_done(&t->hosts);
	environment_row_done(&t->row);
	*t = (struct truth){ .first = "" };
}
