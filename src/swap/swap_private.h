/* SPDX-License-Identifier: Apache-2.0 */
/*
 * swap_private.h - what the parts of a swap share: the journal's memory, the acts, the two ways through them.
 *
 * swap.c decides, swap_stages.c acts, swap_journal.c remembers. Layer: swap, private to it.
 */
#pragma once

#include "clone/swap_mark.h"
#include "store/clone.h"
#include "swap/swap.h"

struct lease;

/* A swap on its way. */
struct swap {
	const struct swap_request *request;
	const struct environment *original;
	struct clone *clone;                        /* owned */
	struct lease *clone_lease, *original_lease; /* owned */
	struct swap_mark mark;                      /* of the swap */
	struct clone_action_rows journal;           /* as it was when it was last read */
	struct swap_summary summary;
};

/* ---- swap_admit.c ---- */

/** Take both leases and open the clone. @param what  The command, for whoever meets a lease: "rollback". */
NODISCARD int swap_begin(struct swap *s, const char *what, struct error *err);

/**
 * All that must be true before a swap; fills the mark.
 * @param actor  NULL: a refusal leaves no trace.
 */
NODISCARD int swap_admit(struct swap *s, const char *actor, struct error *err);

/** Add what would be lost, or would come in, with all hosts in the batches. */
NODISCARD int swap_find_diff(
	struct swap *s, bool is_back, struct swap_diff *out, struct error *err);

/** Gather the lists, keep them in the journal, ask. ERR_REFUSED when nobody says yes. */
NODISCARD int swap_ask(struct swap *s, bool is_back, struct error *err);

/* ---- swap_journal.c ---- */

/** Read the journal anew. */
NODISCARD int swap_read_journal(struct swap *s, struct error *err);

/* "batch-2", by its place in the mark: the target of its acts. Owned by the caller. */
char *swap_target(size_t batch);

/* True when the journal has an act after an entry: one that ended well, or any. */
bool swap_has_done(const struct swap *s, int64_t after, const char *action, const char *target);
bool swap_has_begun(const struct swap *s, int64_t after, const char *action, const char *target);

/* Sum up in s->summary how long hosts were out of service since an entry. */
void swap_measure(struct swap *s, int64_t after);

/* ---- swap_stages.c ---- */

/** Take one batch of the mark to the clone, or back, from where the journal (read after `after`) says it stands. */
NODISCARD int swap_batch_over(struct swap *s, size_t batch, int64_t after, struct error *err);
NODISCARD int swap_batch_back(struct swap *s, size_t batch, int64_t after, struct error *err);

/* True when the originals of a batch were touched since an entry. */
bool swap_is_touched(const struct swap *s, size_t batch, int64_t after);

/** Scan all hosts of the original, and write down what it is: clean at that set, or mixed. */
NODISCARD int swap_settle(struct swap *s, const char *set, struct error *err);

/** Run the tests of the clone's gate against the original. ERR_REFUSED when one does not pass. */
NODISCARD int swap_test(struct swap *s, int64_t after, struct error *err);
