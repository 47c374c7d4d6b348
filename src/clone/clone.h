/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone.h - the life of one clone: every act is in the journal before it begins and after it ended.
 *
 * A clone's row says what it is (clone_state), its journal what was done. An act that a killed program
 * left "running" is marked interrupted and done again: providers find what is there. So whoever walks a
 * clone through its life calls the same acts in the same order again, and what was done is skipped where
 * it must not be done twice.
 * Layer: clone. Threads: one clone, one thread; different clones side by side. The caller has the lease
 * of the clone's name (store/lease.h) while it changes anything.
 */
#pragma once

#include "base/own.h"
#include "clone/answer.h"
#include "clone/provider.h"
#include "model/clone_state.h"
#include "store/clone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct clone;
struct config;
struct environment;
struct error;
struct store;

/* What is told while it happens. Any function may be NULL. */
struct clone_watch {
	void (*on_action)(void *context, const char *action, const char *target);
	void (*on_done)(void *context, const char *action, const char *target, int64_t elapsed_ms,
		const struct error *err);                      /* err: NULL when it worked */
	void (*on_progress)(void *context, const char *words); /* the provider's own */
	void *context;
};

/* Which clone, and who is at it. All borrowed until clone_close(). */
struct clone_request {
	const struct config *config;
	struct store *store;
	const struct environment *original; /* of the line, not the clone itself */
	const char *actor;
	struct clone_watch watch;
};

/**
 * Write down a new clone: the next number of its environment, state making.
 *
 * @param draft  Its environment and provider are the request's and not looked at; expires_at 0: as configured.
 * @param out  clone_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_USAGE (the environment names no provider), what the store says.
 */
NODISCARD int clone_begin(const struct clone_request *request, const struct clone_row_draft *draft,
	struct clone **out, struct error *err);

/**
 * Take up a clone that is there. Acts that a killed program left running are marked interrupted.
 * @param out  clone_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such clone), what the store says.
 */
NODISCARD int clone_open(
	const struct clone_request *request, int64_t number, struct clone **out, struct error *err);

/* The row as last read or changed. Borrowed until the next change. */
const struct clone_row *clone_row_of(const struct clone *c);

/* "production/clone-3", for people and the store; "production-clone-3-3fa9c1d2", for providers. Borrowed. */
const char *clone_name(const struct clone *c);
const char *clone_provider_name(const struct clone *c);

/* The hosts of the clone, or of the original, for provider calls; `hosts` as in provider_target. */
struct provider_target clone_target(const struct clone *c, const char *const *hosts);
struct provider_target clone_original_target(const struct clone *c, const char *const *hosts);

/* The provider's session, started at the first call. Borrowed. @return 0, or -1 with err as provider_open(). */
NODISCARD int clone_provider(struct clone *c, struct provider_session **out, struct error *err);

/* Give it a session that is open already. Takes it. */
void clone_give_provider(struct clone *c, struct provider_session *session);

/* What an act leaves in the journal beside its end. */
struct clone_trace {
	char *output;           /* owned: what a program printed; NULL for nothing */
	struct jvalue *details; /* owned: object with figures; NULL for none */
};

void clone_trace_done(struct clone_trace *trace);
CLEANUP_DONE(struct clone_trace, clone_trace_done)

/* One act. It must be safe to repeat. */
typedef int clone_act(struct clone *c, void *context, struct clone_trace *trace, struct error *err);

/**
 * Do an act between two entries of the journal.
 *
 * @param action  "stop", "exchange", "sanitize": letters, digits, '-'.
 * @param target  What it is done to: a host, a program, "" for all.
 * @return What the act returned; or -1 with what the store says: an act that cannot be written down is not begun.
 */
NODISCARD int clone_do(struct clone *c, const char *action, const char *target, clone_act *act,
	void *context, struct error *err);

/**
 * The two halves of clone_do(), for an act that spans others.
 *
 * @param cause  NULL: it is done; else why it failed.
 * @return 0, or -1 with what the store says.
 */
NODISCARD int clone_action_begin(
	struct clone *c, const char *action, const char *target, int64_t *seq, struct error *err);
