/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal.h - what the journal of a rollout tells of one host.
 *
 * Layer: rollout. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/direction.h"
#include "model/failure.h"
#include "policy/host_progress.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct lease;
struct rollout_row;
struct store;

/* How far it came, and the step on the way there that failed last. */
struct journal {
	struct host_progress progress;
	enum failure failure; /* of that step */
	char words[400];      /* its name and its error; "" for none */
	bool has_failed;      /* a step of the last attempt did not end well */
};

/**
 * Read it.
 * @param direction  Of the rollout.
 * @param out        Untouched on failure.
 */
NODISCARD int journal_read(struct store *store, int64_t rollout, const char *host,
	enum direction direction, struct journal *out, struct error *err);

/**
 * The program of a rollout died: its hosts may be at work, and nobody asks them now.
 * @return 0, or -1 with err: what the store says.
 */
NODISCARD int journal_leave(struct store *store, const struct rollout_row *rollout,
	const struct lease *lease, struct error *err);
