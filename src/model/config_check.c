/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/url.h"
#include "model/config.h"
#include "model/config_private.h"
#include "model/place.h"
#include "model/schema.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static int by_named(const void *a, const void *b)
{
	const struct named *x = *(const struct named *const *)a,
			   *y = *(const struct named *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x > y) - (x < y);
}

/* Of the elements whose name an earlier one has, the first; NULL: there is none. *first: the one before it. */
static const struct named *find_doubled(
	const struct named **sorted, size_t count, const struct named **first)
{
	const struct named *doubled = NULL;

	for (size_t i = 1; i < count; i++) {
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) != 0 ||
			(doubled && doubled < sorted[i]))
			continue;
		doubled = sorted[i];
		*first = sorted[i - 1];
	}
	return doubled;
}

static const struct named *named_at(const struct named_list *list, size_t index)
{
	return (const void *)((const char *)list->items + index * list->size);
}

static int check_unique(const struct reading *r, const struct named_list *list, struct error *err)
{
	CLEANUP(free) const struct named **sorted = mem_new(list->count, sizeof(struct named *));
	const struct named *first = NULL, *doubled = NULL;

	for (size_t i = 0; i < list->count; i++)
		sorted[i] = named_at(list, i);
	mem_sort(sorted, list->count, sizeof(struct named *), by_named);
	doubled = find_doubled(sorted, list->count, &first);
	if (!doubled)
		return 0;
	return error_set(err, ERR_USAGE, "line %zu: %s '%s' is there twice (first in line %zu)",
		reading_line(r, doubled->name), list->noun, doubled->name,
		reading_line(r, first->name));
}

int config_dangling(
	const struct reading *r, const char *name, const struct named_list *list, struct error *err)
{
	CLEANUP(free) const char **known = mem_new(list->count + 1, sizeof *known);

	for (size_t i = 0; i < list->count; i++)
		known[i] = named_at(list, i)->name;

	const char *near = str_nearest(name, known);

	return error_set(err, ERR_USAGE, "line %zu: there is no %s '%s'%s%s%s",
		reading_line(r, name), list->noun, name, near ? "; did you mean '" : "",
		near ? near : "", near ? "'?" : "");
}

static int check_platforms(const struct reading *r, const struct config *c, struct error *err)
{
	for (size_t i = 0; i < c->platform_count; i++) {
		for (const char *const *name = c->platforms[i].sources; *name; name++) {
			if (!config_source(c, *name))
				return config_dangling(r, *name,
					&(struct named_list){ "source", c->sources, c->source_count,
						sizeof *c->sources },
					err);
		}
	}
	return 0;
}

int config_check_gate(const struct reading *r, const struct config *c, const struct environment *e,
	const struct gate *gate, struct error *err)
{
	size_t approvers = 0;

	for (const char *const *name = gate->tests; *name; name++) {
		if (!config_suite(c, *name))
			return config_dangling(r, *name,
				&(struct named_list){
					"test", c->suites, c->suite_count, sizeof *c->suites },
				err);
	}
	while (gate->approvers[approvers])
		approvers++;
	if (approvers && gate->approvals > approvers)
		return error_set(err, ERR_USAGE,
			"line %zu: the gate of '%s' wants %u approvals, but names only %zu approvers",
			reading_line(r, e->name), e->name, gate->approvals, approvers);
	return 0;
}

/* Hosts that an inventory adds to the group are not known yet. */
static int check_excepted(const struct reading *r, const struct environment *e,
	const struct group *g, struct error *err)
{
	struct place at = { 0 };

	for (const char *const *name = g->reboot_except; *name; name++) {
		if (!*g->ansible_group && (!environment_find_host(e, *name, &at) || at.group != g))
			return config_dangling(r, *name,
				&(struct named_list){ "host of its group", g->hosts, g->host_count,
					sizeof *g->hosts },
				err);
	}
	return 0;
}

