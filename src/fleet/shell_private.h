/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shell_private.h - the programs of host/ through a shell: sent over the connection each time, nothing installed.
 *
 * A program starts only when it has arrived whole. Steps run under host/run.sh, which keeps their journal.
 * Layer: fleet, private to it. Threads: as the connection.
 */
#pragma once

#include "base/own.h"

struct connection;
struct error;
struct session_call;
struct session_result;
struct session_step_result;

/* As `run` and `step` of a session_driver. */
NODISCARD int shell_run(struct connection *c, const struct session_call *call,
	struct session_result *result, struct error *err);
NODISCARD int shell_step(struct connection *c, const char *rollout, const char *step,
	const struct session_call *call, struct session_step_result *result, struct error *err);
