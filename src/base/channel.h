/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel.h - a program to speak with: lines to its standard input, lines from its standard output.
 *
 * The program runs in a process group of its own and gets SIGTERM when the thread that opened it ends.
 * What it started in sessions of their own is not touched. SIGPIPE is ignored in this process afterwards.
 * Layer: base. Threads: one at a time per channel, the same that opened it.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct channel;
struct error;

/**
 * Start a program.
 *
 * @param argv  Ended by NULL; argv[0] is looked up in PATH; borrowed during the call only.
 * @param out   channel_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such program), ERR_SYSTEM.
 */
NODISCARD int channel_open(const char *const *argv, struct channel **out, struct error *err);

/* Send a line; the line break is added. Never blocks: it goes out while channel_receive() waits. */
void channel_send(struct channel *c, const char *line);

/**
 * The next line.
 *
 * @param limit       Most bytes that a line may have.
 * @param timeout_ms  How long to wait for it; 0: no limit.
 * @param out         Without its line break, ended by NUL; free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_UNCERTAIN (the program has ended, with its status and its last words; or the
 *         time is over), ERR_CORRUPT (a line longer than limit, or with a NUL in it). After -1 only channel_close() is left.
 * Blocks until then.
 */
NODISCARD int channel_receive(
	struct channel *c, size_t limit, int64_t timeout_ms, char **out, struct error *err);

/* What came last on its standard error, at most some lines; "" for nothing. Borrowed until the next call. */
const char *channel_last_words(struct channel *c);

/**
 * End its input and wait for it to end; after patience_ms it gets SIGTERM, after as long again SIGKILL,
 * it and its process group. NULL is fine.
 */
void channel_end(struct channel *c, int64_t patience_ms);

/* channel_end() with two seconds. */
void channel_close(struct channel *c);
CLEANUP_FUNC(struct channel *, channel_close)
