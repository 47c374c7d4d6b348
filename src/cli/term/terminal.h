/* SPDX-License-Identifier: Apache-2.0 */
/*
 * terminal.h - the border to whoever reads what we print: a terminal, a file, another program.
 *
 * What hosts, tests, sources and people said passes through it like our own words and is made visible there, so that no
 * line of code that prints has to think of it. Only our own sequences go past.
 * Layer: cli. Threads: terminal_guard() before any other, terminal_done() after all; terminal_put() any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* From now on standard output and standard error show, and never obey, what is printed: cells_show(). */
void terminal_guard(void);

/*
 * What standard output gets from now on is for programs and passes as it is; a terminal is guarded all the same.
 */
void terminal_unguard(void);

/* The last of all: nothing can be printed any more. */
void terminal_done(void);

/* Send our own bytes past the guard, as they are. A terminal that is gone takes nothing; a signal tells its end. */
void terminal_put(int fd, const char *bytes, size_t size);

/* False when it is a pipe that nobody reads any more. */
bool terminal_has_reader(int fd);
