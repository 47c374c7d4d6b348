/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - a program started in a process group of its own, with pipes to its three streams.
 *
 * What process.c (run to the end), dialog.c (speak with it) and a host reached by a command share. The
 * program gets SIGTERM when the thread that started it ends. Layer: base. Threads: one at a time per child.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct error;
struct process_options;

#define CHILD_EXEC_FAILED 127

enum stream { STREAM_IN, STREAM_OUT, STREAM_ERRORS, STREAM_COUNT };

/* A running child: our ends of its pipes (-1 when closed) and what came out of it so far. */
struct child {
	pid_t pid;
	int ended_fd; /* readable once the child has ended; -1 where the kernel has none */
	int fds[STREAM_COUNT];
	int leash; /* our end of the pipe that breaks with us */
	struct str kept[STREAM_COUNT];
	size_t written; /* of the input */
	bool is_truncated;
};

/* Nothing started. */
#define CHILD_NONE                                                                                 \
	{                                                                                          \
		.ended_fd = -1, .fds = { -1, -1, -1 }, .leash = -1                                 \
	}

/**
 * Start a program; an `input` that is not NULL gives it a pipe to read from, but feeds nothing.
 *
 * It gets SIGTERM when this process ends before it, however: by the kernel, for a pipe that we hold an end of breaks then
 * (an inherited descriptor; who closes that has only the end of its input to go by). No thread's end means anything to it.
 * SIGPIPE must be ignored in this process, and SIGCHLD must not.
 * @param c  CHILD_NONE before; child_done().
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such program), ERR_SYSTEM.
 */
NODISCARD int child_start(struct child *c, const struct process_options *o, struct error *err);

/* Close our end of one pipe. */
void child_shut(struct child *c, enum stream stream);

/* End it at once, and its group; with all that it started where its keeper has to see to that. */
void child_kill(const struct child *c, const struct process_options *o);

/* True once the program has ended, with its status as waitpid() tells it. Does not wait. */
bool child_has_ended(struct child *c, int *status);

/* Close the pipes and free what was kept; the program itself is left alone. */
void child_done(struct child *c);
CLEANUP_DONE(struct child, child_done)
