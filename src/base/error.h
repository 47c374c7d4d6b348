/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - one failure, told in one line, living where the caller declared it.
 *
 * A function that can fail returns int, 0 or -1, and takes `struct error *err` last. It fills
 * *err only when it returns -1. There is nothing to free and nothing to clear.
 */
#pragma once

#include "base/own.h"

enum error_kind {
	ERR_NONE,        /* nothing went wrong */
	ERR_USAGE,       /* the user's words make no sense; never the fault of a host or mirror */
	ERR_NOT_FOUND,   /* no such host, patch set, rollout */
	ERR_CONFLICT,    /* someone else changed it, or holds the lock */
	ERR_DENIED,      /* this caller may not do that */
	ERR_REFUSED,     /* a gate or a rule says no; the text says what would lift it */
	ERR_WAITING,     /* not yet: a window, an approval, a soak time */
	ERR_UNREACHABLE, /* host, mirror or database out of reach; retry later */
	ERR_UNCERTAIN,   /* a write may or may not have happened; read before retrying */
	ERR_CORRUPT,     /* what we read is not what it claims to be */
	ERR_SYSTEM,      /* the machine refused: errno, disk full */
	ERR_KIND_COUNT,
};

struct error {
	enum error_kind kind;
	char text[1000]; /* "opening store: line 7: bad digest", outermost first, cut if too long */
};

/* Fill *err. Always -1, so that `return error_set(...)` is the whole error path. */
NODISCARD int error_set(struct error *err, enum error_kind kind, const char *fmt, ...) PRINTF(3, 4);

/* Put "what we were doing: " before the text already in *err; the kind stays. Always -1. */
NODISCARD int error_wrap(struct error *err, const char *fmt, ...) PRINTF(2, 3);

/*
 * For an error that is kept, and by whose kind it is told later whether something went wrong: what a call that succeeded
 * may have left in it is nothing. Returns `result`.
 */
int error_settle(int result, struct error *err);

/* Exit status of a command that failed with `kind`: 1 failed, 2 usage, 3 refused, 4 waiting. */
int error_exit_status(enum error_kind kind);

/* The word for a kind in JSON: "not-found". Static. */
const char *error_kind_name(enum error_kind kind);
