/* SPDX-License-Identifier: Apache-2.0 */
/*
 * subject.h - what an event of the audit record tells about.
 *
 * Layer: model. Threads: any (constant).
 */
#pragma once

#include "model/names.h"

enum subject {
	SUBJECT_SOURCE,      /* an upstream feed, by name */
	SUBJECT_HOST,        /* a host, by name */
	SUBJECT_SET,         /* a patch set, by its full digest */
	SUBJECT_CANDIDATE,   /* a candidate, by id */
	SUBJECT_ENVIRONMENT, /* an environment, by name */
	SUBJECT_ROLLOUT,     /* a rollout, by id: "rollout-12" */
	SUBJECT_CLONE,       /* a clone, by name: "production/clone-3" */
	SUBJECT_REHEARSAL,   /* a rehearsal, by id: "rehearsal-7" */
	SUBJECT_POOL,        /* the pool's files: "pool" */
	SUBJECT_COUNT,
};

/* The words, "host" and so on. */
extern const struct names subject_names;

/* The word for a value. Static. */
const char *subject_name(enum subject value);
