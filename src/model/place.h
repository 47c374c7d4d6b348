/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.h - where a host stands, and going over all hosts of an environment or of the line.
 *
 *	for (struct place at = { 0 }; environment_next_host(e, &at);)
 *		use(at.group, at.host);
 *
 * Layer: model. Threads: any (reads only).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct config;
struct environment;
struct group;
struct host;

struct place {
	const struct environment *environment;
	const struct group *group;
	const struct host *host;
};

/* Go on to the next host, group by group in their order; false behind the last. Begin with an empty place. */
bool environment_next_host(const struct environment *e, struct place *at);

/* The same over all environments of the line, first to last. */
bool config_next_host(const struct config *c, struct place *at);

/* The host of that name: where it stands in *out, unless that is NULL. False, *out untouched: there is none. */
bool environment_find_host(const struct environment *e, const char *name, struct place *out);
bool config_find_host(const struct config *c, const char *name, struct place *out);

/* By the names of their hosts. */
void places_sort(struct place *places, size_t count);

size_t environment_host_count(const struct environment *e);
size_t config_host_count(const struct config *c);
