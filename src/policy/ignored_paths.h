/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ignored_paths.h - places on a host where every running system writes, and where nothing is lost.
 *
 * Whoever swaps a machine is asked about what was written elsewhere; these are only counted.
 * Pure. Layer: policy. Threads: any.
 */
#pragma once

struct ignored_place {
	const char *path; /* a folder, with a slash at its end */
	const char *why;  /* what is written there */
};

/* Ended by a NULL path. Static; docs/swap.md lists it. */
extern const struct ignored_place ignored_places[];

/* The place that a path is in; NULL when its change may mean something. */
const struct ignored_place *ignored_path_find(const char *path);
