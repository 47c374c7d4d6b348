/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stride_private.h - one host on its way through the steps, and what each step does. Stays in rollout/.
 *
 * A step only does its work: 0, or -1 with an error that says what puts it right. What people may want to
 * read goes into the log. walk.c has the order of the steps, and writes the journal around each.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"
#include "fleet/order.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct findings;
struct member;
struct walk;

/* What the steps of a host share. */
struct stride {
	const struct walk *walk;
	struct member *member;
	struct order order;
	struct change *changes; /* owned; order.changes */
	struct str log;         /* of the step that runs */
	int64_t attempt;
	bool was_applied; /* an earlier attempt of this rollout changed packages */
};

typedef int stride_step(struct stride *s, struct error *err);

stride_step stride_stage;    /* the bytes, checked, to the host */
stride_step stride_precheck; /* is it fit to be patched */
stride_step stride_apply;    /* install the plan */
stride_step stride_verify;   /* prove the set from the host's own words */

/* Connect anew, the old connection being of no use. */
NODISCARD int stride_reconnect(struct stride *s, struct error *err);

/* All findings go into the log; those that are errors make an ERR_REFUSED of their words. */
NODISCARD int stride_check_findings(
	struct stride *s, const struct findings *found, struct error *err);
