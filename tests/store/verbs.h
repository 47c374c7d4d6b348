/* SPDX-License-Identifier: Apache-2.0 */
/* verbs.h - every verb of the store once, for the tests that go through all of them. */
#pragma once

#include <stddef.h>

struct error;
struct store;

struct verb {
	const char *name;
	int (*run)(struct store *store, struct error *err);
};

extern const struct verb verbs[];
extern const size_t verb_count;

/* What they find: a candidate, a host, an environment that is rolling, a clone, what is owed. */
void verbs_furnish(struct store *store);
