/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - run a program: arguments, environment, input, a time limit, its output kept.
 *
 * The program runs in a process group of its own; past the limit the whole group is killed. It gets
 * SIGTERM when this process ends before it, as child.h says; signals must be as it wants them.
 * Layer: base. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct process_options {
	const char *const *argv; /* ended by NULL; argv[0] is looked up in PATH; borrowed */
	const char *const
		*environment;  /* "NAME=value" added to ours, ended by NULL; NULL for none */
	const char *directory; /* to run in; NULL for ours */
	const char *input;     /* bytes for standard input; NULL for none (/dev/null) */
	size_t input_size;
	int64_t timeout_ms;  /* 0: no limit */
	size_t output_limit; /* most bytes kept of each stream; 0: 16 MiB. What is over is dropped */
	bool merge_output;   /* standard error goes into `output` too */
	bool ends_all; /* what it leaves running is ended with it, however it ended (keeper.h) */
	/* Called with each piece of output as it comes; NULL for none. */
	void (*on_output)(void *context, const char *bytes, size_t size);
	void *context;
};

/* How it ended. Release with process_result_done(). */
struct process_result {
	char *output, *errors; /* owned, ended by NUL, never NULL after success */
	size_t output_size, errors_size;
	int exit_status;   /* 0 to 255; 128 + signal when a signal ended it */
	bool is_timed_out; /* the limit ended it */
	bool is_truncated; /* more output came than was kept */
	int64_t elapsed_ms;
};

/**
 * Run a program to its end.
 *
 * @return 0 when it was started and waited for, however it ended (read `result`);
 *         -1 with err: ERR_NOT_FOUND (no such program), ERR_SYSTEM (also: no such directory to run in).
 * Blocks until the program ends or its limit is reached.
 */
NODISCARD int process_run(
	const struct process_options *options, struct process_result *result, struct error *err);

void process_result_done(struct process_result *result);
static inline void process_result_done_p(struct process_result *result)
{
	process_result_done(result);
}
