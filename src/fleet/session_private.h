/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session_private.h - what a way of reaching hosts must be able to do: a driver, a struct of functions.
 *
 * A driver runs a program of host/, runs one as a detached step, and closes. Which bytes go where for that is its own
 * matter: `ssh` and `command` send the program to a shell (shell.c); an agent would have it already, and be told its
 * name. A new driver is a file with such a struct, and a row in the table of session.c that says which hosts are its.
 * Layer: fleet, private to it. Threads: one at a time per link; different links side by side.
 */
#pragma once

#include "base/own.h"
#include "fleet/session.h"

/*
 * Answered by open, run and step in place of -1, with err (ERR_UNREACHABLE, or ERR_DENIED of a server that is there): nothing
 * was started, and asking again may help. A link that was idle is closed and opened anew at once; else the session asks
 * again with growing pauses, within the time that connecting may take. Then err is what the caller sees.
 */
#define SESSION_ASK_AGAIN (-2)

struct session_driver {
	const char *name; /* "ssh", "command" */

	/*
	 * Reach the host, so that programs can be run there. Blocks within settings->connect_timeout, a few times
	 * over at most.
	 * @param link  What the other functions get. Untouched on failure.
	 * @return 0, -1 with err as session_run() has it, or SESSION_ASK_AGAIN (its server refuses for the moment).
	 */
	int (*open)(const struct host *host, const struct ssh_settings *settings, void **link,
		struct error *err);

	/* May a link be used that was idle for so long? Asked before it is; false closes it. */
	bool (*is_fresh)(void *link, int64_t idle_ms);

	/*
	 * As session_run(), or SESSION_ASK_AGAIN. ERR_UNREACHABLE is not for these: what surely was not started is
	 * asked again, all else is ERR_UNCERTAIN. After anything but 0 the link is closed.
	 */
	int (*run)(void *link, const struct session_call *call, struct session_result *result,
		struct error *err);

	/* As session_step(), or SESSION_ASK_AGAIN; likewise. */
	int (*step)(void *link, const char *rollout, const char *step,
		const struct session_call *call, struct session_step_result *result,
		struct error *err);

	/* Release the link, whatever state it is in. */
	void (*close)(void *link);
};

/* The drivers. Static. */
extern const struct session_driver session_by_ssh, session_by_command;

/**
 * A pool whose hosts are all reached through this driver.
 * @return 0, or -1 with err: ERR_USAGE (the driver lacks a function: it is named).
 */
NODISCARD int session_pool_new_by(const struct session_driver *driver,
	const struct ssh_settings *settings, size_t limit, struct session_pool **out,
	struct error *err);
