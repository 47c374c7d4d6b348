/* SPDX-License-Identifier: Apache-2.0 */
/*
 * entry.h - all that is asked before a candidate enters an environment: hold, lane, gate, order of code and patches.
 *
 * Layer: gate. Threads: one.
 */
#pragma once

#include "base/own.h"

struct admission;
struct candidate_row;
struct error;

/**
 * May it?
 *
 * @param candidate  The row of what is asked for.
 * @param actor      Who asks; NULL: nothing is written.
 * @param release    That runs in the target; NULL: not known.
 * @return 0, or -1 with err: ERR_REFUSED, ERR_WAITING (what lifts it), as admission_check() (gate/admission.h).
 */
NODISCARD int entry_check(const struct admission *asked, const struct candidate_row *candidate,
	const char *actor, const char *release, struct error *err);

/* The same, as if nobody held the target. */
NODISCARD int entry_check_lifted(const struct admission *asked,
	const struct candidate_row *candidate, const char *actor, const char *release,
	struct error *err);
