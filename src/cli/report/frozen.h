/* SPDX-License-Identifier: Apache-2.0 */
/* frozen.h - what a freeze holds, as `freeze` and `rehearse` show it. Layer: cli. Threads: one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct freeze;
struct table;

/* The packages; why each is in only when asked for. Owned by the caller: table_free(). */
struct table *frozen_table(const struct freeze *f, bool tells_why);

/* Bytes of all packages. */
uint64_t frozen_size(const struct freeze *f);

/* What the set leaves out, and what was noted of hosts; nothing where there is neither. */
void frozen_print_left_out(const struct freeze *f);
