/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wavetests.h - the suites that run between two waves of a rollout.
 *
 * Their results are kept like those of every other run; they count for no candidate, because the environment is
 * on its way. Layer: promote. Threads: one rollout, one thread.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct error;
struct rollout_request;

/* What struct rollout_request calls run_tests. */
NODISCARD int wavetests_run(const struct rollout_request *r, const char *const *suites, char *words,
	size_t size, struct error *err);
