/* SPDX-License-Identifier: Apache-2.0 */
/*
 * why.h - why is this host not patched? Facts from the store, answers from policy/why.h.
 *
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "policy/why.h"

struct config;
struct error;
struct store;
struct topology;

/**
 * Ask about a host, by what is known of it: nothing is scanned.
 *
 * @param out  The answers, what must be done first coming first; why_answers_done(). Untouched on failure.
 * @return 0, also for a host that the configuration does not have; -1 with err: ERR_CORRUPT (a set or a
 *         state is damaged), what planning and the store say.
 */
NODISCARD int why_ask(const struct topology *topology, struct store *store, const char *host,
	struct why_answers *out, struct error *err);
