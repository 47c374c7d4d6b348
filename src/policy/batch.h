/* SPDX-License-Identifier: Apache-2.0 */
/*
 * batch.h - which hosts of an environment are exchanged together.
 *
 * Groups that go at once (wave: 100%, no canary) and stand side by side are one batch: one interruption
 * instead of several. A group with waves goes wave by wave, so that the rest of it serves meanwhile.
 * Pure. Layer: policy. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct environment;

struct batch {
	const char **hosts; /* plain names, ended by NULL; the list is owned, the names borrowed */
	size_t count;
	bool interrupts; /* a group is in it with all its hosts: nobody serves in its stead */
};

struct batches {
	struct batch *items; /* owned */
	size_t count, capacity;
};

/**
 * Deal the hosts of an environment into batches, in the order in which its groups are patched.
 *
 * @param groups  Names of some of its groups, ended by NULL; NULL: all.
 * @param out     batches_done(). Overwritten.
 */
void batches_make(
	const struct environment *environment, const char *const *groups, struct batches *out);

void batches_done(struct batches *b);
CLEANUP_DONE(struct batches, batches_done)
