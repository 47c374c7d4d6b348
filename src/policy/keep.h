/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keep.h - which patch sets may go: none that anything needs, none that is young, none of the newest few.
 *
 * Pure: the caller brings all facts. Layer: policy. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keep_policy;

struct keep_set {
	const char *digest; /* borrowed */
	int64_t created_at;
	const char *held_by; /* what needs it; borrowed; NULL: nothing */
	bool may_go;         /* decided */
};

/* Decide of all sets, the newest first. Without a policy (age 0) all stay. */
void keep_decide(
	const struct keep_policy *policy, int64_t now, struct keep_set *sets, size_t count);
