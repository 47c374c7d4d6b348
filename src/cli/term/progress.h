/* SPDX-License-Identifier: Apache-2.0 */
/*
 * progress.h - how far something is: a bar on a terminal, now and then a line in a pipe.
 *
 * Goes to standard error, so that standard output stays clean. Layer: cli. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct progress;

#define PROGRESS_BAR_SIZE 48

/* "[###-------]  30%", with a bar of `width` cells, 30 at most, into out; returns out. `total` 0 is all of it. */
const char *progress_bar(uint64_t done, uint64_t total, size_t width, char out[PROGRESS_BAR_SIZE]);

/* Begin; nothing is shown before the first update. progress_free(). */
struct progress *progress_new(const char *what);

/* So much of so much is done; `total` 0: not known. `text` says with what ("12.1 MiB"). */
void progress_update(struct progress *p, uint64_t done, uint64_t total, const char *text);

/* A line that stays, above the bar. */
void progress_line(struct progress *p, const char *fmt, ...) PRINTF(2, 3);

/* Take the bar away. NULL is fine. */
void progress_free(struct progress *p);
CLEANUP_FUNC(struct progress *, progress_free)
