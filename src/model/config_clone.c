/* SPDX-License-Identifier: Apache-2.0 */
/* config_clone.c - clones as environments; declared in config.h. */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/config_private.h"
#include "model/place.h"
#include "model/schema.h"

#include <string.h>

/* What is being built; everything belongs to the reading. */
struct build {
	struct config *config;
	struct reading *reading;
	const struct clone_draft *draft;
	char *original_name;                /* owned by the reading */
	const struct environment *original; /* in the config; NULL when it is gone */
};

static const char *keep_text(struct build *b, const char *text)
{
	return reading_keep(b->reading, mem_strdup(text));
}

bool is_clone_name(const char *environment)
{
	return strchr(environment, '/') != NULL;
}

/* "production/clone-3" is a clone of "production". */
static int split_name(struct build *b, struct error *err)
{
	const char *name = b->draft->name, *slash = strchr(name, '/');

	if (slash)
		b->original_name =
			reading_keep(b->reading, mem_printf("%.*s", (int)(slash - name), name));
	if (!slash || !is_name(b->original_name) || !is_name(slash + 1))
		return error_set(err, ERR_USAGE,
			"'%.100s' is not the name of a clone; want ENVIRONMENT/clone-N", name);
	if (config_environment(b->config, name))
		return error_set(err, ERR_USAGE, "clone '%s' is there twice", name);
	return 0;
}

static int check_hosts(const struct clone_draft *draft, struct error *err)
{
	if (!draft->host_count)
		return error_set(err, ERR_USAGE, "clone '%s' has no hosts", draft->name);
	for (size_t i = 0; i < draft->host_count; i++) {
		const char *name = draft->hosts[i].name;

		if (!is_name(name) || !is_name(draft->hosts[i].group))
			return error_set(err, ERR_USAGE,
				"clone '%s': '%.60s' in '%.60s' is not a host in a group",
				draft->name, name, draft->hosts[i].group);
		for (size_t k = 0; k < i; k++) {
			if (str_equal(name, draft->hosts[k].name))
				return error_set(err, ERR_USAGE,
					"clone '%s': host '%s' is there twice", draft->name, name);
		}
	}
	return 0;
}

/* One that is gone is looked for by its name. */
static const struct host *original_host(struct build *b, const struct clone_host *from)
{
	const struct environment *where = NULL;
	const struct host *found = config_host(b->config, from->name, &where, NULL);

	if (found && where == b->original)
		return found;

	struct host *past = reading_keep(b->reading, mem_new(1, sizeof *past));

	*past = (struct host){ .name = keep_text(b, from->name), .user = "" };
	past->address = past->name;
	return past;
}

static struct host clone_host(struct build *b, const struct clone_host *from)
{
	const struct host *original = original_host(b, from);

	return (struct host){
		.name = reading_keep(b->reading, mem_printf("%s/%s", b->draft->name, from->name)),
		.address = keep_text(b, from->address),
		.user = original->user,
		.port = from->port,
		.original = original,
	};
}

/* The group of the original; one that is gone asks for nothing. */
static struct group clone_group(struct build *b, const char *name)
{
	const struct group *found = b->original ? environment_group(b->original, name) : NULL;
	struct group blank;

	if (found)
		return *found;
	config_blank_group(b->reading, name, &blank);
	return blank;
}

static const struct clone_host *find_drafted(const struct clone_draft *draft, const char *name)
{
	for (size_t i = 0; i < draft->host_count; i++) {
		if (str_equal(draft->hosts[i].name, name))
			return &draft->hosts[i];
	}
	return NULL;
}

static bool has_copy(const struct group *g, const char *name)
{
	for (size_t i = 0; i < g->host_count; i++) {
		if (str_equal(host_plain_name(&g->hosts[i]), name))
			return true;
	}
	return false;
}

/* Hosts in the order of the original, so that the same one is the canary; then those it no longer has. */
static void add_group(struct build *b, struct environment *e, const char *name)
{
	struct group *g = &e->groups[e->group_count++];
	struct host *hosts = reading_keep(b->reading, mem_new(b->draft->host_count, sizeof *hosts));
	const struct group from = clone_group(b, name);

	*g = from;
	g->hosts = hosts;
	g->host_count = 0;
	for (size_t i = 0; i < from.host_count; i++) {
		const struct clone_host *h = find_drafted(b->draft, from.hosts[i].name);

		if (h && str_equal(h->group, name))
			hosts[g->host_count++] = clone_host(b, h);
	}
	for (size_t i = 0; i < b->draft->host_count; i++) {
		const struct clone_host *h = &b->draft->hosts[i];

		if (str_equal(h->group, name) && !has_copy(g, h->name))
			hosts[g->host_count++] = clone_host(b, h);
	}
}