static int check_group(const struct reading *r, const struct environment *e, const struct group *g,
	struct error *err)
{
	if (!g->host_count && !*g->ansible_group)
		return error_set(err, ERR_USAGE,
			"line %zu: group '%s' has neither 'hosts' nor an 'ansible-group'",
			reading_line(r, g->name), g->name);
	if (!g->wave.value)
		return error_set(err, ERR_USAGE, "line %zu: group '%s' has waves of 0 hosts",
			reading_line(r, g->name), g->name);
	return check_excepted(r, e, g, err);
}

static int check_wave_tests(
	const struct reading *r, const struct config *c, const struct group *g, struct error *err)
{
	for (const char *const *name = g->wave_tests; *name; name++) {
		if (!config_suite(c, *name))
			return config_dangling(r, *name,
				&(struct named_list){
					"test", c->suites, c->suite_count, sizeof *c->suites },
				err);
	}
	return 0;
}

/* A snapshot takes back all that was written since, and somebody has to take it. */
static int check_way_back(const struct reading *r, const struct environment *e,
	const struct group *g, struct error *err)
{
	if (g->way_back != WAY_BACK_SNAPSHOT)
		return 0;
	if (!*e->clone.provider)
		return error_set(err, ERR_USAGE,
			"line %zu: group '%s' wants snapshots as its way back, but '%s' has no provider: "
			"name one under its 'clone'",
			reading_line(r, g->name), g->name, e->name);
	if (g->is_stateful && !*g->data)
		return error_set(err, ERR_USAGE,
			"line %zu: group '%s' keeps what customers write and names no 'data': going back to a "
			"snapshot would lose it; name the folders, or say 'way-back: downgrade'",
			reading_line(r, g->name), g->name);
	return 0;
}

/* Hosts of an inventory stand in no line. */
static int place_twice(
	const struct reading *r, const struct place *a, const struct place *b, struct error *err)
{
	size_t line = reading_line(r, a->host->name), other = reading_line(r, b->host->name);

	if (!line || !other)
		return error_set(err, ERR_USAGE,
			"host '%s' is there twice: in group '%s' of '%s' and in group '%s' of '%s'",
			a->host->name, a->group->name, a->environment->name, b->group->name,
			b->environment->name);
	return error_set(err, ERR_USAGE, "line %zu: host '%s' is there twice (first in line %zu)",
		line > other ? line : other, a->host->name, line > other ? other : line);
}

/* A name, or a numeric address; not one with a user, a port or an option of ssh in it: these have keys of their own. */
static int check_address(const struct reading *r, const struct host *h, struct error *err)
{
	const char *at = h->address;
	struct in6_addr ignored;
	CLEANUP(free) char *number = mem_strndup(at, strcspn(at, "%"));
	size_t line = reading_line(r, h->name);

	while (isalnum((unsigned char)*at) || (*at && strchr("._-", *at)))
		at++;
	if ((!*at && *h->address && *h->address != '-') ||
		inet_pton(AF_INET6, number, &ignored) == 1)
		return 0;
	return error_set(err, ERR_USAGE,
		"%s%.0zu%shost '%s': '%.80s' is no address: a name or a number, with 'user' and 'port' of "
		"their own",
		line ? "line " : "", line, line ? ": " : "", h->name, h->address);
}

int config_check_places(const struct reading *r, const struct config *c, struct error *err)
{
	const struct place *places = c->by_name.places;

	for (size_t i = 0; i < c->by_name.count; i++) {
		if (check_address(r, places[i].host, err) < 0)
			return -1;
		if (i && strcmp(places[i - 1].host->name, places[i].host->name) == 0)
			return place_twice(r, &places[i - 1], &places[i], err);
	}
	return 0;
}

