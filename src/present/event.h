/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - what is told of events of the audit record. Layer: present. Threads: one. */
#pragma once

#include "present/view.h"
#include "store/event.h"

struct event_item {
	const struct event_row *row; /* borrowed */
	struct jvalue *payload;      /* owned; an object */
	char *details;               /* owned: it for people, "name=value" words */
	char *subject;               /* owned: as people see it */
};
extern const struct view event_item_view;

/* Those of the rows that are not older than `since`, as far as the first that is; view_rows_done(). */
struct view_rows event_items_of(const struct event_rows *rows, int64_t since);

/* An event of a rollout as it goes, and what its payload says; all borrowed. */
struct rollout_event {
	const struct event_row *row;
	const char *rollout;
	const char *host, *step; /* NULL: it is not about one */
	const char *state;       /* the word behind the dot of its kind */
	const char *failure, *reason;
	int64_t attempt; /* 0: of none */
	int64_t took;    /* seconds; NOTHING: not known */
};
extern const struct view rollout_event_view;
