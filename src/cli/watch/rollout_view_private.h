/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_view_private.h - what the parts of the view share. Stays in cli/.
 */
#pragma once

#include "cli/term/lines.h"

#include <stddef.h>

struct rollout_snapshot;

/* What the lines are made from, and into. */
struct view_draft {
	const struct rollout_snapshot *rollout_snapshot;
	size_t columns, name_width;
	struct lines *lines;
};

/* A line more; takes the text, which may hold any words of hosts. It is cut where the screen ends. */
void view_add(struct view_draft *d, enum tone tone, char *text);

/* What is rolled where, since when and by whom; how far it is; what comes next, or what is wrong. Three lines. */
void view_add_header(struct view_draft *d);
