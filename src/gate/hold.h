/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hold.h - an environment that is held: nothing enters it until a person lifts that.
 *
 * What goes back by itself holds its environment; a person may do it too. Layer: gate. Threads: any.
 */
#pragma once

#include "base/own.h"

struct environment;
struct error;
struct store;

/**
 * May anything enter?
 * @return 0, or -1 with err: ERR_REFUSED (it is held: by whom, since when, why, what lifts that).
 */
NODISCARD int hold_check(
	struct store *store, const struct environment *environment, struct error *err);

/**
 * Lift the hold. Ways back that were owed to hosts and not gone are given up: somebody has looked at them.
 * @return 0, or -1 with err: ERR_CONFLICT (it is not held).
 */
NODISCARD int hold_lift(struct store *store, const struct environment *environment,
	const char *reason, const char *actor, struct error *err);
