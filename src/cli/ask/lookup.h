/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup.h - what a name on the command line stands for.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "model/subject.h"

struct error;
struct invocation;
struct patchset;

struct lookup {
	enum subject subject;
	char *id; /* owned: a full digest, a candidate's id, "rollout-12", a name */
};

/**
 * Find what a name means: rollout-N, rehearsal-N, an environment, a host, a candidate or its release, a set's digest or
 * the beginning of one, a source.
 *
 * @param out  Release with lookup_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE (several begin so), or what the store says.
 */
NODISCARD int lookup_name(
	struct invocation *inv, const char *text, struct lookup *out, struct error *err);

/**
 * Open the set of that digest, beginning of a digest, or candidate.
 * @param out  patchset_free(). Untouched on failure.
 * @return 0, or -1 with err: as lookup_name() and setfile_open().
 */
NODISCARD int lookup_set(
	struct invocation *inv, const char *text, struct patchset **out, struct error *err);

/**
 * How an environment goes on: gate/way_on.h, of a name.
 * @param out  Owned by the caller: free(). Untouched on failure.
 * @return 0, also when the configuration has it no more; -1 with err: as way_on_find().
 */
NODISCARD int find_way_on(
	struct invocation *inv, const char *environment, char **out, struct error *err);

/* The number of "rollout-12", of "rehearsal-7"; 0 when the text is none. */
long long rollout_number(const char *text);
long long rehearsal_number(const char *text);

void lookup_done(struct lookup *l);
CLEANUP_DONE(struct lookup, lookup_done)
