/* SPDX-License-Identifier: Apache-2.0 */
/* config_private.h - shared by the files that read and check a configuration. Stays in model/. */
#pragma once

#include "base/own.h"
#include "model/config.h"

#include <stddef.h>

struct error;
struct reading;
struct schema;

/* What a group of hosts may say. */
extern const struct schema config_group_schema;

/* The config as the world sees it, and what it owns. */
struct holder {
	struct config config; /* first: a struct config of ours is a struct holder */
	struct reading *reading;
};

/* Anything with a name in its first member: lists of such are checked and searched alike. */
struct named {
	const char *name;
};

/* A list of things that start as a struct named. */
struct named_list {
	const char *noun; /* of one of them, in errors */
	const void *items;
	size_t count, size; /* size: of an item */
};

/* As if the file said no more than the name: every other key has its default. Owned by the reading. */
void config_blank_environment(struct reading *r, const char *name, struct environment *out);
void config_blank_group(struct reading *r, const char *name, struct group *out);

/* Fill in the table by name in which hosts of an environment beside the line are found; owned by the reading. */
void environment_sort_hosts(struct reading *r, struct environment *e);

/* The element of that name of a list; NULL when there is none. */
const void *named_find(const void *list, size_t count, size_t size, const char *name);

/**
 * What no single value can show: doubled names, names that nothing has, gates nobody can pass.
 * @return 0, or -1 with err: ERR_USAGE (line, what is wrong).
 */
NODISCARD int config_check(const struct reading *r, const struct config *c, struct error *err);

/**
 * What the clones and rehearsals of an environment need: a provider, a fence that can be built, data
 * that can be moved, hooks that mask what is personal.
 * @return as config_check().
 */
NODISCARD int config_check_clone(const struct reading *r, const struct config *c,
	const struct environment *e, struct error *err);

/* As config_check(): a host stands in one place only, whatever its environment. */
NODISCARD int config_check_places(
	const struct reading *r, const struct config *c, struct error *err);

/* As config_check(): the group's driver has what it needs, and runs on hosts that exist. */
NODISCARD int config_check_drain(
	const struct reading *r, const struct config *c, const struct group *g, struct error *err);

/* As config_check(): every name in the gate is one that exists, and enough people may approve. */
NODISCARD int config_check_gate(const struct reading *r, const struct config *c,
	const struct environment *e, const struct gate *gate, struct error *err);

/* The error "there is no NOUN 'name'; did you mean ...?", one of the list's names. Returns -1. */
NODISCARD int config_dangling(const struct reading *r, const char *name,
	const struct named_list *list, struct error *err);
