/* SPDX-License-Identifier: Apache-2.0 */
/*
 * suite.h - run one acceptance suite and say how it ended.
 *
 * A suite never passes by accident: one that reports no test that ran, whose report cannot be read,
 * or whose exit status contradicts its report has not passed. What it is told through its environment
 * is listed in docs/evidence.md and stays as it is.
 *
 * On a clone, hosts have their originals' names and addresses, and what runs on the controller runs
 * inside the clone's network, where those addresses lead to the copies.
 * Lists longer than SUITE_LIST_MAX are left out of the environment; the file has them.
 * Layer: evidence. Threads: any.
 */
#pragma once

#include "base/own.h"
#include "evidence/report.h"
#include "model/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct process_result;
struct suite;

#define SUITE_OUTPUT_MAX ((size_t)1024 * 1024) /* bytes of output that are kept */
#define SUITE_LIST_MAX   ((size_t)64 * 1024)

struct suite_host {
	const char *name, *address, *group;
};

/* What the suite is to test. Borrowed during the run. */
struct suite_setting {
	const char *environment;
	const char *clone; /* "clone-3"; "" or NULL: it is no clone */
	/* Command that runs the words behind it where the suite is to be, when it runs on the controller: the inside
	   of a clone's network; ended by NULL; NULL: right here. */
	const char *const *inside;
	const char *candidate, *release, *set; /* "" or NULL for none */
	const struct suite_host *hosts;
	size_t host_count;
	const char *directory; /* to run in on the controller; NULL for ours */
	/* Called with each piece of output on the controller as it comes; NULL for none. */
	void (*on_output)(void *context, const char *bytes, size_t size);
	void *output_context;
};

/**
 * Run a shell script on a host: how, is the caller's affair.
 *
 * @param script  For /bin/sh, from standard input or as an argument; it prints at most 9 MiB.
 * @param timeout_ms  When to give the host up; the script stops the suite itself before. 0: never.
 * @param out     Its standard output, exit status and time; `errors` is not used. Untouched on failure.
 * @return 0 when it was run, however it ended; -1 with err when it may not have been.
 */
typedef int suite_shell(void *context, const char *host, const char *script, int64_t timeout_ms,
	struct process_result *out, struct error *err);

/* A host to run on. */
struct suite_place {
	const char *host; /* its name */
	suite_shell *shell;
	void *context;
};

/* How it ended. Release with suite_result_done(). */
struct suite_result {
	enum outcome outcome;
	char *reason; /* owned: why it has not passed, in one line; "" when it has */
	char *output; /* owned, without NUL bytes: what it printed, the middle cut out when too long */
	bool is_cut;
	int exit_status; /* -1 when it did not start or did not end */
	struct report report;
	int64_t started_at, ended_at; /* UTC seconds */
};

/**
 * Run a suite to its end, or to its time limit.
 *
 * @param place  NULL: on the controller.
 * @param out    Untouched on failure.
 * @return 0, however it ended: a suite that cannot be started has OUTCOME_ERROR, which is a result to be
 *         kept; -1 with err: ERR_SYSTEM (no scratch folder).
 * Blocks until then.
 */
NODISCARD int suite_run(const struct suite *suite, const struct suite_setting *setting,
	const struct suite_place *place, struct suite_result *out, struct error *err);

void suite_result_done(struct suite_result *result);
CLEANUP_DONE(struct suite_result, suite_result_done)
