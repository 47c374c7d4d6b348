/* SPDX-License-Identifier: Apache-2.0 */
/*
 * balancer.h - HAProxy on its own host, asked to take a server out of its rotation and to give it back.
 *
 * host/haproxy.sh does it, through the runtime socket. What is done already is not done again.
 * Layer: fleet. Threads: as the session.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct session;
struct error;

/* Which server, and how; all borrowed. */
struct balancer_order {
	const char *socket;
	const char *const *backends; /* ended by NULL */
	const char *server;          /* name or address of the server in each of them */
	unsigned min_healthy;        /* other servers of a backend that must be up */
	int64_t timeout, settle;     /* seconds */
	bool is_by_hand;             /* it gets its load back, whoever took it */
	bool is_strict;              /* sessions that have not ended by then are a failure */
};

/**
 * Take the server out, and wait until its sessions have ended.
 *
 * @param timeout_ms  For all of it.
 * @param out         What was done, a line each; those for people begin with "warning: ". free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_SYSTEM (HAProxy's words, or what it lacks), and what session_run() says.
 */
NODISCARD int balancer_drain(struct session *s, const struct balancer_order *order,
	int64_t timeout_ms, char **out, struct error *err);

/** Give it back, and wait until HAProxy's own check finds it well. As balancer_drain(). */
NODISCARD int balancer_undrain(struct session *s, const struct balancer_order *order,
	int64_t timeout_ms, char **out, struct error *err);
