/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drift.h - what an environment really runs, by its hosts' last scans, beside what was told of it.
 *
 * A release that was told and a set that was rolled out are claims; each host's own words prove or
 * contradict them. Only an environment that nothing contradicts can make evidence for a candidate.
 * Layer: gate. Threads: drift_find() in one; any number may read.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"
#include "gate/standing.h"
#include "store/environment.h"

#include <stddef.h>

struct config;
struct environment;
struct error;
struct store;

/* One host against the claims. */
struct host_drift {
	enum compliance_verdict
		compliance; /* to the environment's set; COMPLIANCE_AT_SET when it has none */
	const char *contradiction; /* owned: in words; "" when the host is as claimed */
};

struct drift {
	struct environment_row row; /* the claims */
	struct standing *own;       /* NULL: somebody else's was looked at, and outlives this */
	struct seen_hosts hosts;    /* as last seen */
	struct host_drift *of;      /* of[i] is of hosts.items[i]; owned */
	size_t contradicted;        /* how many hosts */
	const char *first;          /* the first contradiction, "" when there is none; borrowed */
	char fingerprint[DIGEST_HEX_SIZE]; /* over every host's name, state and release */
};

/**
 * Find out, from what the store knows; scanning is the caller's affair.
 *
 * @param out  Released with drift_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (the environment's set is damaged), what the store says.
 */
NODISCARD int drift_find(const struct config *config, struct store *store,
	const struct environment *environment, struct drift *out, struct error *err);

/** The same by hosts of the whole line that were read already. @param standing  Borrowed until drift_done(). */
NODISCARD int drift_of(const struct environment *environment, struct store *store,
	struct standing *standing, struct drift *out, struct error *err);

/**
 * The same, as if the environment claimed that set.
 * @param set  Digest; NULL: none, and then the hosts' packages contradict nothing.
 */
NODISCARD int drift_suppose(const struct config *config, struct store *store,
	const struct environment *environment, const char *set, struct drift *out,
	struct error *err);

/* The candidate that the environment really runs; NULL when it runs none or a host contradicts. */
const char *drift_candidate(const struct drift *t);

void drift_done(struct drift *t);
CLEANUP_DONE(struct drift, drift_done)
