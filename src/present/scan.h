/* SPDX-License-Identifier: Apache-2.0 */
/* scan.h - what is told of how a scan ended. Layer: present. Threads: one. */
#pragma once

#include "fleet/environment_scan.h"
#include "present/view.h"
#include "store/host.h"

struct scan_item {
	const char *host, *environment, *group; /* borrowed, as all but `error` */
	const char *platform, *release, *state, *error_kind;
	char *error; /* owned: of reading it, or what is wrong with its packages; NULL: nothing */
	int64_t packages, elapsed_ms, is_gone;
};
extern const struct view scan_item_view;

/* The hosts that were scanned, then those that have left the configuration; view_rows_done(). */
struct view_rows scan_items_of(const struct environment_scan *scan, const struct host_rows *left);
