/* SPDX-License-Identifier: Apache-2.0 */
/*
 * equality.h - are the hosts of an environment in the package states that its clone's hosts are in?
 *
 * Compared are the packages that have files on a host: name, architecture, version, and whether dpkg calls
 * them whole. Which were installed as dependencies, and which are held, is not compared.
 * Layer: rehearse. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>

struct environment;
struct error;
struct hoststate;
struct jvalue;
struct store;

/* One package of one host; strings owned. A version is "" where the package is not installed. */
struct unequal {
	char *host; /* the original's name */
	char *name, *architecture;
	char *original, *clone; /* versions */
};

struct equality {
	size_t hosts, equal_hosts;
	struct unequal *items; /* by host, name, architecture; owned */
	size_t count, capacity;
};

/* "equal" or "differs". Static. */
const char *equality_verdict(const struct equality *e);

/* Add what differs between two states of a host; counts the host. */
void equality_add(struct equality *e, const char *host, const struct hoststate *original,
	const struct hoststate *clone);

/**
 * Compare an original's hosts with its clone's, both as last scanned: scanning is the caller's affair.
 *
 * @param clone  An environment that is a clone.
 * @param out    equality_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_REFUSED (a host of either was never scanned, or could not be read),
 *         what the store says.
 */
NODISCARD int equality_find(struct store *store, const struct environment *clone,
	struct equality *out, struct error *err);

/* {"verdict", "hosts", "equal_hosts", "differences": [{host, name, architecture, original, clone}]}; owned. */
struct jvalue *equality_json(const struct equality *e);

void equality_done(struct equality *e);
CLEANUP_DONE(struct equality, equality_done)
