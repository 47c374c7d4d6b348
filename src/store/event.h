/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event.h - the audit record: who did what to what, when; append-only and chained by hashes.
 *
 * Each event carries the SHA-256 over the one before it and its own fields, so that changing,
 * leaving out or inserting one shows in all that follow; the newest is written down a second time,
 * so that cutting off the end shows too. Verbs of the store write their events themselves; other
 * rooms add what only they know ("gate.refused"). Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/subject.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct jvalue;
struct store;

struct event_row {
	int64_t seq; /* from 1, without gaps */
	int64_t at;
	const char *actor; /* who: an operating-system user */
	const char *kind;  /* "set.sealed", "rollout.started", "approval.given" */
	enum subject subject;
	const char *subject_id; /* "production", "rollout-12", a digest */
	const char *payload;    /* JSON object, compact, names sorted */
	const char *hash;       /* 64 hexadecimal digits */
	/* SHA-256 of the configuration that its program had (store/configuration.h); "": none was told */
	const char *configuration;
};

struct event_rows {
	struct event_row *items;
	size_t count;
};

/* What to tell; everything borrowed. */
struct event_draft {
	const char *actor, *kind;
	enum subject subject;
	const char *subject_id;
	const struct jvalue *payload; /* an object; NULL for none */
};

/* Which events to list; all zero for every one. */
struct event_filter {
	int64_t after;        /* only events with a greater seq */
	enum subject subject; /* looked at only with a subject_id */
	const char
		*subject_id; /* NULL: of all subjects; clones and environments are one kind here */
	const char *kind;    /* NULL: of all kinds */
	size_t limit;        /* at most so many; 0: no limit */
	bool newest_first;
};

/**
 * Append an event; inside a transaction it becomes durable with the change that it tells of.
 * @return 0, or -1 with err: ERR_USAGE (no actor or no kind).
 */
NODISCARD int store_event_add(
	struct store *store, const struct event_draft *draft, struct error *err);

/**
 * The events that the filter names.
 * @param out  Freed with event_rows_done(). Untouched on failure.
 */
NODISCARD int store_events(struct store *store, const struct event_filter *filter,
	struct event_rows *out, struct error *err);

/**
 * Walk the whole chain.
 *
 * @param count  How many events were found good; set on success only.
 * @return 0, or -1 with err: ERR_CORRUPT, naming the first seq that is changed, missing or there
 *          twice.
 */
NODISCARD int store_event_verify(struct store *store, int64_t *count, struct error *err);

void event_rows_done(struct event_rows *rows);
CLEANUP_DONE(struct event_rows, event_rows_done)
