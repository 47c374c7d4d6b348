/* SPDX-License-Identifier: Apache-2.0 */
/* program_private.h - the table that tools/embed.sh writes. Layer: fleet, for program.c alone. */
#pragma once

#include "fleet/program.h"

extern const struct program programs[];
extern const size_t programs_count;
