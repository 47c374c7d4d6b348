/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roster.h - the hosts of a rollout: where each stands, what the set would do to it, in which wave it is.
 *
 * Made from a scan just before; for a rollout that goes on, from what the store has of it: then a host is looked at
 * when its turn comes. Hosts that cannot be read, are broken or were patched past the set have
 * their verdict already: nothing is done to them.
 * Layer: rollout. Threads: a member is touched by the thread that walks its host.
 */
#pragma once

#include "base/own.h"
#include "fleet/census.h"
#include "model/failure.h"
#include "model/host_verdict.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct hoststate;
struct plan;
struct roster;
struct rollout_request;
struct session;
struct session_pool;
struct way;

struct member {
	struct place place;
	struct session *session;       /* of the roster; with the host */
	const char *platform;          /* "" when not known */
	const char *state_before;      /* digest; NULL when it could not be read */
	char *state_after;             /* digest, owned; NULL until verified */
	const struct plan *plan;       /* NULL when it could not be read */
	const struct hoststate *state; /* likewise */
	struct way *way;               /* owned; how it goes back; NULL: not decided */
	bool is_stale;                 /* something on it runs on files that were replaced */
	bool is_reboot_required;       /* it asks for one */
	size_t wave, position;         /* in the rollout; in the wave */
	enum host_verdict verdict;
	enum failure failure; /* its type, when the verdict is failed or unreachable */
	char *reason;         /* owned; "" for none */
	size_t changed;       /* packages that were changed */
	bool was_changed;     /* by this rollout, in any attempt, and not taken back since */
	bool is_at_work;      /* nobody knows whether a step of it has ended */
	bool is_unseen;  /* what it is now is not known yet: it is looked at when its turn comes */
	bool is_settled; /* an earlier program brought it to its verdict, which is written down */
};

/**
 * The hosts of the environment in the order of their waves; of none is known how it is.
 * @param request  Borrowed for as long as the roster lives.
 * @param out      Freed with roster_free(). Untouched on failure.
 * @return 0, or -1 with err: as census_prepare().
 */
NODISCARD int roster_new(
	const struct rollout_request *request, struct roster **out, struct error *err);

/** Scan them and see what the set means for each. @return 0, or -1 with err: as census_run(), fits_new(). */
NODISCARD int roster_scan(struct roster *r, struct error *err);

/** Both at once. */
NODISCARD int roster_make(
	const struct rollout_request *request, struct roster **out, struct error *err);

/**
 * The same from what the store has, without asking any.
 * @param states  One a member, digests; NULL where none is known.
 * @return 0, or -1 with err: as store_state_read(), fits_new().
 */
NODISCARD int roster_recall(struct roster *r, const char *const *states, struct error *err);

/**
 * Scan one member and see what the set means for it. One that cannot be patched has its verdict then.
 * @return 0, or -1 with err: as roster_scan(). Threads: any, one a member.
 */
NODISCARD int roster_look(struct roster *r, struct member *m, struct error *err);

size_t roster_count(const struct roster *r);
struct member *roster_at(struct roster *r, size_t index);

/* Of its sessions; for whatever else is reached meanwhile, as load balancers are. */
struct session_pool *roster_pool(const struct roster *r);

/* Waves are numbered from 1. 0 when there are no hosts. */
size_t roster_wave_count(const struct roster *r);

/* Put a member into the wave that an earlier run gave it. */
void roster_set_wave(struct roster *r, struct member *m, size_t wave, size_t position);

/* Set a verdict with its reason (printf style); it has not failed. */
void member_judge(struct member *m, enum host_verdict verdict, const char *fmt, ...) PRINTF(3, 4);

/* It failed: HOST_UNREACHABLE by that type, HOST_FAILED by any other. */
void member_fail(struct member *m, enum failure failure, const char *fmt, ...) PRINTF(3, 4);

/* Add to its reason, whatever its verdict (printf style). */
void member_remark(struct member *m, const char *fmt, ...) PRINTF(2, 3);

/* It is as it was before; what had failed is kept. */
void member_return(struct member *m, const char *fmt, ...) PRINTF(2, 3);

/* The changes of a plan as JSON: a list of {name, architecture, from, to}. Owned by the caller: free(). */
char *plan_json(const struct plan *plan);

void roster_free(struct roster *r);
CLEANUP_FUNC(struct roster *, roster_free)
