/* SPDX-License-Identifier: Apache-2.0 */
/*
 * due.h - is it time to rehearse an environment? The timetable, what stands in its way, what is left.
 *
 * Only the newest occurrence of the rule counts: what was missed is not made up for. An occurrence is
 * answered once, by a rehearsal or by the reason why there was none. A clone on which people still have to
 * decide holds back the next rehearsal until it expires, so that clones do not pile up.
 *
 * Pure: the caller brings all facts. Layer: policy. Threads: any.
 */
#pragma once

#include "model/clone_state.h"
#include "model/rehearsal_origin.h"
#include "model/rehearsal_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A rehearsal whose clone is still there. */
struct due_clone {
	const char *name; /* "production/clone-3" */
	int64_t number;   /* 3 */
	enum clone_state state;
	enum rehearsal_state rehearsal;
	enum rehearsal_origin origin;
	bool is_approved; /* somebody approved its candidate in it, and nobody rejects it */
	int64_t expires_at;
};

/* All borrowed. */
struct due_facts {
	const char *environment;
	int64_t now;
	int64_t last_at, next_at; /* occurrences at or before now, and after it; 0: none */
	int64_t answered_at;      /* when one was last answered; 0: never */
	const char *freeze;       /* the span in which now or the occurrence lies; NULL: none */
	int64_t freeze_until;
	const char *held;    /* why nothing enters the environment; NULL: it is not held */
	const char *release; /* that the environment runs; NULL: nobody told */
	int64_t unfinished;  /* rehearsal that is running, or was killed; 0: none */
	enum rehearsal_origin begun_by; /* who asked for that one */
	bool is_alive;                  /* its program is, or may be */
	const struct due_clone *clones; /* newest first */
	size_t clone_count;
};

enum due_verdict {
	DUE_NEVER,   /* it has no rule, or the rule has ended */
	DUE_LATER,   /* the last occurrence is answered */
	DUE_RESUME,  /* a rehearsal that the timetable began was killed: go on with it */
	DUE_RUN,     /* rehearse now */
	DUE_SKIPPED, /* something stands in the way: the occurrence is answered with the reason */
	DUE_VERDICT_COUNT,
};

struct due_decision {
	enum due_verdict verdict;
	int64_t occurrence_at; /* that is answered by it; 0 for never and later */
	char reason[300];      /* what stands in the way; "" */
	char remedy[300];      /* what people can do about it; "" */
};

/* Decide; `out` is overwritten. */
void due_decide(const struct due_facts *facts, struct due_decision *out);

/*
 * True when a clone is the timetable's to remove: it was made for it, has expired, and nobody approved it
 * or brings it into its original.
 */
bool due_may_remove(const struct due_clone *clone, int64_t now);

/* "never", "later", "resume", "run", "skipped". Static. */
const char *due_verdict_name(enum due_verdict verdict);
