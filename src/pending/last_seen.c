/* SPDX-License-Identifier: Apache-2.0 */
#include "pending/last_seen.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/place.h"
#include "plan/intern.h"
#include "store/host.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct last_seen {
	struct store *store;
	struct seen_host *hosts; /* owned */
	size_t count;
	struct intern digests;     /* of the states, by their numbers */
	struct intern texts;       /* releases and errors */
	struct hoststate **states; /* owned; NULL where nobody asked yet */
};

/* ---- rows ---- */

static int by_brief(const void *a, const void *b)
{
	return strcmp(((const struct host_brief *)a)->name, ((const struct host_brief *)b)->name);
}

static const struct host_brief *find_row(const struct host_briefs *rows, const char *name)
{
	const struct host_brief key = { .name = name };

	return rows->count ? bsearch(&key, rows->items, rows->count, sizeof key, by_brief) : NULL;
}

static int read_rows(
	struct store *store, const char *environment, struct host_briefs *out, struct error *err)
{
	host_briefs_done(out);
	if (store_hosts_brief(store, environment, out, err) < 0)
		return -1;
	mem_sort(out->items, out->count, sizeof *out->items, by_brief);
	return 0;
}

/* A host that moved stands in the store where it was: then all are looked at. */
static bool is_missing(const struct environment *e, const struct host_briefs *rows)
{
	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		if (!find_row(rows, at.host->name))
			return true;
	}
	return false;
}

/* ---- hosts ---- */

static const char *intern_text(struct last_seen *l, const char *text)
{
	return text ? intern_at(&l->texts, intern_add(&l->texts, text, strlen(text))) : NULL;
}

static void add_seen_host(struct last_seen *l, const struct place *at, const struct host_brief *row)
{
	struct seen_host *host = &l->hosts[l->count++];

	*host = (struct seen_host){
		.name = at->host->name,
		.environment = at->environment->name,
		.group = at->group->name,
	};
	if (!row)
		return;
	if (row->state) {
		uint32_t number = intern_add(&l->digests, row->state, strlen(row->state));

		host->state_number = number;
		host->state = intern_at(&l->digests, number);
	}
	host->release = intern_text(l, row->release);
	host->error = intern_text(l, row->error);
	host->scanned_at = row->scanned_at;
}

static int by_group(const void *a, const void *b)
{
	const struct seen_host *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	return order ? order : strcmp(x->name, y->name);
}

static void add_seen_environment(
	struct last_seen *l, const struct environment *e, const struct host_briefs *rows)
{
	size_t first = l->count;

	for (struct place at = { 0 }; environment_next_host(e, &at);)
		add_seen_host(l, &at, find_row(rows, at.host->name));
	mem_sort(l->hosts + first, l->count - first, sizeof *l->hosts, by_group);
}

int last_seen_read(const struct config *config, const struct environment *environment,
	struct store *store, struct last_seen **out, struct error *err)
{
	CLEANUP(host_briefs_done) struct host_briefs rows = { 0 };
	struct last_seen *l = NULL;

	if (read_rows(store, environment ? environment->name : NULL, &rows, err) < 0 ||
		(environment && is_missing(environment, &rows) &&
			read_rows(store, NULL, &rows, err) < 0))
		return -1;
	l = mem_new(1, sizeof *l);
	l->store = store;
	l->hosts = mem_new(
		environment ? environment_host_count(environment) : config_host_count(config),
		sizeof *l->hosts);
	if (environment)
		add_seen_environment(l, environment, &rows);
	for (size_t i = 0; i < config->environment_count && !environment; i++)
		add_seen_environment(l, &config->environments[i], &rows);
	l->states = mem_new(l->digests.count, sizeof(struct hoststate *));
	*out = l;
	return 0;
}

struct seen_hosts last_seen_hosts(const struct last_seen *l, const struct environment *environment)
{
	size_t first = 0, end = l->count;

	if (!environment)
		return (struct seen_hosts){ l->hosts, l->count };
	while (first < l->count && strcmp(l->hosts[first].environment, environment->name) != 0)
		first++;
	end = first + environment_host_count(environment);
	assert(end <= l->count);
	return (struct seen_hosts){ l->hosts + first, end - first };
}

/* ---- states ---- */

size_t last_seen_state_count(const struct last_seen *l)
{
	return l->digests.count;
}

int last_seen_state(
	struct last_seen *l, size_t state, const struct hoststate **out, struct error *err)
{
	if (!l->states[state] && store_state_read(l->store, intern_at(&l->digests, (uint32_t)state),
					 &l->states[state], err) < 0)
		return -1;
	*out = l->states[state];
	return 0;
}

void last_seen_leave_out(struct last_seen *l, size_t state, const char *reason)
{
	const char *kept = intern_text(l, reason);

	for (size_t i = 0; i < l->count; i++) {
		struct seen_host *host = &l->hosts[i];

		if (host->state && host->state_number == state) {
			host->state = NULL;
			host->error = kept;
		}
	}
}

const char *last_seen_why(const struct seen_host *host)
{
	return host->error ? host->error : "it was never scanned";
}

void last_seen_free(struct last_seen *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->digests.count; i++)
		hoststate_free(l->states[i]);
	free(l->states);
	free(l->hosts);
	intern_done(&l->digests);
	intern_done(&l->texts);
	free(l);
}
