/* SPDX-License-Identifier: Apache-2.0 */
/*
 * targets.h - the hosts of a rollout: where each stands, what the set would do to it, in which wave it is.
 *
 * Made from a scan just before; for a rollout that goes on, from what the store has of it: then a host is looked at
 * when its turn comes. Hosts that cannot be read, are broken or were patched past the set have
 * their verdict already: nothing is done to them.
 * Layer: rollout. Threads: a target is touched by the thread that walks its host.
 */
#pragma once

#include "base/own.h"
#include "fleet/environment_scan.h"
#include "model/failure.h"
#include "model/host_verdict.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct error;
struct hoststate;
struct plan;
struct targets;
struct rollout_request;
struct session;
struct session_pool;
struct way_back;

struct rollout_target {
	struct place place;
	struct session *session;       /* of the targets; with the host */
	const char *platform;          /* "" when not known */
	const char *state_before;      /* digest; NULL when it could not be read */
	char *state_after;             /* digest, owned; NULL until verified */
	const struct plan *plan;       /* NULL when it could not be read */
	const struct hoststate *state; /* likewise */
	struct way_back *way;          /* owned; how it goes back; NULL: not decided */
	bool is_stale;                 /* something on it runs on files that were replaced */
	bool is_reboot_required;       /* it asks for one */
	size_t wave, position;         /* in the rollout; in the wave */
	enum host_verdict verdict;
	enum failure failure; /* its type, when the verdict is failed or unreachable */
	char *reason;         /* owned; "" for none */
	size_t changed;       /* packages that were changed */
	bool was_changed;     /* by this rollout, in any attempt, and not taken back since */
	bool is_at_work;      /* nobody knows whether a step of it has ended */
	bool is_unseen; /* what it is now is not known yet: it is looked at when its turn comes */
	pthread_mutex_t turn; /* held by who has anything done on the host */
	bool is_settled; /* an earlier program brought it to its verdict, which is written down */
};

/**
 * The hosts of the environment in the order of their waves; of none is known how it is.
 * @param request  Borrowed for as long as the targets live.
 * @param out      Freed with targets_free(). Untouched on failure.
 * @return 0, or -1 with err: as environment_scan_prepare().
 */
NODISCARD int targets_new(
	const struct rollout_request *request, struct targets **out, struct error *err);

/** Scan them and see what the set means for each. @return 0, or -1 with err: as environment_scan_run(), compliances_new(). */
NODISCARD int targets_scan(struct targets *r, struct error *err);

/** Both at once. */
NODISCARD int targets_make(
	const struct rollout_request *request, struct targets **out, struct error *err);

/**
 * The same from what the store has, without asking any.
 * @param states  One a target, digests; NULL where none is known.
 * @return 0, or -1 with err: as store_state_read(), compliances_new().
 */
NODISCARD int targets_recall(struct targets *r, const char *const *states, struct error *err);

/**
 * Scan one target and see what the set means for it. One that cannot be patched has its verdict then.
 * @return 0, or -1 with err: as targets_scan(). Threads: any, one a target.
 */
NODISCARD int targets_look(struct targets *r, struct rollout_target *m, struct error *err);

size_t targets_count(const struct targets *r);
struct rollout_target *targets_at(struct targets *r, size_t index);

/* Of its sessions; for whatever else is reached meanwhile, as load balancers are. */
struct session_pool *targets_pool(const struct targets *r);

/* Waves are numbered from 1. 0 when there are no hosts. */
size_t targets_wave_count(const struct targets *r);

/* Put a target into the wave that an earlier run gave it. */
void targets_set_wave(struct targets *r, struct rollout_target *m, size_t wave, size_t position);

/* Set a verdict with its reason (printf style); it has not failed. */
void target_judge(struct rollout_target *m, enum host_verdict verdict, const char *fmt, ...)
	PRINTF(3, 4);

/* It failed: HOST_UNREACHABLE by that type, HOST_FAILED by any other. */
void target_fail(struct rollout_target *m, enum failure failure, const char *fmt, ...) PRINTF(3, 4);

/* Add to its reason, whatever its verdict (printf style). */
void target_remark(struct rollout_target *m, const char *fmt, ...) PRINTF(2, 3);

/* It is as it was before: HOST_REVERTED, or HOST_UNWELL; what had failed is kept. */
void target_return(struct rollout_target *m, enum host_verdict how, const char *fmt, ...)
	PRINTF(3, 4);

/* The changes of a plan as JSON: a list of {name, architecture, from, to}. Owned by the caller: free(). */
char *plan_json(const struct plan *plan);

void targets_free(struct targets *r);
CLEANUP_FUNC(struct targets *, targets_free)
