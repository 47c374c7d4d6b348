/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap.h - an approved clone becomes its environment; whatever fails on the way puts the originals back.
 *
 * Batch by batch (policy/batch.h): stop the originals, put the systems of the clone in their places,
 * start, wait until services and health answer, compare the packages with the clone's. Then the tests of
 * the clone's gate, against the environment itself. Declared data stays in the place of the original all
 * the time. Every act is in the clone's journal before it begins and after it ended; a swap or a return
 * whose program died goes on with swap_resume(). Originals are kept until the clone is removed.
 * Layer: swap. Threads: one swap, one thread; it waits for hosts with several.
 */
#pragma once

#include "base/own.h"
#include "clone/clone.h"
#include "clone/swap_diff.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct store;
struct test_told;

/* What is told while it happens. Any function may be NULL. */
struct swap_watch {
	struct clone_watch clone; /* each act */
	void (*on_test_start)(void *context, const char *suite, const char *host);
	void (*on_test_end)(void *context, const struct test_told *told);
	/* From here on the originals are put back. */
	void (*on_return)(void *context, const char *reason);
	void *context;
};

/* All borrowed. */
struct swap_request {
	const struct config *config;
	struct store *store;
	const struct environment *clone; /* an environment that is a clone */
	const char *const
		*groups; /* names, ended by NULL; NULL: all. Not looked at when one goes on */
	const char *actor;
	/*
	 * Asked once, before anything is stopped: what would be lost or would come in. False: not done.
	 * NULL: nobody can be asked, and nobody needs to be.
	 */
	bool (*confirm)(void *context, const struct swap_diff *swap_diff);
	void *confirm_context;
	struct swap_watch watch;
};

/* How it ended. */
struct swap_summary {
	bool is_swapped; /* the clone's systems are in the places of the originals */
	char reason
		[500]; /* why the originals were put back; "" when they were not, or were asked for */
	size_t hosts;          /* exchanged */
	int64_t downtime_ms;   /* in all, without service: a group was down with all its hosts */
	int64_t longest_ms;    /* the longest that one batch of hosts was out of service */
	bool is_clean;         /* the whole environment is at one set now */
	char remaining[200];   /* groups that still have their own systems and another set; "" */
	size_t passed, failed; /* suites */
};

/**
 * Swap.
 *
 * @param out  How it ended, also when the originals were put back. Untouched on failure.
 * @return 0 when it came to an end that is written down (read the summary); -1 with err, nothing touched:
 *         ERR_REFUSED, ERR_WAITING (the clone's gate; the original has changed; a stateful group without
 *         data; a provider that cannot exchange; not confirmed), ERR_USAGE (no such group),
 *         ERR_CONFLICT (somebody works on either), ERR_UNREACHABLE (a host of either); or with what the
 *         store says and the clone left swapping or returning: swap_resume() goes on.
 */
NODISCARD int swap_run(
	const struct swap_request *request, struct swap_summary *out, struct error *err);

/**
 * All that swap_run() asks before it touches anything, without touching anything.
 * @param out  What would be lost or would come in; swap_diff_done(). Untouched on failure.
 */
NODISCARD int swap_preview(
	const struct swap_request *request, struct swap_diff *out, struct error *err);

/**
 * Put the originals of a swapped clone back.
 *
 * confirm is told what was written since the swap outside of declared data: it stays behind.
 * @return 0 (read the summary); -1 with err: ERR_REFUSED (not swapped, or a later swap stands on it: which;
 *         not confirmed), as swap_run().
 */
NODISCARD int swap_back(
	const struct swap_request *request, struct swap_summary *out, struct error *err);

/** What swap_back() would ask, without touching anything. swap_diff_done(). */
NODISCARD int swap_back_preview(
	const struct swap_request *request, struct swap_diff *out, struct error *err);

/**
 * Go on with a swap or a return whose program died. Nobody is asked again.
 * @return as swap_run(); ERR_REFUSED when it is neither.
 */
NODISCARD int swap_resume(
	const struct swap_request *request, struct swap_summary *out, struct error *err);

/**
 * The clone whose systems came last into the places of an environment.
 * @param out  Its name; free(). NULL when there is none. Untouched on failure.
 */
NODISCARD int swap_last(
	struct store *store, const char *environment, char **out, struct error *err);
