/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way_back_choose.h - decide how each host of a rollout can be taken back, before it is changed.
 *
 * For all hosts at once, in a thread beside their first steps; each host waits for that in its precheck.
 * Layer: rollout. Threads: as each function says; provider sessions: one each.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct provider_session;
struct rollout_request;
struct rollout_target;
struct run;
struct ways_back;

/**
 * Begin to choose the way back of every host that is to be changed; one that an earlier attempt changed keeps the way
 * that was chosen then. The run has its ways_back then, but for a clone, which is thrown away.
 *
 * @return 0, or -1 with err: what the store says. The run's are ended by ways_back_end() then, too.
 */
NODISCARD int ways_back_begin(struct run *run, struct error *err);

/**
 * The way back of one host, for what it is now: chosen and written down when this returns 0. The target has it.
 *
 * @return 0, or -1 with err: ERR_REFUSED (there is none, and the run has no waiver), what reading and sealing packages,
 *         and the store, say.
 * Blocks while packages are fetched, and built on the host. Threads: any, one a target.
 */
NODISCARD int way_back_await(struct run *run, struct rollout_target *m, struct error *err);

/* Wait until nothing is chosen any more, and free what nobody took. NULL is fine. */
void ways_back_end(struct ways_back *all);

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
