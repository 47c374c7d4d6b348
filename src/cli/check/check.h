/* SPDX-License-Identifier: Apache-2.0 */
/*
 * check.h - what `patchline check` tries, and what came of it.
 *
 * Each function tries one area and adds its rows; none stops at the first thing that is wrong.
 * Layer: cli. Threads: one; hosts are tried side by side inside check_hosts().
 */
#pragma once

#include "base/own.h"
#include "present/finding.h"

#include <stddef.h>

struct config;

/* Results as they come, and how many there are of each status. */
struct checks {
	struct view_rows results; /* of struct check_item */
	size_t of[CHECK_STATUS_COUNT];
};

void checks_add(struct checks *c, const struct check_item *result);
void checks_done(struct checks *c);
CLEANUP_DONE(struct checks, checks_done)

/* State directory: there, writable, room on its disk. */
void check_state(struct checks *c, const struct config *config);
/* ssh: the files that the configuration names. */
void check_ssh(struct checks *c, const struct config *config);
/* Tests: programs that are there and may be executed. */
void check_tests(struct checks *c, const struct config *config);
/* Sources: keyring, address, signature. */
void check_sources(struct checks *c, const struct config *config);
/* Indexes in use: what cannot be read of them. */
void check_indexes(struct checks *c, const struct config *config);
/* Clones: providers that answer, programs that sanitize, what a clone could not do. */
void check_clones(struct checks *c, const struct config *config);
/* Hosts: reached, rights, platform known, consistent, room on their disks. */
void check_hosts(struct checks *c, const struct config *config);
