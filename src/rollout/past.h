/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past.h - what earlier attempts of a rollout did to one host, from the journal.
 *
 * Layer: rollout. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "model/failure.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct store;

struct past {
	int64_t attempts;    /* so far, over the whole rollout */
	bool is_applied;     /* packages were or may have been changed, and did not go back since */
	bool is_returned;    /* the last thing that was done to it: it went back */
	bool is_reboot_owed; /* and no reboot came after that */
	bool was_proved;     /* what was changed was found to be well */
	bool is_proven;      /* nothing was done to it since it was last found to be well */
	enum failure failure; /* of the step on the way there that failed last */
	char words[400];      /* that step and its error; "" for none */
};

/** Read it. @param out  Untouched on failure. */
NODISCARD int past_read(struct store *store, int64_t rollout, const char *host, struct past *out,
	struct error *err);
