/* SPDX-License-Identifier: Apache-2.0 */
/* ready.h - `patchline check ENV --for CANDIDATE`: what speaks against patching each host now. Layer: cli. */
#pragma once

#include "base/own.h"

struct error;
struct invocation;

/**
 * Run all prechecks and show what they found.
 * @return 0 when nothing of it is an error; -1 with err: ERR_SYSTEM (how many are), ERR_NOT_FOUND, ERR_USAGE.
 */
NODISCARD int check_ready(
	struct invocation *inv, const char *environment, const char *candidate, struct error *err);
