/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - an approved clone reaches its original by patching it: exactly the clone's set, then the proof.
 *
 * The gate of the clone is asked and the original must be as it was copied. From then on the clone is
 * "entering": asking again would find the original changed by the entry itself, so an entry that was
 * killed goes on without. A clone of which some groups are swapped in brings its set to the others, and
 * stays swapped. In the end every host's packages are compared with its clone's.
 * Layer: rehearse. Threads: one entry, one thread.
 */
#pragma once

#include "base/own.h"
#include "rehearse/equality.h"
#include "rollout/rollout.h"

struct environment;
struct error;
struct promotion;
struct targets;

/**
 * Patch the original of a clone, or continue doing so.
 *
 * @param p        Its environment is the original.
 * @param clone    The clone's environment.
 * @param summary  How the rollout ended, also when hosts failed. Untouched on failure.
 * @param out      What differs; empty when the rollout did not come to every host. equality_done().
 *                 Untouched on failure.
 * @return 0 when the rollout came to an end (read summary and equality); -1 with err: ERR_REFUSED,
 *         ERR_WAITING (the clone's gate; the original has changed: every difference), ERR_CONFLICT
 *         (somebody works on either), as rollout_run().
 */
NODISCARD int patch_original_run(const struct promotion *p, const struct environment *clone,
	struct rollout_summary *summary, struct equality *out, struct error *err);

/**
 * What it would do, from a fresh scan: gate and fingerprint are asked, nothing is changed.
 * @param out  targets_free(). Untouched on failure.
 */
NODISCARD int patch_original_preview(const struct promotion *p, const struct environment *clone,
	struct targets **out, struct error *err);
