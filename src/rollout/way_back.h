/* SPDX-License-Identifier: Apache-2.0 */
/*
 * way_back.h - how one host can be taken back to what it was before a rollout: decided and written down before it is changed.
 *
 * Kept as JSON with the host of the rollout. Whoever takes the host back needs nothing else.
 * Layer: rollout. Threads: any number may read one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct hoststate;
struct plan;

enum way_back_kind {
	WAY_BACK_IS_NONE,      /* there is none, and a person said that it goes without */
	WAY_BACK_IS_SNAPSHOT,  /* the provider's, of the whole system */
	WAY_BACK_IS_DOWNGRADE, /* each package to its version before, new ones removed */
	WAY_BACK_IS_KIND_COUNT,
};

/* A package that the rollout changes, and what it goes back to. Strings are owned, never NULL. */
struct way_back_package {
	char *name, *architecture; /* of the package as it was before; of a new one as it is now */
	char *before, *after;      /* versions; before is "" for a new one */
	bool is_rebuilt;           /* from the host's own files: no archive has it any more */
};

struct way_back {
	enum way_back_kind kind;
	char *packages_digest; /* that proves the way back: over the packages before; "" if unknown */
	char *state_before;    /* digest of the whole state then; for telling what differs */
	char *snapshot;        /* its name; "" unless WAY_BACK_IS_SNAPSHOT */
	bool is_forgotten;     /* the snapshot was dropped */
	char *set;      /* digest of the set of return packages; "" unless WAY_BACK_IS_DOWNGRADE */
	char *platform; /* of that set */
	char *waived_by, *waiver;          /* who said so, and why; "" unless WAY_BACK_IS_NONE */
	struct way_back_package *packages; /* all that the rollout changes, whatever the kind */
	size_t package_count;
};

/**
 * A way of no kind yet, with what a plan changes on a host.
 * @param state  Of the host before. Owned by the caller: way_back_free().
 */
struct way_back *way_back_new(const struct plan *plan, const struct hoststate *state);

/* Set one of its strings; copied. */
void way_back_set(char **field, const char *text);

/* As JSON, owned by the caller. */
char *way_back_write(const struct way_back *way);

/**
 * Read what way_back_write() wrote.
 * @param out  way_back_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT.
 */
NODISCARD int way_back_read(const char *text, struct way_back **out, struct error *err);

/* "snapshot rollout-3", "downgrade of 3 packages, 1 rebuilt", "none: waived by ann: test host"; free(). */
char *way_back_words(const struct way_back *way);

/* "snapshot", "downgrade", "none". Static. */
const char *way_back_kind_name(enum way_back_kind kind);

void way_back_free(struct way_back *way);
CLEANUP_FUNC(struct way_back *, way_back_free)
