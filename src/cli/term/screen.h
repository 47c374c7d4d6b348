/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen.h - the whole terminal for a while, given back as it was on every way out.
 *
 * Plain ANSI on the alternate screen. Signals that end a program are held back and reported, so that the caller closes
 * the screen first; a stop (Ctrl-Z) gives the terminal back until it goes on. No colours where NO_COLOR is set.
 * Layer: cli. Threads: one, and no other that waits for signals.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct lines;
struct screen;

/* Whether standard output is a terminal that can do it. */
bool screen_is_possible(void);

/**
 * Take the terminal.
 * @param out  screen_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_SYSTEM.
 */
NODISCARD int screen_open(struct screen **out, struct error *err);

/* Its size now; 80 by 24 where the terminal does not say. */
void screen_size(const struct screen *s, size_t *columns, size_t *rows);

/* Show these lines, from the top; what was there before goes. They must fit. */
void screen_draw(struct screen *s, const struct lines *lines);

enum screen_news {
	SCREEN_QUIET,   /* the time is over */
	SCREEN_KEY,     /* *key was pressed */
	SCREEN_CHANGED, /* draw again: it has another size, or was away */
	SCREEN_ENDED,   /* *signal wants to end the program */
	SCREEN_NEWS_COUNT,
};

/* Wait for something to happen, at most so long. */
enum screen_news screen_wait(struct screen *s, int timeout_ms, char *key, int *signal);

/* Give the terminal back. NULL is fine. */
void screen_close(struct screen *s);
CLEANUP_FUNC(struct screen *, screen_close)
