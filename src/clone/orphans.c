/* SPDX-License-Identifier: Apache-2.0 */
/* orphans.c - what providers hold against what the store knows; declared in clone.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/clone.h"
#include "model/config.h"
#include "store/installation.h"

#include <stdlib.h>
#include <string.h>

/* One look at everything. */
struct review {
	const struct config *config;
	const char *installation; /* id of this one */
	struct clone_rows rows;   /* of clones that are not removed */
	struct orphans found;
};

static void orphan_add(struct orphans *o, const struct orphan *orphan)
{
	o->items = mem_room(o->items, o->count, &o->capacity, sizeof *o->items);
	o->items[o->count++] = (struct orphan){
		.provider = mem_strdup(orphan->provider),
		.name = mem_strdup(orphan->name),
		.is_known = orphan->is_known,
		.maker = mem_strdup(orphan->maker ? orphan->maker : ""),
		.clone = mem_strdup(orphan->clone),
	};
}

static void unasked_add(struct orphans *o, const char *provider, const struct error *cause)
{
	o->unasked =
		mem_room(o->unasked, o->unasked_count, &o->unasked_capacity, sizeof *o->unasked);
	o->unasked[o->unasked_count++] = mem_printf("%s: %s", provider, cause->text);
}

/* The id at the end of a name, where that of another installation stands; "" where none, or ours, does. */
static const char *find_maker(const char *name, const char *installation)
{
	const char *id = strrchr(name, '-');

	if (!id || strlen(++id) != INSTALLATION_ID_LENGTH ||
		strspn(id, "0123456789abcdef") != INSTALLATION_ID_LENGTH ||
		str_equal(id, installation))
		return "";
	return id;
}

static bool has_row(const struct review *r, const char *provider, const char *name)
{
	for (size_t i = 0; i < r->rows.count; i++) {
		if (str_equal(r->rows.items[i].provider, provider) &&
			str_equal(r->rows.items[i].known_as, name))
			return true;
	}
	return false;
}

static bool is_held(const struct held_clones *held, const struct clone_row *row)
{
	for (size_t i = 0; i < held->count; i++) {
		if (str_equal(row->known_as, held->items[i].name))
			return true;
	}
	return false;
}

/* One that is being made or removed may have nothing, and rightly so. */
static bool must_be_held(const struct clone_row *row)
{
	return row->state != CLONE_MAKING && row->state != CLONE_REMOVING;
}

static void held_compare(struct review *r, const struct provider *p, const struct held_clones *held)
{
	for (size_t i = 0; i < held->count; i++) {
		struct orphan orphan = { .provider = (char *)(uintptr_t)p->name,
			.name = (char *)(uintptr_t)held->items[i].name,
			.maker = (char *)(uintptr_t)find_maker(
				held->items[i].name, r->installation) };

		if (!has_row(r, p->name, held->items[i].name))
			orphan_add(&r->found, &orphan);
	}
	for (size_t i = 0; i < r->rows.count; i++) {
		const struct clone_row *row = &r->rows.items[i];
		struct orphan orphan = { .provider = (char *)(uintptr_t)p->name,
			.name = (char *)(uintptr_t)row->known_as,
			.is_known = true,
			.clone = (char *)(uintptr_t)row->name };

		if (str_equal(row->provider, p->name) && must_be_held(row) && !is_held(held, row))
			orphan_add(&r->found, &orphan);
	}
}

static void ask_provider(struct review *r, const struct provider *p)
{
	CLEANUP(provider_close) struct provider_session *session = NULL;
	CLEANUP(held_clones_done) struct held_clones held = { 0 };
	struct error cause = { 0 };

	if (provider_open(p, &r->config->ssh, NULL, &session, &cause) < 0 ||
		provider_list(session, &held, &cause) < 0)
		unasked_add(&r->found, p->name, &cause);
	else
		held_compare(r, p, &held);
}

int clone_orphans(
	const struct config *config, struct store *store, struct orphans *out, struct error *err)
{
	CLEANUP(free) char *installation = NULL;

	if (store_installation(store, &installation, err) < 0)
		return -1;

	struct review review = { .config = config, .installation = installation };

	if (store_clones(store, NULL, false, &review.rows, err) < 0)
		return -1;
	for (size_t i = 0; i < config->provider_count; i++)
		ask_provider(&review, &config->providers[i]);
	clone_rows_done(&review.rows);
	*out = review.found;
	return 0;
}

int clone_remove_unknown(const struct config *config, const struct orphan *orphan,
	const struct provider_watch *watch, struct error *err)
{
	CLEANUP(provider_close) struct provider_session *session = NULL;
	const struct provider *p = config_provider(config, orphan->provider);

	if (!p)
		return error_set(err, ERR_USAGE, "there is no provider '%s'", orphan->provider);
	if (provider_open(p, &config->ssh, watch, &session, err) < 0)
		return -1;
	return provider_remove(session, orphan->name, err);
}

void orphans_done(struct orphans *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->items[i].provider);
		free(o->items[i].name);
		free(o->items[i].maker);
		free(o->items[i].clone);
	}
	for (size_t i = 0; i < o->unasked_count; i++)
		free(o->unasked[i]);
	free(o->items);
	free(o->unasked);
	*o = (struct orphans){ 0 };
}
