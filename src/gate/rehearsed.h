/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsed.h - would the pending patches break what runs now? The last answer, and how old it is.
 *
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct store;

enum rehearsed {
	REHEARSED_NEVER,
	REHEARSED_RUNNING,
	REHEARSED_PASSED,
	REHEARSED_FAILED,
	REHEARSED_NOTHING, /* nothing was pending */
	REHEARSED_UNKNOWN, /* it ended before it came to an answer */
	REHEARSED_COUNT,
};

struct rehearsed_answer {
	enum rehearsed answer;
	int64_t id;       /* of the rehearsal; 0: there was none */
	int64_t at;       /* when it answered, or began while it runs; 0: never */
	int64_t packages; /* that were tried; 0 while that is not known */
	bool is_waiting;  /* for approval, or to be taken up */
	char clone
		[210]; /* "production/clone-3" while it waits or is kept for looking at; else "" */
	char reason[300]; /* why it failed or ended; "" */
};

/**
 * The newest rehearsal of an environment as an answer.
 * @param out  Untouched on failure.
 */
NODISCARD int rehearsed_find(struct store *store, const char *environment,
	struct rehearsed_answer *out, struct error *err);

/* "never", "running", "passed", "failed", "nothing pending", "unknown". Static. */
const char *rehearsed_name(enum rehearsed answer);
