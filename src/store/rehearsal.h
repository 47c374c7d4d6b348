/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsal.h - the rehearsals: what was asked, on which clone it was tried, how that stands.
 *
 * Every change is compare-and-set on the `version` of the row that the caller decided on.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/rehearsal_origin.h"
#include "model/rehearsal_state.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct rehearsal_row {
	int64_t id;              /* shown as "rehearsal-7" */
	const char *environment; /* the original */
	const char *clone;       /* name; NULL until there is one */
	const char *asked;       /* JSON object: which patches */
	const char *set;         /* digest of what is tried; NULL until sealed */
	const char *candidate;   /* id; NULL until made */
	enum rehearsal_state state;
	int64_t version;    /* grows with every change */
	const char *reason; /* why it is in that state; "" for none */
	enum rehearsal_origin origin;
	int64_t started_at;
	int64_t ended_at; /* no longer running since; 0: it is */
	const char *started_by;
};

struct rehearsal_rows {
	struct rehearsal_row *items;
	size_t count;
};

/* A rehearsal that begins; everything borrowed. */
struct rehearsal_draft {
	const char *environment;
	const char *asked; /* JSON object */
	enum rehearsal_origin origin;
	const char *actor;
};

/**
 * Begin a rehearsal: the row, running.
 *
 * @param out  The row; rehearsal_row_done(). Untouched on failure.
 * Event: rehearsal.running.
 */
NODISCARD int store_rehearsal_add(struct store *store, const struct rehearsal_draft *draft,
	struct rehearsal_row *out, struct error *err);

/* What is to be different; NULL: as it is. Everything borrowed. */
struct rehearsal_change {
	enum rehearsal_state to; /* the state it has: it stays there */
	const char *reason;      /* a new state without a reason has none */
	const char *clone, *set, *candidate;
};

/**
 * Change a rehearsal. `ended_at` is stamped when it leaves running, and cleared when it runs again.
 *
 * @param seen  The row that the caller decided on: id, version, state. Read it again afterwards.
 * @return 0, or -1 with err: ERR_CONFLICT (changed meanwhile, or it may not go to that state),
 *         ERR_NOT_FOUND (no such rehearsal, clone, set or candidate).
 * Event: rehearsal.waiting, and so on by the new state; rehearsal.noted when the state is the same.
 */
NODISCARD int store_rehearsal_change(struct store *store, const struct rehearsal_row *seen,
	const struct rehearsal_change *change, const char *actor, struct error *err);

/**
 * Change the newest rehearsal on a clone as store_rehearsal_change() does; nothing happens when there is none, or
 * when it may not go to that state.
 */
NODISCARD int store_rehearsal_end(struct store *store, const char *clone,
	const struct rehearsal_change *change, const char *actor, struct error *err);

/** A rehearsal by id. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_rehearsal_find(
	struct store *store, int64_t id, struct rehearsal_row *out, struct error *err);

/** The newest rehearsal on a clone. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_rehearsal_of_clone(
	struct store *store, const char *clone, struct rehearsal_row *out, struct error *err);

/** The newest rehearsal of an environment; the newest of one origin. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_rehearsal_newest(
	struct store *store, const char *environment, struct rehearsal_row *out, struct error *err);
NODISCARD int store_rehearsal_newest_by(struct store *store, const char *environment,
	enum rehearsal_origin origin, struct rehearsal_row *out, struct error *err);

/** The rehearsals of every environment that are running, newest first. */
NODISCARD int store_rehearsals_running(
	struct store *store, struct rehearsal_rows *out, struct error *err);

void rehearsal_row_done(struct rehearsal_row *row);
CLEANUP_DONE(struct rehearsal_row, rehearsal_row_done)
void rehearsal_rows_done(struct rehearsal_rows *rows);
CLEANUP_DONE(struct rehearsal_rows, rehearsal_rows_done)
