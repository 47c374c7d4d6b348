/* SPDX-License-Identifier: Apache-2.0 */
#include "model/place.h"

#include "base/mem.h"
#include "model/config.h"

#include <string.h>

bool environment_next_host(const struct environment *e, struct place *at)
{
	const struct group *end = e->groups + e->group_count;
	const struct group *group = at->group ? at->group : e->groups;
	size_t next = at->host ? (size_t)(at->host - group->hosts) + 1 : 0;

	for (; group < end; group++, next = 0) {
		if (next < group->host_count) {
			*at = (struct place){ e, group, &group->hosts[next] };
			return true;
		}
	}
	return false;
}

bool config_next_host(const struct config *c, struct place *at)
{
	const struct environment *end = c->environments + c->environment_count;
	const struct environment *e = at->environment ? at->environment : c->environments;

	for (; e < end; e++, *at = (struct place){ 0 }) {
		if (environment_next_host(e, at))
			return true;
	}
	return false;
}

static bool find_place(const struct host_table *t, const char *name, struct place *out)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(t->places[middle].host->name, name);

		if (order == 0 && out)
			*out = t->places[middle];
		if (order == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool environment_find_host(const struct environment *e, const char *name, struct place *out)
{
	return find_place(&e->by_name, name, out);
}

bool config_find_host(const struct config *c, const char *name, struct place *out)
{
	return find_place(&c->by_name, name, out);
}

static int by_host_name(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->host->name, ((const struct place *)b)->host->name);
}

void places_sort(struct place *places, size_t count)
{
	mem_sort(places, count, sizeof *places, by_host_name);
}

size_t environment_host_count(const struct environment *e)
{
	size_t count = 0;

	for (size_t i = 0; i < e->group_count; i++)
		count += e->groups[i].host_count;
	return count;
}

size_t config_host_count(const struct config *c)
{
	size_t count = 0;

	for (size_t i = 0; i < c->environment_count; i++)
		count += environment_host_count(&c->environments[i]);
	return count;
}