static int check_environment(const struct reading *r, const struct config *c,
	const struct environment *e, struct error *err)
{
	if (!e->group_count)
		return error_set(err, ERR_USAGE, "line %zu: environment '%s' has no groups",
			reading_line(r, e->name), e->name);
	if (check_unique(r,
		    &(struct named_list){ "group", e->groups, e->group_count, sizeof *e->groups },
		    err) < 0)
		return -1;
	for (size_t i = 0; i < e->group_count; i++) {
		if (check_group(r, e, &e->groups[i], err) < 0 ||
			config_check_drain(r, c, &e->groups[i], err) < 0 ||
			check_wave_tests(r, c, &e->groups[i], err) < 0 ||
			check_way_back(r, e, &e->groups[i], err) < 0)
			return -1;
	}
	if (config_check_gate(r, c, e, &e->gate, err) < 0)
		return -1;
	return config_check_clone(r, c, e, err);
}

static int check_suites(const struct reading *r, const struct config *c, struct error *err)
{
	for (size_t i = 0; i < c->suite_count; i++) {
		bool is_known = str_equal(c->suites[i].on, "controller");

		for (size_t k = 0; k < c->environment_count && !is_known; k++)
			is_known = environment_group(&c->environments[k], c->suites[i].on);
		if (!is_known)
			return error_set(err, ERR_USAGE,
				"line %zu: test '%s' runs on '%s', which is neither 'controller' nor a group",
				reading_line(r, c->suites[i].on), c->suites[i].name,
				c->suites[i].on);
	}
	return 0;
}

static int check_uris(const struct reading *r, const struct config *c, struct error *err)
{
	for (size_t i = 0; i < c->source_count; i++) {
		const char *uri = c->sources[i].uri;
		CLEANUP(free) char *shown = url_public(uri);

		if (!str_starts(uri, "http://") && !str_starts(uri, "https://") &&
			!str_starts(uri, "file:/"))
			return error_set(err, ERR_USAGE,
				"line %zu: '%.100s' is not a URI; want http://, https:// or file:///",
				reading_line(r, uri), shown);
	}
	return 0;
}

/* From 1000 on a pin of apt makes packages older; a plan never does. */
static int check_priorities(const struct reading *r, const struct config *c, struct error *err)
{
	for (size_t i = 0; i < c->source_count; i++) {
		if (c->sources[i].priority > SOURCE_PRIORITY_MAX)
			return error_set(err, ERR_USAGE,
				"line %zu: the priority of '%s' is %u; want 1 to %d: nothing is made older",
				reading_line(r, c->sources[i].name), c->sources[i].name,
				c->sources[i].priority, SOURCE_PRIORITY_MAX);
	}
	return 0;
}

#define KEPT_AT_LEAST ((int64_t)3600) /* an hour: nothing goes that has only just been made */

static int check_keep(const struct config *c, struct error *err)
{
	if (!c->keep.age || c->keep.age >= KEPT_AT_LEAST)
		return 0;
	return error_set(err, ERR_USAGE, "'keep' has 'for: %llds'; want an hour or more",
		(long long)c->keep.age);
}

int config_check(const struct reading *r, const struct config *c, struct error *err)
{
	const struct named_list lists[] = {
		{ "source", c->sources, c->source_count, sizeof *c->sources },
		{ "platform", c->platforms, c->platform_count, sizeof *c->platforms },
		{ "provider", c->providers, c->provider_count, sizeof *c->providers },
		{ "environment", c->environments, c->environment_count, sizeof *c->environments },
		{ "test", c->suites, c->suite_count, sizeof *c->suites },
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		if (check_unique(r, &lists[i], err) < 0)
			return -1;
	}
	if (!c->environment_count)
		return error_set(err, ERR_USAGE, "'environments' is empty");
	if (config_check_places(r, c, err) < 0)
		return -1;
	for (size_t i = 0; i < c->environment_count; i++) {
		if (check_environment(r, c, &c->environments[i], err) < 0)
			return -1;
	}
	if (check_platforms(r, c, err) < 0 || check_suites(r, c, err) < 0 || check_keep(c, err) < 0)
		return -1;
	return check_uris(r, c, err) < 0 ? -1 : check_priorities(r, c, err);
}
