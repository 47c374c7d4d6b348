/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way_back_choose.h - decide how each host of a rollout can be taken back, before the first of them is changed.
 *
 * Layer: rollout. Threads: one rollout, one thread; provider sessions: one each.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct provider_session;
struct rollout_request;
struct run;

/**
 * Choose and write down the way back of every host that is about to be changed; one that an earlier attempt changed
 * keeps the way that was chosen then. A host without any has failed its prechecks, unless the run has a waiver.
 *
 * @return 0, or -1 with err: what reading and sealing packages, and the store, say.
 * Blocks while packages are fetched, and rebuilt on hosts.
 */
NODISCARD int ways_back_choose(struct run *run, struct error *err);

/**
 * Speak with the provider that the environment is cloned by.
 * @param out  provider_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (the environment has none), as provider_open().
 */
NODISCARD int way_back_provider(
	const struct rollout_request *r, struct provider_session **out, struct error *err);

/**
 * Drop the snapshots of the environment's rollouts before this one, and tell their ways so.
 * @return 0, or -1 with err: as the provider and the store say.
 */
NODISCARD int snapshots_forget(const struct rollout_request *r, int64_t rollout, struct error *err);
