/* SPDX-License-Identifier: Apache-2.0 */
#include "pending/last_seen.h"

#include "base/error.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/place.h"

#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct host_row *)a)->name, ((const struct host_row *)b)->name);
}

static int by_group(const void *a, const void *b)
{
	const struct host_row *x = a, *y = b;
	int order = strcmp(x->group, y->group);

	return order ? order : strcmp(x->name, y->name);
}

static void replace(const char **text, const char *new)
{
	free((char *)(uintptr_t)*text);
	*text = mem_strdup(new);
}

/* The row is taken out of the list that was read; a host without one gets one that says nothing. */
static struct host_row take_row(struct host_rows *seen, const struct place *at)
{
	const struct host_row key = { .name = at->host->name };
	struct host_row *found =
		seen->count ? bsearch(&key, seen->items, seen->count, sizeof *seen->items, by_name)
			    : NULL;
	struct host_row row = found ? *found
				    : (struct host_row){
					      .name = mem_strdup(at->host->name),
					      .platform = mem_strdup(""),
					      .address = mem_strdup(at->host->address),
					      .facts = mem_strdup("{}"),
				      };

	if (found) {
		*found = (struct host_row){ .name = mem_strdup(row.name) }; /* stays in its place */
	}
	replace(&row.environment, at->environment->name);
	replace(&row.group, at->group->name);
	return row;
}

static void read_environment(
	struct host_rows *seen, const struct environment *e, struct host_rows *out)
{
	size_t first = out->count;

	for (struct place at = { 0 }; environment_next_host(e, &at);)
		out->items[out->count++] = take_row(seen, &at);
	if (out->count > first)
		qsort(out->items + first, out->count - first, sizeof *out->items, by_group);
}

/* A host that moved stands in the store where it was: then all are looked at. */
static bool is_missing(const struct environment *e, const struct host_rows *seen)
{
	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		const struct host_row key = { .name = at.host->name };

		if (!seen->count ||
			!bsearch(&key, seen->items, seen->count, sizeof *seen->items, by_name))
			return true;
	}
	return false;
}

static int read_seen(
	struct store *store, const char *environment, struct host_rows *out, struct error *err)
{
	host_rows_done(out);
	if (store_hosts(store, environment, out, err) < 0)
		return -1;
	if (out->count)
		qsort(out->items, out->count, sizeof *out->items, by_name);
	return 0;
}

int last_seen_read(const struct config *config, const struct environment *environment,
	struct store *store, struct host_rows *out, struct error *err)
{
	CLEANUP(host_rows_done) struct host_rows seen = { 0 };
	struct host_rows rows = { 0 };

	if (read_seen(store, environment ? environment->name : NULL, &seen, err) < 0 ||
		(environment && is_missing(environment, &seen) &&
			read_seen(store, NULL, &seen, err) < 0))
		return -1;
	rows.items = mem_new(
		environment ? environment_host_count(environment) : config_host_count(config),
		sizeof *rows.items);
	if (environment)
		read_environment(&seen, environment, &rows);
	for (size_t i = 0; i < config->environment_count && !environment; i++)
		read_environment(&seen, &config->environments[i], &rows);
	*out = rows;
	return 0;
}

const char *last_seen_why(const struct host_row *row)
{
	return row->error ? row->error : "it was never scanned";
}
