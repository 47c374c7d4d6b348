/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step.h - the journal of a rollout: each attempt at a step of a host, written before it is done.
 *
 * A step that is open (started, or at work) may or may not have happened, and its host may be doing it: ask
 * the host before anything else is done to it. Only who has a lease writes one, by the handle that took it and in its
 * actor's name. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/step.h"
#include "model/step_state.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct lease;
struct store;

/* Which attempt at which step. */
struct step_key {
	int64_t rollout;
	const char *host;
	int64_t attempt; /* from 1 */
	enum step step;
};

struct step_row {
	int64_t rollout;
	const char *host;
	int64_t attempt;
	enum step step;
	enum step_state state;
	int64_t started_at, ended_at; /* ended_at: 0 while it is open */
	int64_t deadline_at;          /* until when it is waited for */
	const char *error_kind;       /* "unreachable"; NULL unless it did not end well */
	const char *error;            /* its text; likewise */
	const char *log;              /* what the host's program printed; "" until ended */
};

struct step_rows {
	struct step_row *items;
	size_t count;
};

/**
 * Write down that a step is about to be done. It is on the disk when this returns 0; for that
 * reason not to be called inside a transaction.
 *
 * @param lease    Of the rollout's environment.
 * @param seconds  How long it may take.
 * @return 0, or -1 with err: ERR_CONFLICT (this attempt was started before; the lease was lost, or is of another
 *         environment), ERR_NOT_FOUND (no such host in that rollout), ERR_USAGE (in a transaction). Event of the
 *         rollout: step.started.
 */
NODISCARD int store_step_start(
	const struct lease *lease, const struct step_key *key, int64_t seconds, struct error *err);

/* How a step ended, or that nobody waits for it any longer. */
struct step_end {
	enum step_state state;     /* any but started */
	const struct error *cause; /* why it did not end well; NULL when it is done */
	const char *log;           /* NULL for none; its size is limited by the caller */
};

/**
 * Write down how a step ended that is open. One that is written down as at work stays open: how it ended in truth
 * is written down later in the same way. On the disk when this returns 0, as above.
 *
 * @param lease  Of the environment in which the host is now: it may have been of another when the step began.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not open; the lease was lost), ERR_USAGE (in a transaction).
 * Event of the rollout, with the SHA-256 of the log: step.done, step.at-work, and so on by the state.
 */
NODISCARD int store_step_end(const struct lease *lease, const struct step_key *key,
	const struct step_end *end, struct error *err);

/** The steps of one host with their logs, in the order of their start. */
NODISCARD int store_steps(struct store *store, int64_t rollout, const char *host,
	struct step_rows *out, struct error *err);

/** The same without their logs, which are "". */
NODISCARD int store_steps_brief(struct store *store, int64_t rollout, const char *host,
	struct step_rows *out, struct error *err);

/** The open steps of an environment, of all rollouts, by host. @param environment  NULL: of all. */
NODISCARD int store_steps_open(
	struct store *store, const char *environment, struct step_rows *out, struct error *err);

/** The open steps of one host, of all rollouts. */
NODISCARD int store_steps_open_of(
	struct store *store, const char *host, struct step_rows *out, struct error *err);

void step_rows_done(struct step_rows *rows);
CLEANUP_DONE(struct step_rows, step_rows_done)
