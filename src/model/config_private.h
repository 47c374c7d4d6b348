/* SPDX-License-Identifier: Apache-2.0 */
/* config_private.h - shared by the files that read and check a configuration. Stays in model/. */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct config;
struct error;
struct reading;

/* Anything with a name in its first member: lists of such are checked and searched alike. */
struct named {
	const char *name;
};

/* The element of that name of a list; NULL when there is none. */
const void *named_find(const void *list, size_t count, size_t size, const char *name);

/**
 * What no single value can show: doubled names, names that nothing has, gates nobody can pass.
 * @return 0, or -1 with err: ERR_USAGE (line, what is wrong).
 */
NODISCARD int config_check(const struct reading *r, const struct config *c, struct error *err);
