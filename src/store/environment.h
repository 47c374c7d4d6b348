/* SPDX-License-Identifier: Apache-2.0 */
/*
 * environment.h - which pair (release, patch set) each environment runs, and since when.
 *
 * Every change is compare-and-set: the caller passes the `version` of the row that it decided on,
 * and fails when somebody else was quicker. Each leaves a line of history. The candidate is never
 * told: it follows from release and set, and is there only while the environment is clean.
 * Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/environment_status.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

struct environment_row {
	const char *name;
	int64_t version;     /* grows with every change; 0: never heard of */
	const char *release; /* that `deployed` told; NULL: not told */
	int64_t told_at;
	const char *told_by; /* NULL: not told */
	const char *set;     /* digest of the last set that came to every host; NULL: none */
	enum environment_status status;
	const char *candidate; /* id, when clean and the pair is a candidate; else NULL */
	int64_t rollout;       /* the last one here; 0: none */
	int64_t entered_at;    /* clean with this pair since: soak counts from here; 0: it is not */
	int64_t changed_at;
	int64_t held_at;         /* nothing may be promoted into it since; 0: it may */
	const char *held_reason; /* "" while it is not held, as held_by */
	const char *held_by;
};

struct environment_rows {
	struct environment_row *items;
	size_t count;
};

/* One line of history: how it was from `at` on. */
struct environment_change_row {
	const char *environment;
	int64_t version;
	int64_t at;
	const char *actor;
	const char *release; /* NULL: not told */
	const char *set;     /* NULL: none */
	enum environment_status status;
	int64_t rollout; /* 0: none */
};

struct environment_change_rows {
	struct environment_change_row *items;
	size_t count;
};

/**
 * An environment by name; one that was never heard of is found with version 0 and status unknown.
 */
NODISCARD int store_environment_find(
	struct store *store, const char *name, struct environment_row *out, struct error *err);

/** All environments that were ever heard of, by name. */
NODISCARD int store_environments(
	struct store *store, struct environment_rows *out, struct error *err);

/**
 * The shop's code line says which release runs now. From unknown the environment becomes clean;
 * from any other status it stays as it is, and when clean, its soak starts anew with a new release.
 *
 * @return 0, or -1 with err: ERR_CONFLICT (changed meanwhile), ERR_USAGE (the release's name,
 *          as release_check()). Event: release.deployed.
 */
NODISCARD int store_environment_deployed(struct store *store, const struct environment_row *seen,
	const char *release, const char *actor, struct error *err);

/**
 * A rollout starts, or goes on: the environment is rolling.
 * @return 0, or -1 with err: ERR_CONFLICT (changed meanwhile, or another rollout is running there).
 * Event: environment.rolling.
 */
NODISCARD int store_environment_rolling(struct store *store, const struct environment_row *seen,
	int64_t rollout, const char *actor, struct error *err);

/**
 * The environment has come to rest.
 *
 * @param status  ENVIRONMENT_CLEAN, ENVIRONMENT_MIXED or ENVIRONMENT_UNKNOWN.
 * @param set     The set on every host, when clean; NULL: as before.
 * @return 0, or -1 with err: ERR_CONFLICT (changed meanwhile), ERR_NOT_FOUND (no such set).
 * Event: environment.clean, environment.mixed, environment.unknown.
 */
NODISCARD int store_environment_settled(struct store *store, const struct environment_row *seen,
	enum environment_status status, const char *set, const char *actor, struct error *err);

/**
 * A rollout was undone: the environment is what it was before it.
 *
 * @param seen  Of the environment as it is now; rolling.
 * @param set   That it had then; NULL: none.
 * @return 0, or -1 with err: ERR_CONFLICT (changed meanwhile), ERR_NOT_FOUND (no such set).
 * Event: environment.returned.
 */
NODISCARD int store_environment_returned(struct store *store, const struct environment_row *seen,
	enum environment_status status, const char *set, const char *actor, struct error *err);

/**
 * Hold an environment: nothing is promoted into it until a person lifts that. One that is held stays so since when it
 * was; a further reason is kept behind the first, with who gave it. A reason that it is held for already changes nothing.
 * @return 0, or -1 with err. Event, when something changed: environment.held.
 */
NODISCARD int store_environment_hold(struct store *store, const char *name, const char *reason,
	const char *actor, struct error *err);

/**
 * Lift that.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not held). Event: environment.lifted.
 */
NODISCARD int store_environment_lift(struct store *store, const char *name, const char *reason,
	const char *actor, struct error *err);

/* An environment that is held takes nothing. @return 0, or -1 with err: ERR_REFUSED, who holds it and what lifts that. */
NODISCARD int environment_may_begin(const struct environment_row *row, struct error *err);

/**
 * What it was before a rollout began in it.
 *
 * @param status, set  Set: owned by the caller, NULL for none. When history does not tell: unknown, none. Untouched on
 *                     failure.
 */
NODISCARD int store_environment_before(struct store *store, const char *name, int64_t rollout,
	enum environment_status *status, char **set, struct error *err);

/** What it ran, newest first. @param limit  0: everything. */
NODISCARD int store_environment_history(struct store *store, const char *name, size_t limit,
	struct environment_change_rows *out, struct error *err);

void environment_row_done(struct environment_row *row);
CLEANUP_DONE(struct environment_row, environment_row_done)
void environment_rows_done(struct environment_rows *rows);
CLEANUP_DONE(struct environment_rows, environment_rows_done)
void environment_change_rows_done(struct environment_change_rows *rows);
CLEANUP_DONE(struct environment_change_rows, environment_change_rows_done)
