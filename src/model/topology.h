/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topology.h - what an operation works on: the configuration, and the clones that there are as environments beside
 * its line.
 *
 * It does not change. When a clone was made, started or stopped, a new topology is made, and what points
 * into the old one stays as it was.
 * Layer: model. Threads: any number may read one.
 */
#pragma once

#include "base/own.h"
#include "model/place.h"

#include <stdbool.h>
#include <stddef.h>

struct config;
struct environment;
struct error;

struct topology {
	const struct config *config; /* borrowed; outlives it */
	const struct environment *const *clones;
	size_t clone_count;
};

/* A host of a clone to be; everything borrowed. */
struct clone_host {
	const char *name, *group; /* as the original has it: "prod-web1" */
	const char *address;      /* where its sshd answers; "" while it is not running */
	int port;
};

/* A clone to be; everything borrowed. */
struct clone_draft {
	const char *name; /* "production/clone-3" */
	const struct clone_host *hosts;
	size_t host_count;
};

/**
 * Make a topology.
 *
 * A clone's groups, services, health and release checks are its original's, the gate is its clone.gate. An
 * original that is no longer configured, or lacks a host or group by now, is filled in from the draft.
 *
 * @param out  topology_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (a name is not one of a clone, or taken; no hosts; a host's
 *         name is not one or there twice).
 */
NODISCARD int topology_make(const struct config *config, const struct clone_draft *drafts,
	size_t count, struct topology **out, struct error *err);

/* Find by name, in the line and among the clones; NULL, or false, when there is none. */
const struct environment *topology_environment(const struct topology *t, const char *name);
bool topology_find_host(const struct topology *t, const char *name, struct place *out);

void topology_free(struct topology *t);
CLEANUP_FUNC(struct topology *, topology_free)
