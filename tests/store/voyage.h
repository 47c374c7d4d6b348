/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voyage.h - what commands write into a store on the way of a candidate through an environment, verb by verb.
 *
 * For the tests that take the power or the room away on the way. Three commands, each with the store of its own opening.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct db_driver;
struct error;
struct lease;
struct store;

struct voyage {
	const struct db_driver *driver; /* borrowed */
	const char *directory;          /* of the store; borrowed */
	const char *database;           /* the file in it; borrowed */
	struct store *store;            /* NULL between two commands */
	struct lease *lease;            /* that the command holds; NULL for none */
};

/* One verb, or several in one transaction: done or not done. A failed one may be tried again. */
struct leg {
	const char *name;
	int (*run)(struct voyage *v, struct error *err);
};

/* In this order. */
extern const struct leg voyage_legs[];
extern const size_t voyage_leg_count;
