/* SPDX-License-Identifier: Apache-2.0 */
/* confirm.h - ask before something that cannot be taken back. Layer: cli. Threads: one. */
#pragma once

#include "base/own.h"

struct error;
struct invocation;

/**
 * Ask on the terminal; with --yes it is answered.
 * @param question  Without its mark: "Remove production/clone-3".
 * @return 0 for yes; -1 with err: ERR_REFUSED (the answer was another), ERR_USAGE (no terminal, and no --yes).
 */
NODISCARD int confirm(const struct invocation *inv, const char *question, struct error *err);
