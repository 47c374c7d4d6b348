/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_view.h - a rollout as lines that fit a terminal: what needs a person first.
 *
 * Pure: facts in, lines out; no clock, no terminal. No line is wider, and there are no more of them, than asked for.
 * Layer: cli. Threads: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct rollout_snapshot;
struct lines;

struct rollout_view {
	const struct rollout_snapshot *rollout_snapshot;
	size_t columns, rows;
	const char *message; /* what the last key did; "" for nothing */
	bool is_asking;      /* whether it is to be cancelled */
	bool wants_help;     /* in the place of the hosts */
};

/* The whole: header, hosts that failed, hosts at work, who waits, who is done; what the keys do. */
void rollout_view_fill(const struct rollout_view *v, struct lines *out);

/* What stays on the screen in the end: header, and all hosts that failed. */
void rollout_view_sum(const struct rollout_snapshot *g, size_t columns, struct lines *out);
