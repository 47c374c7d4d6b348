/* SPDX-License-Identifier: Apache-2.0 */
#include "model/place.h"

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

bool environment_find_host(const struct environment *e, const char *name, struct place *out)
{
	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		if (strcmp(at.host->name, name) != 0)
			continue;
		if (out)
			*out = at;
		return true;
	}
	return false;
}

bool config_find_host(const struct config *c, const char *name, struct place *out)
{
	for (size_t i = 0; i < c->environment_count; i++) {
		if (environment_find_host(&c->environments[i], name, out))
			return true;
	}
	return false;
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