NODISCARD int clone_action_end(struct clone *c, int64_t seq, const struct error *cause,
	const struct clone_trace *trace, struct error *err);

/* True when the last such act of the journal is done. False when the store cannot be read. */
bool clone_has_done(struct clone *c, const char *action, const char *target);

/**
 * Move the clone to another state.
 * @param reason  Why; "" for none.
 * @return 0, or -1 with err: ERR_CONFLICT (somebody else moved it, or there is no way from where it is).
 */
NODISCARD int clone_move(
	struct clone *c, enum clone_state to, const char *reason, struct error *err);

/**
 * Note in the row what has become known; its state stays.
 * @param change  `to` and `reason` are not looked at.
 */
NODISCARD int clone_note(struct clone *c, struct clone_change change, struct error *err);

/* Copy the hosts (making): the row then says when each was taken. Stays in making. */
NODISCARD int clone_take(struct clone *c, struct error *err);

/* Take the copies back, so that they can be taken anew. Stays in making. */
NODISCARD int clone_take_back(struct clone *c, struct error *err);

/**
 * Keep what a host's quiesce command printed, for its sanitize programs; it may be large, and somebody's.
 * clone_drop_inputs() forgets it.
 */
NODISCARD int clone_keep_input(
	struct clone *c, const char *host, const char *text, struct error *err);
NODISCARD int clone_drop_inputs(struct clone *c, struct error *err);

/**
 * Run the sanitize programs of every host's group in its stopped copy, in order; hosts side by side, at most
 * ssh.parallel; those that the journal has as done are not run again. The host's kept input is their standard input.
 * What the watch is told comes from any thread, one call at a time. After a failure no other program is begun.
 * @return 0, or -1 with err: ERR_REFUSED (one failed: which, where, its last words; the clone may not be started).
 */
NODISCARD int clone_sanitize(struct clone *c, struct error *err);

/* True when a group of the environment names a sanitize program. */
bool environment_is_sanitized(const struct environment *e);

/**
 * Start the copies inside their fence: the row then says where they are reached. No state is moved.
 * @return 0, or -1 with err: ERR_REFUSED (a sanitize program has not ended well), as provider_start().
 */
NODISCARD int clone_start(struct clone *c, struct error *err);

/* Stop the copies. No state is moved. */
NODISCARD int clone_stop(struct clone *c, struct error *err);

/* The snapshot of the originals' places that a swap leaves, for a rollback to compare with; owned by the caller. */
char *clone_swap_point(const struct clone *c);

/* Remove everything of it: removing, then removed. Fine from every state whose arc goes there. */
NODISCARD int clone_remove(struct clone *c, struct error *err);

/* The folder of a clone's own files below the state directory; owned by the caller. It goes with the clone. */
char *clone_folder(const struct config *config, const struct clone_row *row);

/* The file in which its fence's sink records; owned by the caller. */
char *clone_record_path(const struct config *config, const struct clone_row *row);

void clone_close(struct clone *c);
CLEANUP_FUNC(struct clone *, clone_close)

/* Something that should not be there. */
struct orphan {
	char *provider; /* name in the configuration */
	char *name;     /* as the provider calls it: "production-clone-3-3fa9c1d2" */
	char *maker;    /* id of the other installation that made it; "": none is told */
	bool is_known; /* the store has a row for it, and the machines are gone; else it has none */
	char *clone;   /* of a known one: "production/clone-3"; NULL */
};

struct orphans {
	struct orphan *items; /* owned */
	size_t count, capacity;
	char **unasked; /* "btrfs: why its list could not be had"; owned */
	size_t unasked_count, unasked_capacity;
};

/**
 * Compare what the providers hold with what the store knows.
 * @param out  orphans_done(). Untouched on failure.
 * @return 0, also when a provider could not be asked; -1 with what the store says.
 */
NODISCARD int clone_orphans(
	const struct config *config, struct store *store, struct orphans *out, struct error *err);

/* Remove what a provider holds and no row tells of. */
NODISCARD int clone_remove_unknown(const struct config *config, const struct orphan *orphan,
	const struct provider_watch *watch, struct error *err);

void orphans_done(struct orphans *o);
CLEANUP_DONE(struct orphans, orphans_done)
