/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admission.h - may a candidate enter an environment now? Facts from the store, verdict from the policy.
 *
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "policy/gate.h"

struct config;
struct environment;
struct error;
struct store;
struct drift;

/* What is asked. All borrowed. */
struct admission {
	const struct config *config;
	struct store *store;
	const char *candidate;            /* its id */
	const struct environment *target; /* which it is to enter */
	const struct environment *
		witness; /* which vouches for it: a clone of the target; NULL: the one before it in the line */
	const struct drift *drift; /* what that one runs; NULL: it is to be found */
};

/**
 * Ask the gate of the environment that is to vouch for the candidate.
 *
 * @param out  All reasons; gate_decision_done(). Untouched on failure.
 * @return 0, whatever the verdict; -1 with err: ERR_CORRUPT (a set is damaged), what the store says.
 */
NODISCARD int admission_ask(
	const struct admission *asked, struct gate_decision *out, struct error *err);

/**
 * The same, and a refusal is an error that is written into the audit record.
 *
 * @param actor  Who asks; NULL: nothing is written.
 * @return 0 when open; -1 with err: ERR_REFUSED, ERR_WAITING (all reasons with what lifts them), as above.
 */
NODISCARD int admission_check(const struct admission *asked, const char *actor, struct error *err);
