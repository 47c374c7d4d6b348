/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hearing.h - the last line that a host's program printed, out of pieces that come as they come.
 *
 * Pure: no clock, no store. Layer: rollout. Threads: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define HEARING_SIZE 256 /* longer lines are cut */

struct hearing {
	char line[HEARING_SIZE]; /* the present one, as far as it came */
	char last[HEARING_SIZE]; /* the last whole one that says something; ended by NUL */
	size_t size;             /* bytes in `line`, which is not ended by NUL */
	bool is_new;             /* something was heard since hearing_take() */
};

void hearing_add(struct hearing *h, const char *bytes, size_t size);

/* Copy the last line that says something, be it whole or not; "" for none. It is not new any longer. Returns out. */
const char *hearing_take(struct hearing *h, char out[HEARING_SIZE]);
