/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dialog.h - a program to speak with: lines to its standard input, lines from its standard output.
 *
 * The program runs in a process group of its own and gets SIGTERM when the thread that opened it ends.
 * What it started in sessions of their own is not touched. SIGPIPE must be ignored in this process.
 * Layer: base. Threads: one at a time per dialog, the same that opened it.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct dialog;
struct error;

/**
 * Start a program.
 *
 * @param argv  Ended by NULL; argv[0] is looked up in PATH; borrowed during the call only.
 * @param out   dialog_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such program), ERR_SYSTEM.
 */
NODISCARD int dialog_open(const char *const *argv, struct dialog **out, struct error *err);

/* Send a line; the line break is added. Never blocks: it goes out while dialog_receive() waits. */
void dialog_send(struct dialog *c, const char *line);

/**
 * The next line.
 *
 * @param limit       Most bytes that a line may have.
 * @param timeout_ms  How long to wait for it; 0: no limit.
 * @param out         Without its line break, ended by NUL; free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_UNCERTAIN (the program has ended, with its status and its last words; or the
 *         time is over), ERR_CORRUPT (a line longer than limit, or with a NUL in it). After -1 only dialog_close() is left.
 * Blocks until then.
 */
NODISCARD int dialog_receive(
	struct dialog *c, size_t limit, int64_t timeout_ms, char **out, struct error *err);

/* What came last on its standard error, at most some lines; "" for nothing. Borrowed until the next call. */
const char *dialog_last_words(struct dialog *c);

/**
 * End its input and wait for it to end; after patience_ms it gets SIGTERM, after as long again SIGKILL,
 * it and its process group. NULL is fine.
 */
void dialog_end(struct dialog *c, int64_t patience_ms);

/* dialog_end() with two seconds. */
void dialog_close(struct dialog *c);
CLEANUP_FUNC(struct dialog *, dialog_close)
