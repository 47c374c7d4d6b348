/* SPDX-License-Identifier: Apache-2.0 */
#include "present/scan.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/topology.h"
#include "pending/exposure.h"

#include <stdlib.h>
#include <string.h>

static void show_host(void *context, const struct place *place, const struct scan_target *target,
	size_t done, size_t count)
{
	struct progress *progress = context;

	if (!target->inventory)
		progress_line(progress, "%s: %s", place->host->name, target->error.text);
	if (*session_note(target->session))
		progress_line(progress, "%s: %s", place->host->name, session_note(target->session));
	progress_update(progress, done, count, place->host->name);
}

/* ---- hosts that left ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of all hosts of the line, sorted. free(). */
static const char **name_hosts(const struct config *config, size_t *count)
{
	const char **names = mem_new(config_host_count(config), sizeof *names);

	*count = 0;
	for (struct place at = { 0 }; config_next_host(config, &at);)
		names[(*count)++] = at.host->name;
	if (*count)
		qsort(names, *count, sizeof *names, by_text);
	return names;
}

/* What is known of hosts that the configuration has no longer, in environments that it has. */
static int find_missing(
	const struct config *config, struct store *store, struct host_rows *out, struct error *err)
{
	size_t count = 0, kept = 0;
	CLEANUP(free) const char **names = name_hosts(config, &count);

	if (store_hosts(store, NULL, out, err) < 0)
		return -1;
	for (size_t i = 0; i < out->count; i++) {
		struct host_row *row = &out->items[i];

		if (config_environment(config, row->environment) &&
			!(count && bsearch(&row->name, names, count, sizeof *names, by_text)))
			out->items[kept++] = *row;
		else
			host_row_done(row);
	}
	out->count = kept;
	return 0;
}

/*
 * They are history from now on. What was seen again since this scan began is in somebody's newer file; what came
 * since then was not among those that are missing.
 */
static int forget_missing(
	struct invocation *inv, struct store *store, struct host_rows *missing, struct error *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < missing->count; i++) {
		struct host_row *row = &missing->items[i];
		bool has_left = false;

		if (store_host_leave(store, row, actor(inv), &has_left, err) < 0)
			return -1;
		if (has_left)
			missing->items[kept++] = *row;
		else
			host_row_done(row);
	}
	missing->count = kept;
	return 0;
}

/* ---- scanning ---- */

/* Names are environments or hosts, not both at once: "scan production", "scan web1 web2". */
static int read_scope(struct invocation *inv, struct environment_scan_options *options,
	const char **names, struct error *err)
{
	const char *first = arg_at(inv, 0);

	if (!first)
		return 0;
	options->environment = topology_environment(options->topology, first);
	if (options->environment && arg_at(inv, 1))
		return error_set(err, ERR_USAGE,
			"'%s' is an environment: scan it alone, or name hosts", first);
	for (size_t i = 0; !options->environment && arg_at(inv, i); i++)
		names[i] = arg_at(inv, i);
	if (!options->environment)
		options->names = names;
	return 0;
}

static size_t count_args(const struct invocation *inv)
{
	size_t count = 0;

	while (arg_at(inv, count))
		count++;
	return count;
}

/* left: of a scan of the whole line, what left it. */
static int take_scan(struct invocation *inv, struct environment_scan *scan, struct host_rows *left,
	struct error *err)
{
	CLEANUP(progress_free) struct progress *progress = progress_new("scan");
	CLEANUP(free) const char **names = mem_new(count_args(inv) + 1, sizeof *names);
	const struct topology *topology = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &topology, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;

	struct environment_scan_options options = {
		.config = topology->config,
		.topology = topology,
		.actor = actor(inv),
		.on_host = show_host,
		.context = progress,
	};

	if (read_scope(inv, &options, names, err) < 0 ||
		(!arg_at(inv, 0) && find_missing(topology->config, store, left, err) < 0) ||
		environment_scan_take(store, &options, scan, err) < 0)
		return -1;
	return forget_missing(inv, store, left, err);
}

/* What became known to be pending now has its age from now on. */
static int note_pending(struct invocation *inv, struct error *err)
{
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	return exposure_note(config, store, err);
}

int cmd_scan(struct invocation *inv, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows items = { 0 };
	CLEANUP(environment_scan_done) struct environment_scan scan = { 0 };
	CLEANUP(host_rows_done) struct host_rows left = { 0 };
	enum error_kind kind = ERR_NONE;

	if (take_scan(inv, &scan, &left, err) < 0 || note_pending(inv, err) < 0)
		return -1;
	for (size_t i = 0; i < scan.count; i++) {
		if (kind == ERR_NONE)
			kind = scan.targets[i].error.kind;
	}
	items = scan_items_of(&scan, &left);
	output_rows(
		inv, &scan_item_view, items.items, items.count, "The configuration has no hosts");
	if (!scan.failed)
		return 0;
	return error_set(err, kind,
		"%zu of %zu hosts could not be read; what was last seen of them stays", scan.failed,
		scan.count);
}
