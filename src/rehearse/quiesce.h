/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quiesce.h - hold the writing of an environment's hosts still while something is done.
 *
 * A group's `quiesce` command runs on each of its hosts over ssh: it prints a line "ready", waits for the end
 * of its input, and exits 0. A connection that is lost ends its input too, so a killed program holds nobody.
 * Layer: rehearse. Threads: one quiesce, one thread (it starts others for the commands).
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct environment_scan;
struct config;
struct environment;
struct error;
struct host;

/* A host whose group has a command; what it printed behind "ready". */
struct quiesced {
	const struct host *host; /* borrowed */
	char *output;            /* owned; 1 MiB at most */
	int64_t held_ms;         /* from ready to the end of its input */
};

struct quiesced_list {
	struct quiesced *items;
	size_t count;
};

/* True when a group with hosts names a command. */
bool quiesce_is_wanted(const struct environment *environment);

/**
 * To be asked before anything is made: can all of them be held at once?
 * @return 0, or -1 with err: ERR_REFUSED (they are too many).
 */
NODISCARD int quiesce_check(const struct environment *environment, struct error *err);

/* What is done while the hosts of a scan are held. All borrowed. */
struct quiesce_request {
	const struct config *config;
	const struct environment_scan *scan;
	int64_t limit_ms; /* of one command in all */
	/* Called once every command is ready, possibly from another thread; not at all when one does not get ready. */
	int (*act)(void *context, struct error *err);
	void *context;
};

/**
 * Run the act while every command holds.
 *
 * @param out  In the order of the scan; quiesced_list_done(). Untouched on failure.
 * @return 0, or -1 with err: what act said; ERR_SYSTEM (a command failed: where, its exit status and words),
 *         ERR_UNREACHABLE, ERR_UNCERTAIN (a host was lost).
 */
NODISCARD int quiesce_around(
	const struct quiesce_request *request, struct quiesced_list *out, struct error *err);

void quiesced_list_done(struct quiesced_list *list);
CLEANUP_DONE(struct quiesced_list, quiesced_list_done)
