/* SPDX-License-Identifier: Apache-2.0 */
/*
 * standing.h - the hosts as last seen, and how their states stand to patch sets: worked out once for each pair of them.
 *
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"
#include "pending/last_seen.h"
#include "plan/compliance.h"

struct config;
struct environment;
struct error;
struct patchset;
struct standing;
struct store;

/* One state against a set. */
struct stand {
	enum compliance_verdict compliance;
	const char *words; /* as compliances_words(); NULL: not asked for yet */
};

/* Of one set; everything borrowed from the standing. */
struct set_standing {
	const struct patchset *set;
	const struct stand
		*of; /* by the number of the state; the states of the hosts that were asked for */
};

/**
 * Read the hosts of an environment, or of the whole line.
 *
 * @param config, store  Borrowed until standing_free().
 * @param environment    May be a clone; NULL: the whole line.
 * @param out  standing_free(). Untouched on failure.
 */
NODISCARD int standing_open(const struct config *config, const struct environment *environment,
	struct store *store, struct standing **out, struct error *err);

/* Those hosts. Borrowed. */
struct last_seen *standing_seen(struct standing *s);

/**
 * How those hosts' states stand to a set.
 * @param set  Its digest.
 * @param out  Valid until the next call.
 * @return 0, or -1 with err: ERR_CORRUPT (the set or a state is damaged), what the store says.
 */
NODISCARD int standing_ask(struct standing *s, const char *set, const struct seen_hosts *hosts,
	struct set_standing *out, struct error *err);

void standing_free(struct standing *s);
CLEANUP_FUNC(struct standing *, standing_free)
