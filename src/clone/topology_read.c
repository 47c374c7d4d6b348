/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/topology_read.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "store/clone.h"

#include <stdlib.h>
#include <string.h>

/* The hosts of a clone as its row tells them. */
struct hosts {
	struct clone_host *items;
	size_t count, capacity;
	struct jvalue *original, *machines; /* the items borrow from them */
};

static void hosts_done(struct hosts *h)
{
	free(h->items);
	jvalue_free(h->original);
	jvalue_free(h->machines);
}

static void hosts_add(struct hosts *h, const char *name, const char *group)
{
	h->items = mem_room(h->items, h->count, &h->capacity, sizeof *h->items);
	h->items[h->count++] = (struct clone_host){ .name = name, .group = group, .address = "" };
}

/* What was written down of the original when it was copied. */
static int hosts_add_recorded(struct hosts *h, struct error *err)
{
	const struct jvalue *list = jvalue_get(h->original, "hosts");

	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *host = jvalue_at(list, i);
		const char *name = jvalue_string(host, "name");
		const char *group = jvalue_string(host, "group");

		if (!name || !group)
			return error_set(err, ERR_CORRUPT,
				"host %zu of its original has no name or no group", i + 1);
		hosts_add(h, name, group);
	}
	return 0;
}

/* One that has just begun has no record yet: it will have the hosts of its original. */
static void hosts_add_configured(struct hosts *h, const struct environment *original)
{
	for (struct place at = { 0 }; environment_next_host(original, &at);)
		hosts_add(h, at.host->name, at.group->name);
}

/* Where each answers now; those that are not named are down. */
static void hosts_add_addresses(struct hosts *h)
{
	const struct jvalue *list = jvalue_get(h->machines, "hosts");

	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *machine = jvalue_at(list, i);
		const char *address = jvalue_string(machine, "address");

		for (size_t k = 0; k < h->count && address; k++) {
			if (!str_equal(h->items[k].name, jvalue_string(machine, "host")))
				continue;
			h->items[k].address = address;
			h->items[k].port = (int)jvalue_integer(machine, "port", 0);
		}
	}
}

static int hosts_read(
	struct hosts *h, const struct config *c, const struct clone_row *row, struct error *err)
{
	const struct environment *original = config_environment(c, row->environment);

	if (jvalue_parse(row->original, strlen(row->original), &h->original, err) < 0 ||
		jvalue_parse(row->machines, strlen(row->machines), &h->machines, err) < 0 ||
		hosts_add_recorded(h, err) < 0)
		return -1;
	if (!h->count && original)
		hosts_add_configured(h, original);
	hosts_add_addresses(h);
	return 0;
}

/* All of them, and the drafts that borrow from them. */
struct drafts {
	struct clone_rows rows;
	struct hosts *hosts; /* one for each row */
	struct clone_draft *items;
	size_t count;
};

static void drafts_done(struct drafts *d)
{
	for (size_t i = 0; i < d->rows.count; i++)
		hosts_done(&d->hosts[i]);
	free(d->hosts);
	free(d->items);
	clone_rows_done(&d->rows);
}
CLEANUP_DONE(struct drafts, drafts_done)

/* Where nothing was copied, and nobody knows what was meant to be, there is no environment. */
static int read_drafts(struct drafts *d, const struct config *c, struct error *err)
{
	d->hosts = mem_new(d->rows.count, sizeof *d->hosts);
	d->items = mem_new(d->rows.count, sizeof *d->items);
	for (size_t i = 0; i < d->rows.count; i++) {
		const struct clone_row *row = &d->rows.items[i];
		struct hosts *h = &d->hosts[i];

		if (hosts_read(h, c, row, err) < 0)
			return error_wrap(err, "clone '%s'", row->name);
		if (h->count)
			d->items[d->count++] =
				(struct clone_draft){ row->name, h->items, h->count };
	}
	return 0;
}

int topology_read(
	const struct config *config, struct store *store, struct topology **out, struct error *err)
{
	CLEANUP(drafts_done) struct drafts d = { 0 };

	if (store_clones(store, NULL, false, &d.rows, err) < 0 || read_drafts(&d, config, err) < 0)
		return -1;
	return topology_make(config, d.items, d.count, out, err);
}
