/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rehearsal.h - would these patches break what runs now? Freeze, clone, patch the clone, test, wait.
 *
 * Each stage is one that a person can do by a command of its own; a rehearsal does them in a row and
 * writes down how far it is. One whose program died goes on where it stopped, and does nothing twice.
 * Layer: rehearse. Threads: one rehearsal, one thread.
 */
#pragma once

#include "base/own.h"
#include "model/rehearsal_origin.h"
#include "model/rehearsal_state.h"
#include "rehearse/cloning.h"
#include "rollout/rollout.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct freeze;
struct store;
struct test_told;

enum rehearsal_stage {
	REHEARSE_FREEZE, /* what is asked for becomes a set, and a candidate */
	REHEARSE_CLONE,  /* the environment is copied, fenced, sanitized and started */
	REHEARSE_PATCH,  /* the ordinary rollout, on the clone */
	REHEARSE_TEST,   /* the suites of the clone's gate */
	REHEARSE_STAGE_COUNT,
};

/* What is told while it happens. Any function may be NULL. */
struct rehearsal_watch {
	/* A stage begins; words say what it works with: "production/clone-3". */
	void (*on_stage)(void *context, enum rehearsal_stage stage, const char *words);
	void (*on_fetch)(void *context, uint64_t done, uint64_t total, const char *words);
	/* The set is made: what is in it, and why. Not called when a set was named. */
	void (*on_frozen)(void *context, const struct freeze *frozen);
	void (*on_test_start)(void *context, const char *suite, const char *host);
	void (*on_test_end)(void *context, const struct test_told *told);
	void *context;
	struct cloning_watch cloning; /* each with a context of its own */
	struct rollout_watch rollout;
};

/*
 * All borrowed. What is asked for: packages and ids of advisories, or a set, or security fixes alone;
 * none of these: everything pending.
 */
struct rehearsal_request {
	const struct config *config;
	struct store *store;
	const struct environment *environment; /* no clone */
	const char *const *fixes;              /* names and ids, ended by NULL; NULL: none */
	const char *set;                       /* digest of a sealed set; NULL: none */
	bool is_security_only;
	enum rehearsal_origin origin;
	const char *actor;
	struct rehearsal_watch watch;
};

/* How it ended. */
struct rehearsal_summary {
	int64_t id;
	/* REHEARSAL_WAITING: its tests passed; REHEARSAL_FAILED; REHEARSAL_ENDED: nothing was pending. */
	enum rehearsal_state state;
	char candidate[200];   /* "" when it came to none */
	char clone[200];       /* "production/clone-3"; "" when it came to none */
	char reason[1000];     /* why it failed; "" */
	char logs[500];        /* folder with the journals of hosts that failed; "" */
	size_t passed, failed; /* suites that ran now */
};

/**
 * Rehearse.
 *
 * @param out  Untouched on failure.
 * @return 0 when it came to an end that is written down (read the summary); -1 with err: ERR_USAGE (the
 *         environment cannot be cloned, its clones have no tests), ERR_REFUSED (its release is not
 *         known; a person asked and nothing is pending; the provider's and the fleet's reasons), ERR_NOT_FOUND (a fix that no pending package has),
 *         ERR_CONFLICT, what the stages say. What failed once it had begun stands in its row as well.
 */
NODISCARD int rehearsal_run(
	const struct rehearsal_request *request, struct rehearsal_summary *out, struct error *err);

/**
 * Go on with one that its program left behind, or try again one that failed: what was done is not done again.
 *
 * @param request  config, store, actor and watch only.
 * @return as rehearsal_run(); ERR_NOT_FOUND (no such rehearsal), ERR_REFUSED (it waits, or came to its end),
 *         ERR_CONFLICT (its program lives).
 */
NODISCARD int rehearsal_resume(const struct rehearsal_request *request, int64_t id,
	struct rehearsal_summary *out, struct error *err);

/**
 * What it would freeze: nothing is cloned, sealed or written down.
 * @param out  freeze_free(); NULL when a set was named. Untouched on failure.
 */
NODISCARD int rehearsal_preview(
	const struct rehearsal_request *request, struct freeze **out, struct error *err);

/** Whether a living program is at it, or may be. ERR as lease_is_held(). */
NODISCARD int rehearsal_is_alive(struct store *store, int64_t id, bool *out, struct error *err);

/* "freeze", "clone", "patch", "test". Static. */
const char *rehearsal_stage_name(enum rehearsal_stage stage);
