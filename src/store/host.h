/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.h - the hosts as last seen, and the states they are in.
 *
 * A state is kept once under its SHA-256; equal hosts point at the same one. A host that could not
 * be reached keeps its last good state, with the error beside it. A host that left the
 * configuration is kept as history and marked gone. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hoststate;
struct store;

struct host_row {
	const char *name, *environment, *group, *platform, *address; /* platform "" until told */
	const char *state;      /* digest of its state; NULL: never scanned */
	const char *facts;      /* JSON object: kernels, boot id, disks ...; "{}" until told */
	const char *release;    /* that it really runs; NULL: not told */
	int64_t scanned_at;     /* of the last good scan */
	const char *error_kind; /* of the last scan, "unreachable"; NULL when it was good */
	const char *error;      /* its text; NULL when it was good */
	int64_t error_at;
	int64_t gone_at; /* no longer configured since; 0: it is */
};

struct host_rows {
	struct host_row *items;
	size_t count;
};

/* What a board of all hosts wants of one. */
struct host_brief {
	const char *name;
	const char *state; /* as in struct host_row, each of these */
	const char *release;
	const char *error;
	int64_t scanned_at;
};

struct host_briefs {
	struct host_brief *items;
	size_t count;
};

/**
 * Keep a state. Nothing happens when it is there already.
 *
 * @param digest  SHA-256 of the text, 64 hexadecimal digits.
 * @return 0, or -1 with err: ERR_CORRUPT (the digest is not that of the text).
 */
NODISCARD int store_state_put(struct store *store, const char *digest, const char *platform,
	const char *text, struct error *err);

/**
 * Read a state, its text checked against its digest.
 * @param out  hoststate_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (it was changed, or is none).
 */
NODISCARD int store_state_read(
	struct store *store, const char *digest, struct hoststate **out, struct error *err);

/**
 * Tell what a good scan found: the row is added or replaced, the last error forgotten.
 *
 * @param host  From name to release; the times and the error are the store's.
 * @return 0, or -1 with err: ERR_NOT_FOUND (its state was not put before).
 * Event, only when the host is new, or its environment, group, platform, state or release changed,
 * or the scan before had failed: host.added, host.changed.
 */
NODISCARD int store_host_scanned(
	struct store *store, const struct host_row *host, const char *actor, struct error *err);

/**
 * Tell that a scan failed: everything that the last good one found is kept.
 *
 * @param host  name, environment, group, platform and address only.
 * Event, only when the kind of error is not the one of the scan before: host.unreachable for
 * ERR_UNREACHABLE, host.failed for the others.
 */
NODISCARD int store_host_failed(struct store *store, const struct host_row *host,
	const struct error *cause, const char *actor, struct error *err);

/** A host by name, also one that is gone. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_host_find(
	struct store *store, const char *name, struct host_row *out, struct error *err);

/**
 * The hosts that are not gone, by environment, group, name.
 * @param environment  NULL: of all.
 */
NODISCARD int store_hosts(
	struct store *store, const char *environment, struct host_rows *out, struct error *err);

/** The same hosts in brief, in no order. */
NODISCARD int store_hosts_brief(
	struct store *store, const char *environment, struct host_briefs *out, struct error *err);

/**
 * Mark as gone a host that left the configuration, unless it was scanned again or moved since it was read: then
 * somebody has a newer file.
 *
 * @param has_left  Whether it was marked now. Event: host.gone.
 */
NODISCARD int store_host_leave(struct store *store, const struct host_row *seen, const char *actor,
	bool *has_left, struct error *err);

/** Mark as gone all hosts of an environment that is there no longer. Event for each: host.gone. */
NODISCARD int store_hosts_leave(
	struct store *store, const char *environment, const char *actor, struct error *err);

void host_row_done(struct host_row *row);
CLEANUP_DONE(struct host_row, host_row_done)
void host_rows_done(struct host_rows *rows);
CLEANUP_DONE(struct host_rows, host_rows_done)
void host_briefs_done(struct host_briefs *rows);
CLEANUP_DONE(struct host_briefs, host_briefs_done)
