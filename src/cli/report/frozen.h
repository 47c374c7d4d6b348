/* SPDX-License-Identifier: Apache-2.0 */
/* frozen.h - what a freeze leaves out, as `freeze` and `rehearse` show it. Layer: cli. Threads: one. */
#pragma once

struct freeze;

/* What the set leaves out, and what was noted of hosts; nothing where there is neither. */
void frozen_print_left_out(const struct freeze *f);
