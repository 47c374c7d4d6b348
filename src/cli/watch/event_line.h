/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_line.h - one thing that happened in a rollout, in one line: told by who drives it, and by who watches.
 *
 * Layer: cli. Threads: any.
 */
#pragma once

struct event_line {
	const char *who;    /* a host, or "rollout-4" */
	const char *step;   /* "" when it is about the whole of it */
	const char *state;  /* what became of it: "succeeded", "done", "paused" */
	const char *took;   /* "31.0 s"; "" when it took no time, or that is not known */
	const char *reason; /* may be any words of a host; "" for none */
};

/* "prod-web1        apply     failed    31.0 s: no space left on device". free(). */
char *event_line_words(const struct event_line *h);
