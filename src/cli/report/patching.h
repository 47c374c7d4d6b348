/* SPDX-License-Identifier: Apache-2.0 */
/* patching.h - what `promote --patch-original` and `resume` share. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"

struct error;
struct invocation;

/** `promote CLONE --patch-original`. */
NODISCARD int promote_patch_original(struct invocation *inv, struct error *err);
