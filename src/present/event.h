/* SPDX-License-Identifier: Apache-2.0 */
/* event.h - what is told of events of the audit record. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "present/words.h"
#include "store/event.h"

struct event_item {
	const struct event_row *row; /* borrowed */
	struct jvalue *payload;      /* owned; an object */
	char *details;               /* owned: it for people, "name=value" words */
	char digest[DIGEST_SHORT_SIZE];
	const char *subject; /* as people see it */
};
extern const struct view event_item_view;

struct event_items {
	struct event_item *items; /* owned */
	size_t count;
};

/* Those of the rows that are not older than `since`, as far as the first that is; event_items_done(). */
struct event_items event_items_of(const struct event_rows *rows, int64_t since);

void event_items_done(struct event_items *e);
CLEANUP_DONE(struct event_items, event_items_done)

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
