/* SPDX-License-Identifier: Apache-2.0 */
/*
 * healthy.h - do enough hosts of a group serve while one of them is patched?
 *
 * Pure: facts in, verdict out. Layer: policy. Threads: any.
 */
#pragma once

#include "model/host_verdict.h"

#include <stdbool.h>
#include <stddef.h>

/* Another host of the group. Strings are borrowed. */
struct healthy_sibling {
	const char *name;
	bool is_in_wave; /* patched at the same time */
	enum host_verdict
		verdict; /* in this rollout so far; not looked at when it is in the wave */
	bool is_drained; /* load must return to it yet */
};

struct healthy_facts {
	const char *group;
	unsigned least; /* hosts that must serve */
	const struct healthy_sibling *siblings;
	size_t count;
};

#define HEALTHY_REASON_SIZE 400

/**
 * True when enough of them serve.
 * @param reason  Receives why not, for people: each that does not count and why; at most size bytes, untouched
 *                when they are enough.
 */
bool healthy_is_enough(const struct healthy_facts *facts, char *reason, size_t size);
