/* SPDX-License-Identifier: Apache-2.0 */
/*
 * flaky.h - a driver round another that fails at its n-th call, for tests of error paths.
 *
 * Calls that can fail are counted, from 1; the one with the number `fail_at` is not passed on and
 * answers ERR_SYSTEM. Layer: store, used by tests only. Threads: one at a time.
 */
#pragma once

#include "store/db.h"

struct flaky {
	struct db_driver driver; /* pass this one to the store */
	const struct db_driver *inner;
	unsigned calls;   /* so far */
	unsigned fail_at; /* 0: never */
};

/* Wrap a driver. The struct stays where it is as long as the driver is used. */
void flaky_init(struct flaky *flaky, const struct db_driver *inner);
