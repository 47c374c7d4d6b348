/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout.h - the rollouts and their hosts.
 *
 * Inputs (groups, waves, policy) and each host's plan are frozen when the rollout is added. Every
 * move is compare-and-set: it names the state that the caller believes in. An environment has at
 * most one rollout that is not final. The journal of steps is in store/step.h.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/direction.h"
#include "model/failure.h"
#include "model/host_verdict.h"
#include "model/rollout_state.h"
#include "model/rollout_wish.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

#define ROLLOUT_SAID_SIZE 200

struct rollout_row {
	int64_t id; /* shown as "rollout-12" */
	const char *environment;
	const char *candidate; /* id */
	enum rollout_state state;
	const char
		*reason; /* why it is in that state: "2 of 4 hosts of wave 1 failed"; "" for none */
	int64_t started_at, ended_at;
	const char *started_by;
	const char
		*inputs; /* JSON object: set and policy (model/rollout_policy.h), as at the start */
	enum rollout_wish wish; /* what its program is to do next, while it is running */
	const char *wished_by;  /* "" for nobody */
	enum direction direction;
	int64_t undoes;       /* the rollout that a way back undoes; 0: none */
	const char *known_as; /* on hosts and by providers: "rollout-12-3fa9c1d2" */
};

struct rollout_rows {
	struct rollout_row *items;
	size_t count;
};

struct rollout_host_row {
	int64_t rollout; /* given to store_rollout_add() it is not looked at */
	const char *host, *group;
	int64_t wave, position; /* in the rollout; in the wave */
	enum host_verdict verdict;
	enum failure failure;     /* its type, when the verdict is failed or unreachable */
	const char *reason;       /* in the host's own words; "" for none */
	const char *state_before; /* digest; NULL: not known */
	const char *state_after;  /* digest; NULL: not known */
	const char *plan; /* JSON: the pinned changes; "" from store_rollout_hosts_brief() */
	const char *said; /* the last line it printed in its present step; "" for none */
	int64_t started_at, ended_at;
	const char *way_back; /* JSON (rollout/way_back.h); "" before it was decided */
};

struct rollout_host_rows {
	struct rollout_host_row *items;
	size_t count;
};

/* A rollout to be; everything borrowed. */
struct rollout_draft {
	const char *environment, *candidate, *inputs;
	struct rollout_host_rows hosts; /* verdicts as planned: waiting, nothing-to-do or skipped */
	enum direction direction;
	int64_t undoes;
};

/**
 * Start a rollout: the row, running, and one row for each host.
 *
 * @param id  Of the new rollout. Untouched on failure.
 * @return 0, or -1 with err: ERR_CONFLICT (the environment has one that is not final: it is named),
 *         ERR_NOT_FOUND (no such candidate or state), ERR_REFUSED (its set was cleaned). Event: rollout.started.
 */
NODISCARD int store_rollout_add(struct store *store, const struct rollout_draft *draft,
	const char *actor, int64_t *id, struct error *err);

/* A change of state: of rollout `id`, believed to be in `from`. */
struct rollout_move {
	int64_t id;
	enum rollout_state from, to;
	const char *reason; /* NULL for none */
};

/**
 * Move a rollout. Its end is stamped when the new state is final.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not in `from`, or may not go from there to `to`).
 * Event: rollout.paused, and so on by the new state.
 */
NODISCARD int store_rollout_move(
	struct store *store, const struct rollout_move *move, const char *actor, struct error *err);

/**
 * Ask the program that drives a running rollout to pause or to cancel it. A later wish stands instead of an
 * earlier one; it is gone when the rollout moves.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CONFLICT (it is not running). Event: rollout.wished.
 */
NODISCARD int store_rollout_wish(struct store *store, int64_t id, enum rollout_wish wish,
	const char *actor, struct error *err);

/** A rollout by id. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_rollout_find(
	struct store *store, int64_t id, struct rollout_row *out, struct error *err);

/**
 * The name under which hosts and providers know it; cheaper than its row.
 * @param out  Owned by the caller: free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND.
 */
