/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone.h - the clones of environments, and the journal of what was done to them.
 *
 * A clone is known under "ENVIRONMENT/clone-N"; its number is never given again. Every change is
 * compare-and-set on the `version` of the row that the caller decided on. An action is written down
 * before it starts and after it ended, so that a killed program leaves behind what it was doing.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/clone_action_state.h"
#include "model/clone_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct clone_row {
	const char *name;        /* "production/clone-3" */
	const char *environment; /* the original */
	int64_t number;          /* from 1 in each environment */
	enum clone_state state;
	int64_t version;       /* grows with every change */
	const char *reason;    /* why it is in that state; "" for none */
	const char *provider;  /* name in the configuration at that time */
	const char *release;   /* that the original ran; NULL: not told */
	const char *set;       /* digest, that the original had; NULL: none */
	const char *candidate; /* id, that is tried in it; NULL: none yet */
	int64_t created_at;
	const char *created_by;
	int64_t expires_at;
	int64_t ended_at;        /* removed; 0: not yet */
	const char *fingerprint; /* of the original at the time of the clone; "" until known */
	/* JSON objects, "{}" until known: clone/original.h, clone/answer.h. */
	const char *original; /* what the fingerprint is of, host by host */
	const char *coverage; /* what the copies hold and what not */
	const char *taken;    /* when each host was copied */
	const char *machines; /* how its hosts are reached; "{}" while they are down */
	const char *known_as; /* by its provider: "production-clone-3-3fa9c1d2" */
};

struct clone_rows {
	struct clone_row *items;
	size_t count;
};

/* A clone to be; everything borrowed. */
struct clone_row_draft {
	const char *environment, *provider;
	const char *release;                           /* NULL: not told */
	const char *set;                               /* NULL: none */
	const char *fingerprint, *original, *coverage; /* as in the row; NULL: not known yet */
	int64_t expires_at;
};

/**
 * Begin a clone: the row, with the next number, making.
 *
 * @param out  The row; clone_row_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such set). Event: clone.making.
 */
NODISCARD int store_clone_add(struct store *store, const struct clone_row_draft *draft,
	const char *actor, struct clone_row *out, struct error *err);

/* What is to be different; NULL and 0: as it is. Everything borrowed. */
struct clone_change {
	enum clone_state to; /* the state it has: it stays there */
	const char *reason;  /* a new state without a reason has none */
	const char *candidate, *fingerprint, *original, *coverage, *taken, *machines;
	int64_t expires_at;
};

/**
 * Change a clone. When the new state is final, its end is stamped and its hosts are marked gone.
 *
 * @param seen  The row that the caller decided on: name, version, state. Read it again afterwards.
 * @return 0, or -1 with err: ERR_CONFLICT (changed meanwhile, or it may not go to that state),
 *         ERR_NOT_FOUND (no such clone or candidate).
 * Event, with the SHA-256 of each JSON text: clone.running, and so on by the new state; clone.noted
 * when the state is the same.
 */
NODISCARD int store_clone_change(struct store *store, const struct clone_row *seen,
	const struct clone_change *change, const char *actor, struct error *err);

/** A clone by its whole name, also a removed one. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_clone_find(
	struct store *store, const char *name, struct clone_row *out, struct error *err);

/**
 * Clones by environment, newest first.
 * @param environment   NULL: of all.
 * @param with_removed  Also those of which nothing is left.
 */
NODISCARD int store_clones(struct store *store, const char *environment, bool with_removed,
	struct clone_rows *out, struct error *err);

/* One line of the journal. */
struct clone_action_row {
	const char *clone;
	int64_t seq;        /* from 1 in each clone */
	const char *action; /* "clone", "sanitize", "start" ... */
	const char
		*target; /* a host by its plain name, or the original's environment; "" for all */
	enum clone_action_state state;
	int64_t started_at, ended_at;
	const char *error_kind; /* NULL unless failed */
	const char *error;      /* its text; NULL unless failed */
	const char *output;     /* what it printed; "" until ended */
	const char *details;    /* JSON object: times, counts; "{}" until ended */
};

struct clone_action_rows {
	struct clone_action_row *items;
	size_t count;
};

/* Something that is about to be done to a clone; everything borrowed. */
struct clone_action_draft {
	const char *clone, *action;
	const char *target; /* a host of it, or what else the action is for; NULL or "" for none */
	const char *actor;
};

/* How an action ended; everything borrowed. */
struct clone_action_end {
	enum clone_action_state state; /* not running */
	const struct error *cause;     /* failed: how; else NULL */
	const char *output;            /* NULL for none; its size is limited by the caller */
	const char *details;           /* NULL for none */
};

/**
 * Write down that something is about to be done to a clone, or for its sake. It is on the disk when
 * this returns 0; for that reason not to be called inside a transaction.
 *
 * @param seq  Of the new line. Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such clone), ERR_USAGE (in a transaction).
 * Event of the clone: action.started.
 */
NODISCARD int store_clone_action_start(struct store *store, const struct clone_action_draft *draft,
	int64_t *seq, struct error *err);

/**
 * Write down how it ended. On the disk when this returns 0, as above.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not running), ERR_USAGE (in a transaction).
 * Event of the clone, with the SHA-256 of the output: action.done, action.failed, action.interrupted.
 */
NODISCARD int store_clone_action_end(struct store *store, const char *clone, int64_t seq,
	const struct clone_action_end *end, const char *actor, struct error *err);

/** The journal of a clone, oldest first. */
NODISCARD int store_clone_actions(
	struct store *store, const char *clone, struct clone_action_rows *out, struct error *err);

/** What is running, or was when its program died. @param clone  NULL: of all. */
NODISCARD int store_clone_actions_open(
	struct store *store, const char *clone, struct clone_action_rows *out, struct error *err);

void clone_row_done(struct clone_row *row);
CLEANUP_DONE(struct clone_row, clone_row_done)
void clone_rows_done(struct clone_rows *rows);
CLEANUP_DONE(struct clone_rows, clone_rows_done)
void clone_action_rows_done(struct clone_action_rows *rows);
CLEANUP_DONE(struct clone_action_rows, clone_action_rows_done)
