/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy_private.h - a ProxyCommand, ssh over a jump host above all: what it says, and whose the error is.
 *
 * Layer: fleet, private to it. Threads: any.
 */
#pragma once

#include "base/own.h"

struct error;

/* The command with its errors written to the file of a descriptor of ours, and without a terminal to ask on. free(). */
char *proxy_command(const char *command, int fd);

/* What was written there, in one line that may be printed; free(). */
char *proxy_words(int fd);

/**
 * A way through a proxy that failed.
 *
 * @param address  The host at its end.
 * @param words    What the command said of it, not empty.
 * @return SESSION_ASK_AGAIN with err ERR_UNREACHABLE (the jump host has no room for the moment), or -1 with err:
 *         ERR_DENIED (its key is unknown, or it does not let us in or on), ERR_UNREACHABLE.
 */
NODISCARD int proxy_failed(const char *address, const char *words, struct error *err);
