/* SPDX-License-Identifier: Apache-2.0 */
/* run_private.h - a rollout that goes on, between the files that begin, drive and end it. Stays in rollout/. */
#pragma once

#include "base/own.h"
#include "model/rollout_state.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct error;
struct holding;
struct rollout_policy;
struct rollout_request;
struct rollout_summary;
struct roster;
struct stock;

/* What is known of it while its program lives. */
struct run {
	const struct rollout_request *request;
	struct rollout_summary *summary;
	struct roster *roster;
	struct rollout_policy *policy; /* owned; that it began with */
	struct stock *stock;           /* owned; of the set */
	struct holding *lock;          /* owned; of the environment */
	int64_t id;
	bool was_clean; /* the environment, when this program began */
	pthread_mutex_t watch;
};

/* Write down that it is in another state now. */
NODISCARD int run_move(struct run *run, enum rollout_state from, enum rollout_state to,
	const char *reason, struct error *err);

/**
 * Begin: continue the environment's unfinished rollout of the same candidate and hosts, with the policy it began
 * with; else give that up and write down a new one. The run has a roster; it then has its id and policy, and
 * the members their waves and groups.
 */
NODISCARD int run_begin(struct run *run, struct error *err);