static bool has_hosts(const struct clone_draft *draft, const char *group)
{
	for (size_t i = 0; i < draft->host_count; i++) {
		if (str_equal(draft->hosts[i].group, group))
			return true;
	}
	return false;
}

/* In the order of the original, then those that it no longer has. */
static void add_groups(struct build *b, struct environment *e)
{
	size_t known = b->original ? b->original->group_count : 0;

	e->groups =
		reading_keep(b->reading, mem_new(known + b->draft->host_count, sizeof *e->groups));
	for (size_t i = 0; i < known; i++) {
		if (has_hosts(b->draft, b->original->groups[i].name))
			add_group(b, e, b->original->groups[i].name);
	}
	for (size_t i = 0; i < b->draft->host_count; i++) {
		if (!environment_group(e, b->draft->hosts[i].group))
			add_group(b, e, b->draft->hosts[i].group);
	}
}

/* An original that is no longer configured: its name, no demands, the hosts that were copied. */
static const struct environment *past_environment(struct build *b, const struct environment *clone)
{
	struct environment *past = reading_keep(b->reading, mem_new(1, sizeof *past));

	config_blank_environment(b->reading, b->original_name, past);
	past->groups = reading_keep(b->reading, mem_new(clone->group_count, sizeof *past->groups));
	past->group_count = clone->group_count;
	for (size_t i = 0; i < clone->group_count; i++) {
		const struct group *g = &clone->groups[i];
		struct host *hosts =
			reading_keep(b->reading, mem_new(g->host_count, sizeof *hosts));

		for (size_t k = 0; k < g->host_count; k++)
			hosts[k] = *g->hosts[k].original;
		past->groups[i] = *g;
		past->groups[i].hosts = hosts;
	}
	return past;
}

static void append(struct build *b, struct environment *e)
{
	struct config *c = b->config;
	struct environment **clones =
		reading_keep(b->reading, mem_new(c->clone_count + 1, sizeof *clones));

	if (c->clone_count)
		memcpy(clones, c->clones, c->clone_count * sizeof(struct environment *));
	clones[c->clone_count++] = e;
	c->clones = clones;
}

int config_add_clone(struct config *c, const struct clone_draft *draft,
	const struct environment **out, struct error *err)
{
	struct build b = { .config = c, .reading = ((struct holder *)c)->reading, .draft = draft };

	if (split_name(&b, err) < 0 || check_hosts(draft, err) < 0)
		return -1;
	b.original = config_environment(c, b.original_name);

	struct environment *e = reading_keep(b.reading, mem_new(1, sizeof *e));

	config_blank_environment(b.reading, draft->name, e);
	add_groups(&b, e);
	e->is_orphan = !b.original;
	e->original = b.original ? b.original : past_environment(&b, e);
	e->index = e->original->index;
	e->has_personal_data = e->original->has_personal_data;
	e->order = ORDER_CODE_FIRST;
	e->gate = e->original->clone.gate;
	append(&b, e);
	if (out)
		*out = e;
	return 0;
}

/* The clones are ours to change; what finds them hands them out constant. */
static struct host *find_cloned(struct config *c, const char *name)
{
	for (size_t i = 0; i < c->clone_count; i++) {
		for (struct place at = { 0 }; environment_next_host(c->clones[i], &at);) {
			if (str_equal(at.host->name, name))
				return (struct host *)(uintptr_t)at.host;
		}
	}
	return NULL;
}

int config_move_host(
	struct config *c, const char *name, const char *address, int port, struct error *err)
{
	struct host *h = find_cloned(c, name);

	if (!h)
		return error_set(err, ERR_NOT_FOUND, "no clone has a host '%s'", name);
	if (!str_equal(h->address, address))
		h->address = reading_keep(((struct holder *)c)->reading, mem_strdup(address));
	h->port = port;
	return 0;
}
