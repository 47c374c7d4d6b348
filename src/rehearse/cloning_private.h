/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cloning_private.h - what the parts of making a clone share.
 *
 * Layer: rehearse, private to it. Threads: one cloning, one thread.
 */
#pragma once

#include "base/digest.h"
#include "fleet/environment_scan.h"
#include "rehearse/cloning.h"
#include "store/environment.h"

/* A clone in the making. */
struct making {
	const struct cloning *cloning;
	struct clone *clone;
	struct provider_session
		*provider;            /* that told the coverage; the clone's once there is one */
	struct environment_scan scan; /* of the original */
	char *original, *coverage;
	char fingerprint[DIGEST_HEX_SIZE];
	struct environment_row environment; /* of the original, as it was */
};

/* ---- cloning_copy.c ---- */

/* Have the provider copy the hosts, while the commands of `quiesce` hold their writing. */
NODISCARD int cloning_copy(struct making *m, struct error *err);

/* Copied, and everything that was held meanwhile has ended well. */
bool cloning_is_copied(struct making *m);

/* ---- cloning_start.c ---- */

/* Start the copies, prove that they are what their originals were; the clone is then running. */
NODISCARD int cloning_bring_up(const struct cloning *k, struct clone *c, struct error *err);

/* Start copies that were proved before, and scan them. */
NODISCARD int cloning_bring_up_again(const struct cloning *k, struct clone *c, struct error *err);
