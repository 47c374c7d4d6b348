/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/shadow.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/place.h"
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
CLEANUP_DONE(struct hosts, hosts_done)

static void add_host(struct hosts *h, const char *name, const char *group)
{
	if (h->count == h->capacity)
		h->items = mem_grow(h->items, &h->capacity, sizeof *h->items);
	h->items[h->count++] = (struct clone_host){ .name = name, .group = group, .address = "" };
}

/* What was written down of the original when it was copied. */
static int add_recorded(struct hosts *h, struct error *err)
{
	const struct jvalue *list = jvalue_get(h->original, "hosts");

	for (size_t i = 0; i < jvalue_count(list); i++) {
		const struct jvalue *host = jvalue_at(list, i);
		const char *name = jvalue_string(host, "name");
		const char *group = jvalue_string(host, "group");

		if (!name || !group)
			return error_set(err, ERR_CORRUPT,
				"host %zu of its original has no name or no group", i + 1);
		add_host(h, name, group);
	}
	return 0;
}

/* One that has just begun has no record yet: it will have the hosts of its original. */
static void add_configured(struct hosts *h, const struct environment *original)
{
	for (struct place at = { 0 }; environment_next_host(original, &at);)
		add_host(h, at.host->name, at.group->name);
}

/* Where each answers now; those that are not named are down. */
static void add_addresses(struct hosts *h)
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

static int read_hosts(
	struct hosts *h, const struct config *c, const struct clone_row *row, struct error *err)
{
	const struct environment *original = config_environment(c, row->environment);

	if (jvalue_parse(row->original, strlen(row->original), &h->original, err) < 0 ||
		jvalue_parse(row->machines, strlen(row->machines), &h->machines, err) < 0 ||
		add_recorded(h, err) < 0)
		return -1;
	if (!h->count && original)
		add_configured(h, original);
	add_addresses(h);
	return 0;
}

/* The environment is there: its hosts may have moved. */
static int move_hosts(
	struct config *c, const struct clone_row *row, const struct hosts *h, struct error *err)
{
	for (size_t i = 0; i < h->count; i++) {
		const struct clone_host *host = &h->items[i];
		CLEANUP(free) char *name = mem_printf("%s/%s", row->name, host->name);

		if (config_host(c, name, NULL, NULL) &&
			config_move_host(c, name, host->address, host->port, err) < 0)
			return -1;
	}
	return 0;
}

int shadow_update(struct config *c, const struct clone_row *row, struct error *err)
{
	CLEANUP(hosts_done) struct hosts h = { 0 };

	if (read_hosts(&h, c, row, err) < 0)
		return error_wrap(err, "clone '%s'", row->name);
	if (config_environment(c, row->name))
		return move_hosts(c, row, &h, err);
	if (!h.count) /* nothing was copied, and nobody knows what was meant to be */
		return 0;

	const struct clone_draft draft = { row->name, h.items, h.count };

	return config_add_clone(c, &draft, NULL, err);
}

int shadow_add(struct config *c, struct store *store, struct error *err)
{
	CLEANUP(clone_rows_done) struct clone_rows rows = { 0 };

	if (store_clones(store, NULL, false, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (shadow_update(c, &rows.items[i], err) < 0)
			return -1;
	}
	return 0;
}
