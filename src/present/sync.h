/* SPDX-License-Identifier: Apache-2.0 */
/* sync.h - what is told of how a sync of sources ended. Layer: present. Threads: any. */
#pragma once

#include "content/sync.h"
#include "plan/indexes.h"
#include "present/view.h"

struct sync_item {
	const struct sync_outcome *outcome; /* borrowed */
	bool is_good;
	int64_t suites, indexes, fetched, is_expired; /* NOTHING unless it is good */
	int64_t left_out;               /* stanzas of its indexes in use that cannot be read */
	struct view_rows unread;        /* of struct unread_stanza: these */
	const char *error_kind, *error; /* NULL when it is good */
};
extern const struct view sync_item_view;

/* One for each outcome, added; both are borrowed. */
void sync_items(const struct sync_report *report, const struct unread_stanzas *unread,
	struct view_rows *out);
