/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoststate_diff.h - what differs between two states, package by package.
 *
 *	for (struct hoststate_diff at = { 0 }; hoststate_diff_next(before, after, &at);)
 *		use(at.before, at.after);
 *
 * Layer: model. Threads: any (reads only).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct hoststate;
struct installed;

/* One package that is not the same on both sides: not there, or another version, hold or brokenness. */
struct hoststate_diff {
	const struct installed *before, *after; /* borrowed from the states; NULL: not there */
	size_t before_seen, after_seen;         /* how far both were compared */
};

/* Go on to the next difference, by name, then architecture; false behind the last. Begin with an empty one. */
bool hoststate_diff_next(
	const struct hoststate *before, const struct hoststate *after, struct hoststate_diff *at);
