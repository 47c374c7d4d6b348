/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testing.h - run an environment's acceptance suites and keep the results as evidence.
 *
 * The hosts are scanned just before: a result counts for the candidate that the environment really runs,
 * and for none when a host contradicts what was told. Such an environment is then marked unknown.
 * Layer: gate. Threads: one run, one thread.
 */
#pragma once

#include "base/own.h"
#include "model/outcome.h"

#include <stddef.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct store;

/* One suite on one host, as it ended. */
struct test_told {
	const char *suite, *host; /* host: "" on the controller */
	enum outcome outcome;
	size_t passed, failed, skipped;
	int64_t elapsed;    /* seconds */
	const char *reason; /* why it has not passed; "" when it has */
	int64_t id;         /* in the store */
};

/* All borrowed. */
struct testing_request {
	const struct config *config;
	struct store *store;
	const struct environment *environment;
	const char *actor;
	const char *const
		*only; /* names of suites, ended by NULL; NULL: those of the environment's gate */
	/* Called before and after; NULL for none. */
	void (*on_start)(void *context, const char *suite, const char *host);
	void (*on_end)(void *context, const struct test_told *told);
	void *context;
};

struct testing_summary {
	size_t passed, failed;   /* suites, each host of one counted */
	char candidate[200];     /* that the results count for; "" for none */
	char contradiction[500]; /* why they count for none; "" */
};

/**
 * Scan, run, keep.
 *
 * @param out  Untouched on failure.
 * @return 0, however the suites ended; -1 with err: ERR_NOT_FOUND (a suite that is not configured),
 *         ERR_USAGE (there is nothing to run), what scanning and the store say.
 */
NODISCARD int testing_run(
	const struct testing_request *request, struct testing_summary *out, struct error *err);
