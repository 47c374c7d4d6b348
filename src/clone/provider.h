/* SPDX-License-Identifier: Apache-2.0 */
/*
 * provider.h - speak with a snapshot provider: one process, a request a line, an answer a line.
 *
 * The protocol is docs/providers.md. Every operation may be repeated: what was done is found by the
 * provider and left alone. The process ends with the session; machines that it started live on.
 * Kinds of errors, for every call: ERR_REFUSED (it cannot, or it would harm: the text says what to do),
 * ERR_NOT_FOUND, ERR_CONFLICT, ERR_UNREACHABLE, ERR_SYSTEM (also: no space) as the provider told;
 * ERR_CORRUPT (its answer is none: which line), ERR_UNCERTAIN (it ended or ran past its time in the
 * middle: ask again), ERR_USAGE (it does not know the operation).
 * Layer: clone. Threads: a session is used by one thread at a time.
 */
#pragma once

#include "base/own.h"
#include "clone/answer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct environment;
struct error;
struct fence;
struct provider;
struct provider_session;
struct ssh_settings;

/* What is told while an operation runs; NULL for none. */
struct provider_watch {
	void (*on_progress)(void *context, const char *words);
	void *context;
};

/* Which machines an operation is about. All borrowed. */
struct provider_target {
	const char *clone; /* "production-clone-3-3fa9c1d2"; NULL: the originals themselves */
	const struct environment *environment; /* the original, whose hosts are meant */
	const char *const *hosts;              /* names of some of them, ended by NULL; NULL: all */
};

/* A script for the inside of a stopped copy. All borrowed. */
struct provider_script {
	const char *text;               /* for sh, run as root */
	const char *const *environment; /* "NAME=value", ended by NULL */
	const char *input;              /* for its standard input; "" for none */
	int64_t timeout_ms;
};

/* The fence round a clone. All borrowed. */
struct provider_fence {
	const struct fence *fence; /* of the configuration */
	const char *record;        /* path that the sink writes to */
};

/* Which systems stand in the places of the originals. */
enum exchange_side { EXCHANGE_TO_ORIGINAL, EXCHANGE_TO_CLONE };

/**
 * Start a provider and ask what it is.
 *
 * @param provider, ssh  Borrowed until provider_close().
 * @param watch          Copied; NULL for none.
 * @param out            Freed with provider_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such program), ERR_CORRUPT (it speaks another protocol), as above.
 */
NODISCARD int provider_open(const struct provider *provider, const struct ssh_settings *ssh,
	const struct provider_watch *watch, struct provider_session **out, struct error *err);

/* End the session: the process sees its input end, and is told to go when it does not. NULL is fine. */
void provider_close(struct provider_session *session);
CLEANUP_FUNC(struct provider_session *, provider_close)

/* "btrfs 0.1.0", as it told. Borrowed. */
const char *provider_label(const struct provider_session *session);

/* True when it knows that operation. */
bool provider_can(const struct provider_session *session, const char *operation);

/**
 * Are these operations, ended by NULL, for originals as well as for clones? By what it says; nothing is tried.
 * @return 0, or -1 with err: ERR_REFUSED (which is not, or that it does not say).
 */
NODISCARD int provider_check_originals(
	const struct provider_session *session, const char *const *operations, struct error *err);

/* What a copy of these hosts would hold. */
NODISCARD int provider_coverage(struct provider_session *session,
	const struct provider_target *target, struct coverage *out, struct error *err);

/* Copy; the copies are stopped. */
NODISCARD int provider_clone(struct provider_session *session, const struct provider_target *target,
	struct taken *out, struct error *err);

/* Run a script inside the stopped copy of one host (target->hosts names it). */
NODISCARD int provider_run(struct provider_session *session, const struct provider_target *target,
	const struct provider_script *script, struct script_end *out, struct error *err);

/**
 * Start machines; returns when they are started, not when their services answer.
 * @param fence  Of a clone; NULL for the originals.
 */
NODISCARD int provider_start(struct provider_session *session, const struct provider_target *target,
	const struct provider_fence *fence, struct machines *out, struct error *err);

/* Stop machines, orderly, and hard past the limit. */
NODISCARD int provider_stop(struct provider_session *session, const struct provider_target *target,
	int64_t timeout_ms, struct error *err);

/* Everything of the clone goes; fine when nothing is left. */
NODISCARD int provider_remove(
	struct provider_session *session, const char *clone, struct error *err);

/* Every clone of which anything is left, of all environments. */
NODISCARD int provider_list(
	struct provider_session *session, struct held_clones *out, struct error *err);

/* Keep the disks under a name; put them back (machines stopped, declared data as it is); drop it. */
NODISCARD int provider_snapshot(struct provider_session *session,
	const struct provider_target *target, const char *name, struct error *err);
NODISCARD int provider_revert(struct provider_session *session,
	const struct provider_target *target, const char *name, struct error *err);
NODISCARD int provider_forget(struct provider_session *session,
	const struct provider_target *target, const char *name, struct error *err);

/* What differs on one host from its snapshot; "taken" is the moment of the clone. */
NODISCARD int provider_changes(struct provider_session *session,
	const struct provider_target *target, const char *since, struct changes *out,
	struct error *err);

/* Put the systems of the clone in the places of the originals, or the originals' own back. */
NODISCARD int provider_exchange(struct provider_session *session,
	const struct provider_target *target, enum exchange_side to, struct error *err);
