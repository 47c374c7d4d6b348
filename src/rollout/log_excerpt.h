/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_excerpt.h - the few words in what a host said that tell why it gave up.
 *
 * For the one line that a person reads first; the whole output is in the step's log. Layer: rollout. Threads: any.
 */
#pragma once

/**
 * The package manager's first complaint about a package, with what the package itself said before it and the line after it
 * (what the manager adds), else the last line that is not empty; and what the manager complains of as a whole, where that
 * says more.
 *
 * @return Owned by the caller; "" of an output that says nothing.
 */
char *log_excerpt_find(const char *output);

/**
 * What a service manager began to stop and did not say that it had stopped: "lab-slow.service, ssh.service".
 *
 * @param said  systemd's own lines: "Stopping UNIT - WORDS...", "Stopped UNIT - WORDS.".
 * @return Owned by the caller; "" for nothing.
 */
char *log_excerpt_pending(const char *said);

/* The last lines of what a host said, three at most, in one. Owned by the caller; "" when it said nothing. */
char *log_excerpt_last(const char *said);
