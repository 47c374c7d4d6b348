/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - which exact packages one host state needs, and what stays behind and why.
 *
 * A plan never removes a package and never takes one back to an older version; it is what
 * `apt-get dist-upgrade` without Recommends would do, less the removals. Of versions of several feeds the one of the
 * highest priority is taken, as apt does. Immutable; its strings are
 * borrowed from the universe unless said, so it does not outlive it.
 * Layer: plan. Threads: any number may read one plan; plan_make() may run in many at once.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hoststate;
struct plan;
struct universe;

/* What may change. All zero: everything that has a newer version. The limits add up. */
struct plan_options {
	bool is_security_only;     /* only versions of security feeds, and what they need */
	const char *const *only;   /* names, ended by NULL: these and what they need; NULL: all */
	const char *const *except; /* names, ended by NULL: never touched; NULL: none */
	const uint32_t *pinned;    /* the only versions that may be installed; NULL: any */
	size_t pinned_count;
};

enum plan_verdict {
	PLAN_NOTHING,  /* nothing is asked for and missing */
	PLAN_COMPLETE, /* everything asked for can be done */
	PLAN_PARTLY,   /* something asked for is held or does not resolve */
	PLAN_BROKEN,   /* the host is not consistent already: repair it first; nothing is planned */
	PLAN_VERDICT_COUNT,
};

struct plan_change {
	const char *name, *architecture;
	const char *from;  /* installed version; "" when new */
	const char *to;    /* version it becomes */
	uint32_t version;  /* its number in the universe */
	bool is_new;       /* not installed before: a dependency, to be marked as automatic */
	bool is_essential; /* Essential, Protected or Important on the host */
};

enum plan_cause {
	KEPT_HELD,         /* held on the host */
	KEPT_PINNED,       /* the host's own preferences keep it */
	KEPT_HALTED,       /* its archive gives it to nobody: Phased-Update-Percentage */
	KEPT_CONFLICT,     /* does not resolve; the reason says why */
	KEPT_EXCLUDED,     /* named in options.except */
	KEPT_NOT_ASKED,    /* not named in options.only */
	KEPT_NOT_SECURITY, /* newer, but in no security feed */
	KEPT_CAUSE_COUNT,
};

/* An installed package that has a newer version and stays. */
struct plan_kept {
	const char *name, *architecture;
	const char *installed, *candidate; /* versions */
	uint32_t version;                  /* the candidate's number in the universe */
	enum plan_cause cause;
	const char *reason; /* for people, one line: "held on this host"; owned by the plan */
};

/**
 * Plan one host state.
 *
 * Makes a context for this one plan; for many states with the same options use planner.h.
 *
 * @param options  NULL for everything. Borrowed during the call only.
 * @param out      Freed with plan_free(). Untouched on failure. A broken host is a plan too.
 * @return 0, or -1 with err: ERR_USAGE (the state was not added to the universe, a name in only or
 *         except that no feed and no host knows).
 */
NODISCARD int plan_make(const struct universe *u, const struct hoststate *state,
	const struct plan_options *options, struct plan **out, struct error *err);

enum plan_verdict plan_verdict(const struct plan *p);

/* True when the solver was needed, false when the direct way was enough. */
bool plan_is_solved(const struct plan *p);

/* Changes, ordered by name, then architecture. */
size_t plan_change_count(const struct plan *p);
const struct plan_change *plan_change_at(const struct plan *p, size_t index);

/* What stays behind, ordered by name, then architecture. */
size_t plan_kept_count(const struct plan *p);
const struct plan_kept *plan_kept_at(const struct plan *p, size_t index);

/* What is wrong with a broken host, one line each; none otherwise. */
size_t plan_problem_count(const struct plan *p);
const char *plan_problem_at(const struct plan *p, size_t index);

/* "nothing", "complete", "partly", "broken"; "held", "conflict", "excluded", ... Static. */
const char *plan_verdict_name(enum plan_verdict verdict);
const char *plan_cause_name(enum plan_cause cause);

/**
 * The versions that plans bring, each once, in the order of their numbers: what a set must hold.
 * @param ids  Owned by the caller: free().
 */
void plan_union(const struct plan *const *plans, size_t count, uint32_t **ids, size_t *id_count);

/**
 * Check that a set by itself does for a state what was planned from everything.
 *
 * Plans again with nothing but the set. A set made for many hosts may bring a host more than its own
 * plan did, never less.
 *
 * @param pinned  The set's versions.
 * @param wanted  What was planned.
 * @param out     The plan from the set, which is what the host will get; NULL when not wanted.
 * @return 0, or -1 with err: ERR_CONFLICT (which package the set does not bring, and why).
 */
NODISCARD int plan_check(const struct universe *u, const struct hoststate *state,
	const struct plan_options *pinned, const struct plan *wanted, struct plan **out,
	struct error *err);

void plan_free(struct plan *p);
CLEANUP_FUNC(struct plan *, plan_free)
