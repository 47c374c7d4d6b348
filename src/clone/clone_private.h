/* SPDX-License-Identifier: Apache-2.0 */
/*
 * clone_private.h - what the files of a clone's life share: the clone itself, its journal.
 *
 * Layer: clone, private to it. Threads: as clone.h says.
 */
#pragma once

#include "clone/clone.h"

struct clone {
	struct clone_request request;
	struct clone_row row;
	char *provider_name;              /* its known_as, whatever becomes of the row meanwhile */
	struct provider_session *session; /* NULL until needed */
};

/* ---- clone_journal.c ---- */

/* Mark what a killed program left running as interrupted: we have the clone's lease now. */
NODISCARD int clone_journal_close(struct clone *c, struct error *err);

/* An act that is under way. */
struct clone_doing {
	const char *action, *target; /* borrowed */
	int64_t seq, started;        /* in the journal; when, by the monotonic clock */
};

/* The two halves of clone_do(), for acts side by side: nobody else may be at the clone during a half. */
NODISCARD int clone_doing_begin(struct clone *c, struct clone_doing *d, struct error *err);

/* cause: NULL when it worked. @return 0; or -1 with the cause, or with what the store says. */
NODISCARD int clone_doing_end(struct clone *c, const struct clone_doing *d,
	const struct error *cause, const struct clone_trace *trace, struct error *err);

/* The failure stands beside the state that the clone stays in. */
void clone_note_failure(struct clone *c, const struct error *cause);

/* The last line of that act; NULL when there is none. program: of a sanitize act; NULL for any. Borrowed. */
const struct clone_action_row *clone_journal_last(const struct clone_action_rows *rows,
	const char *action, const char *target, const char *program);

bool clone_action_is_done(const struct clone_action_row *row);

/* ---- sanitize.c ---- */

/* ERR_REFUSED: a sanitize program has not ended well since the copies were taken. */
NODISCARD int sanitize_check(struct clone *c, struct error *err);
