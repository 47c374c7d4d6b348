/* SPDX-License-Identifier: Apache-2.0 */
#include "model/topology.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/config_private.h"
#include "model/place.h"
#include "model/schema.h"

#include <stdlib.h>
#include <string.h>

/* The topology as the world sees it, and what it owns. */
struct whole {
	struct topology topology; /* first: a topology of ours is a struct whole */
	struct reading *reading;
};

/* One clone that is being built; everything belongs to the reading. */
struct build {
	const struct topology *topology; /* with the clones before it */
	struct reading *reading;
	const struct clone_draft *draft;
	const struct clone_host **by_name;  /* the hosts of the draft, ordered */
	char *original_name;                /* owned by the reading */
	const struct environment *original; /* in the config; NULL when it is gone */
};

static const char *keep_text(struct build *b, const char *text)
{
	return reading_keep(b->reading, mem_strdup(text));
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
	if (topology_environment(b->topology, name))
		return error_set(err, ERR_USAGE, "clone '%s' is there twice", name);
	return 0;
}

static int check_clone_names(const struct clone_draft *draft, struct error *err)
{
	if (!draft->host_count)
		return error_set(err, ERR_USAGE, "clone '%s' has no hosts", draft->name);
	for (size_t i = 0; i < draft->host_count; i++) {
		const char *name = draft->hosts[i].name;

		if (!is_name(name) || !is_name(draft->hosts[i].group))
			return error_set(err, ERR_USAGE,
				"clone '%s': '%.60s' in '%.60s' is not a host in a group",
				draft->name, name, draft->hosts[i].group);
	}
	return 0;
}

static int by_clone_host(const void *a, const void *b)
{
	return strcmp((*(const struct clone_host *const *)a)->name,
		(*(const struct clone_host *const *)b)->name);
}

static int sort_hosts(struct build *b, struct error *err)
{
	size_t count = b->draft->host_count;

	if (check_clone_names(b->draft, err) < 0)
		return -1;
	b->by_name = reading_keep(b->reading, mem_new(count, sizeof *b->by_name));
	for (size_t i = 0; i < count; i++)
		b->by_name[i] = &b->draft->hosts[i];
	mem_sort(b->by_name, count, sizeof *b->by_name, by_clone_host);
	for (size_t i = 1; i < count; i++) {
		if (by_clone_host(&b->by_name[i - 1], &b->by_name[i]) == 0)
			return error_set(err, ERR_USAGE, "clone '%s': host '%s' is there twice",
				b->draft->name, b->by_name[i]->name);
	}
	return 0;
}

/* One that is gone is looked for by its name. */
static const struct host *original_host(struct build *b, const struct clone_host *from)
{
	struct place at = { 0 };

	if (b->original && environment_find_host(b->original, from->name, &at))
		return at.host;

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

/* The host of the draft that is a copy of that one, in the same group; NULL when there is none. */
static const struct clone_host *find_copy(const struct build *b, const struct place *original)
{
	const struct clone_host key = { .name = original->host->name }, *wanted = &key;
	const struct clone_host *const *found = bsearch(
		&wanted, b->by_name, b->draft->host_count, sizeof *b->by_name, by_clone_host);

	return found && str_equal((*found)->group, original->group->name) ? *found : NULL;
}

/* Whether the original has the host, and in the same group. */
static bool has_original(const struct build *b, const struct clone_host *h)
{
	struct place at = { 0 };

	return b->original && environment_find_host(b->original, h->name, &at) &&
	       str_equal(at.group->name, h->group);
}

/* Hosts in the order of the original, so that the same one is the canary; then those it no longer has. */
static void add_clone_group(struct build *b, struct environment *e, const char *name)
{
	struct group *g = &e->groups[e->group_count++];
	struct host *hosts = reading_keep(b->reading, mem_new(b->draft->host_count, sizeof *hosts));
	const struct group from = clone_group(b, name);

	*g = from;
	g->hosts = hosts;
	g->host_count = 0;
	for (size_t i = 0; i < from.host_count; i++) {
		const struct clone_host *h =
			find_copy(b, &(struct place){ NULL, &from, &from.hosts[i] });

		if (h)
			hosts[g->host_count++] = clone_host(b, h);
	}
	for (size_t i = 0; i < b->draft->host_count; i++) {
		const struct clone_host *h = &b->draft->hosts[i];

		if (str_equal(h->group, name) && !has_original(b, h))
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
			add_clone_group(b, e, b->original->groups[i].name);
	}
	for (size_t i = 0; i < b->draft->host_count; i++) {
		if (!environment_group(e, b->draft->hosts[i].group))
			add_clone_group(b, e, b->draft->hosts[i].group);
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
	environment_sort_hosts(b->reading, past);
	return past;
}

static struct environment *build(struct build *b)
{
	struct environment *e = reading_keep(b->reading, mem_new(1, sizeof *e));

	config_blank_environment(b->reading, b->draft->name, e);
	add_groups(b, e);
	environment_sort_hosts(b->reading, e);
	e->is_orphan = !b->original;
	e->original = b->original ? b->original : past_environment(b, e);
	e->index = e->original->index;
	e->has_personal_data = e->original->has_personal_data;
	e->order = ORDER_CODE_FIRST;
	e->gate = e->original->clone.gate;
	return e;
}

int topology_make(const struct config *config, const struct clone_draft *drafts, size_t count,
	struct topology **out, struct error *err)
{
	struct whole *w = mem_new(1, sizeof *w);
	CLEANUP(topology_free) struct topology *t = &w->topology;
	const struct environment **clones;

	w->reading = reading_new("/", NULL);
	clones = reading_keep(w->reading, mem_new(count, sizeof *clones));
	*t = (struct topology){ .config = config, .clones = clones };
	for (size_t i = 0; i < count; i++) {
		struct build b = { .topology = t, .reading = w->reading, .draft = &drafts[i] };

		if (split_name(&b, err) < 0 || sort_hosts(&b, err) < 0)
			return -1;
		b.original = config_environment(config, b.original_name);
		clones[t->clone_count++] = build(&b);
	}
	*out = STEAL(&t);
	return 0;
}

const struct environment *topology_environment(const struct topology *t, const char *name)
{
	for (size_t i = 0; i < t->clone_count; i++) {
		if (strcmp(t->clones[i]->name, name) == 0)
			return t->clones[i];
	}
	return config_environment(t->config, name);
}

bool topology_find_host(const struct topology *t, const char *name, struct place *out)
{
	for (size_t i = 0; i < t->clone_count; i++) {
		if (environment_find_host(t->clones[i], name, out))
			return true;
	}
	return config_find_host(t->config, name, out);
}

void topology_free(struct topology *t)
{
	struct whole *w = (struct whole *)t;

	if (!w)
		return;
	reading_free(w->reading);
	free(w);
}
