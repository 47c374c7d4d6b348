/* SPDX-License-Identifier: Apache-2.0 */
/*
 * drain.h - load leaves a host before it is touched, and returns to it: by HAProxy, or by commands of the user.
 *
 * Both may be done again; who owes the host its load is written down by the caller (store/debt.h).
 * Layer: rollout. Threads: any; hosts side by side.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

struct config;
struct environment;
struct error;
struct group;
struct host;
struct session_pool;
struct store;

/* Whose load, and for what; everything borrowed. */
struct drain_call {
	const struct config *config;
	struct session_pool *pool; /* for load balancers */
	const struct environment *environment;
	const struct group *group; /* its drain policy counts */
	const struct host *host;
	int64_t rollout;
	const char *candidate; /* its id; "" when it is not known */
	int64_t timeout_ms;    /* for all of it */
	bool is_by_hand; /* a person gives it back: whoever took it, as far as the driver knows */
};

/* What came of it. Release with drain_told_done(). */
struct drain_told {
	struct str log;      /* for whoever looks into it */
	struct str warnings; /* for everybody, one behind the other */
};

/**
 * False when nobody takes load from the host: its group has no driver; or it is a clone's, and its balancer was not
 * cloned, or its driver is a command, which would meet the original.
 * @param why  What to tell of that; "" of a group without a driver. Static. NULL when not wanted.
 */
bool drain_is_meant(const struct drain_call *call, const char **why);

/**
 * Take the load away: 0 once the last session ended, or may go on by the group's policy.
 * @param told  Added to, also on failure.
 * @return 0, or -1 with err, never ERR_UNREACHABLE: it is not the host that was not reached.
 */
NODISCARD int drain_out(const struct drain_call *call, struct drain_told *told, struct error *err);

/** Give it back, on every balancer that can be asked, and wait until they find the host well. As drain_out(). */
NODISCARD int drain_in(const struct drain_call *call, struct drain_told *told, struct error *err);

/**
 * HAProxy on this host was started anew and has forgotten whom it keeps out: tell it again of all that are owed
 * their load.
 * @param call  Its host is the balancer; group and candidate are not looked at.
 */
NODISCARD int drain_keep_out(const struct drain_call *call, struct store *store,
	struct drain_told *told, struct error *err);

void drain_told_done(struct drain_told *told);
CLEANUP_DONE(struct drain_told, drain_told_done)
