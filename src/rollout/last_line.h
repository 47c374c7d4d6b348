/* SPDX-License-Identifier: Apache-2.0 */
/*
 * last_line.h - the last line that a host's program printed, out of pieces that come as they come.
 *
 * Pure: no clock, no store. Layer: rollout. Threads: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAST_LINE_SIZE 256 /* longer lines are cut */

struct last_line {
	char line[LAST_LINE_SIZE]; /* the present one, as far as it came */
	char last[LAST_LINE_SIZE]; /* the last whole one that says something; ended by NUL */
	size_t size;               /* bytes in `line`, which is not ended by NUL */
	int64_t told_at_ms;        /* on the monotonic clock: when it was due last */
	bool is_new;               /* something was heard since last_line_take() */
};

/* Another program begins: what was heard is forgotten, and when it was told is not. */
void last_line_begin(struct last_line *h);

void last_line_add(struct last_line *h, const char *bytes, size_t size);

/*
 * True when something new is to be told, which then counts as done: once a second a host at most, and less often
 * when many are at work, so that all of them together tell ten lines a second.
 */
bool last_line_is_due(struct last_line *h, int64_t now_ms, size_t hosts_at_work);

/* Copy the last line that says something, be it whole or not; "" for none. It is not new any longer. Returns out. */
const char *last_line_take(struct last_line *h, char out[LAST_LINE_SIZE]);