NODISCARD int store_rollout_known_as(
	struct store *store, int64_t id, char **out, struct error *err);

/**
 * The rollout of an environment that is not final.
 * @return 0, or -1 with err: ERR_NOT_FOUND (there is none).
 */
NODISCARD int store_rollout_unfinished(
	struct store *store, const char *environment, struct rollout_row *out, struct error *err);

/** Rollouts, newest first. @param environment  NULL: of all. @param limit  0: everything. */
NODISCARD int store_rollouts(struct store *store, const char *environment, size_t limit,
	struct rollout_rows *out, struct error *err);

/**
 * The newest rollout of an environment, of those before that one, which leads forward and which no way back has undone.
 * @return 0, or -1 with err: ERR_NOT_FOUND (there is none).
 */
NODISCARD int store_rollout_to_undo(struct store *store, const char *environment, int64_t before,
	struct rollout_row *out, struct error *err);

/** The hosts of a rollout by wave and position; none for a rollout that is not there. */
NODISCARD int store_rollout_hosts(
	struct store *store, int64_t rollout, struct rollout_host_rows *out, struct error *err);

/** The same without their plans, which are long: for whoever looks often. */
NODISCARD int store_rollout_hosts_brief(
	struct store *store, int64_t rollout, struct rollout_host_rows *out, struct error *err);

/** The hosts of an environment's rollouts before that one which have a snapshot that was not dropped. */
NODISCARD int store_rollout_hosts_with_snapshot(struct store *store, const char *environment,
	int64_t before, struct rollout_host_rows *out, struct error *err);

/* A change of verdict of one host, believed to be in `from`. */
struct rollout_host_move {
	int64_t rollout;
	const char *host;
	enum host_verdict from, to;
	enum failure failure;                   /* of `to`: FAILURE_NONE unless it failed */
	const char *reason;                     /* NULL for none */
	const char *state_before, *state_after; /* digests; NULL: as they are */
};

/**
 * Move a host. Its start is stamped on the way to running, its end on the way from it.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not in `from`), ERR_NOT_FOUND (no such state).
 * Event of the rollout: host.running, and so on by the new verdict.
 */
NODISCARD int store_rollout_host_move(struct store *store, const struct rollout_host_move *move,
	const char *actor, struct error *err);

/**
 * Write down how a host can be taken back, before it is changed.
 * @param way_back  JSON.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such host in it). Event of the rollout: host.way-back.
 */
NODISCARD int store_rollout_host_way(struct store *store, int64_t rollout, const char *host,
	const char *way_back, const char *actor, struct error *err);

/**
 * Keep the last line that a host's program said, for whoever watches. Not a part of the audit record: no event; it
 * goes when the next step starts. Control characters are left out, and what is over ROLLOUT_SAID_SIZE bytes.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such host in that rollout).
 */
NODISCARD int store_rollout_host_said(struct store *store, int64_t rollout, const char *host,
	const char *line, struct error *err);

/**
 * Those that are not final, the newest first: at most one an environment.
 * @param environment  NULL: of all.
 * @param out  Freed with rollout_rows_done(). Untouched on failure.
 */
NODISCARD int store_rollouts_unfinished(
	struct store *store, const char *environment, struct rollout_rows *out, struct error *err);

void rollout_row_done(struct rollout_row *row);
CLEANUP_DONE(struct rollout_row, rollout_row_done)
void rollout_rows_done(struct rollout_rows *rows);
CLEANUP_DONE(struct rollout_rows, rollout_rows_done)
/* The row of a host; NULL: it is not among them. Borrowed. */
const struct rollout_host_row *rollout_hosts_find(
	const struct rollout_host_rows *rows, const char *host);

void rollout_host_rows_done(struct rollout_host_rows *rows);
CLEANUP_DONE(struct rollout_host_rows, rollout_host_rows_done)
