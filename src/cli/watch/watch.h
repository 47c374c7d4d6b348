/* SPDX-License-Identifier: Apache-2.0 */
/*
 * watch.h - a rollout as it happens: a line for each wave, step and verdict, a bar on a terminal.
 *
 * Goes to standard error. Layer: cli. Threads: the rollout calls it from one at a time.
 */
#pragma once

#include "base/own.h"
#include "rollout/rollout.h"
#include "store/debt.h"
#include "store/rollout.h"

struct environment;
struct equality;
struct error;
struct invocation;
struct watch;

/* Begin; `what` stands before the bar: "promote 2.2+a41f to qa". watch_free(). */
struct watch *watch_new(const char *what);

/* What a rollout is to call. Valid until watch_free(). */
struct rollout_watch watch_callbacks(struct watch *w);

void watch_free(struct watch *w);
CLEANUP_FUNC(struct watch *, watch_free)

/**
 * Tell how a rollout ended: for people in some lines, or with --json as an object.
 * @return 0 when every host is at the set, else -1 with err: ERR_SYSTEM, why it stopped and what to do.
 */
NODISCARD int watch_tell_end(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err);

/**
 * Tell how a way back ended.
 * @return 0 when every host is back, else -1 with err: ERR_SYSTEM, why it stopped and what to do.
 */
NODISCARD int watch_tell_return(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err);

/* Hosts that must not be overlooked. Release with watch_end_done(). */
struct watch_end {
	struct rollout_host_rows hosts;
	struct debt_rows debts;
};

/* Read it from the store, which has it all. */
NODISCARD int watch_read_end(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct watch_end *out, struct error *err);

void watch_end_done(struct watch_end *end);
CLEANUP_DONE(struct watch_end, watch_end_done)

/* Its parts: the answer for programs where a clone was brought in, with the proof; the lines; the verdict. */
void watch_output_entry(struct invocation *inv, const struct environment *clone,
	const struct rollout_summary *summary, const struct watch_end *end,
	const struct equality *proof);
void watch_print(const char *environment, const struct rollout_summary *summary,
	const struct watch_end *end);
NODISCARD int watch_judge(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err);
