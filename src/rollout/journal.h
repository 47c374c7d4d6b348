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

#include <stdint.h>

struct error;
struct store;

/* How far it came, and the step on the way there that failed last. */
struct journal {
	struct host_progress progress;
	enum failure failure; /* of that step */
	char words[400];      /* its name and its error; "" for none */
};

/**
 * Read it.
 * @param direction  Of the rollout.
 * @param out        Untouched on failure.
 */
NODISCARD int journal_read(struct store *store, int64_t rollout, const char *host,
	enum direction direction, struct journal *out, struct error *err);
