/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - what is told of how a scan ended. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "fleet/environment_scan.h"
#include "present/view.h"
#include "store/host.h"

struct scan_item {
	const char *host, *environment, *group; /* borrowed, as all but `damage` */
	const char *platform, *release, *state, *error_kind, *error;
	int64_t packages, elapsed_ms, is_gone;
	char *damage; /* owned: what is wrong with its packages; NULL: nothing */
};
extern const struct view scan_item_view;

struct scan_items {
	struct scan_item *items; /* owned */
	size_t count;
};

/* The hosts that were scanned, then those that have left the configuration; scan_items_done(). */
struct scan_items scan_items_of(const struct environment_scan *scan, const struct host_rows *left);

void scan_items_done(struct scan_items *s);
CLEANUP_DONE(struct scan_items, scan_items_done)
