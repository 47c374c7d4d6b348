/* SPDX-License-Identifier: Apache-2.0 */
/* rollout.h - what is told of rollouts, in a list and of one with its hosts and steps. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "store/rollout.h"
#include "store/step.h"

struct way_back;

struct rollout_item {
	const struct rollout_row *row; /* borrowed */
	size_t hosts, done, failed;
	int64_t duration; /* so far, or until it ended */
};
extern const struct view rollout_item_view;

/**
 * Rollouts as store_rollouts() has them, with their hosts counted.
 * @param rows  Read first, also when counting fails; they outlive the items; rollout_rows_done().
 * @param out   view_rows_done().
 * @return 0, or -1 with err: as store_rollouts().
 */
NODISCARD int rollout_items_read(struct store *store, const char *environment, size_t limit,
	struct rollout_rows *rows, struct view_rows *out, struct error *err);

/* A step of a rollout on one host. */
struct step_item {
	const struct step_row *row; /* borrowed */
	const char *log;            /* borrowed; NULL: left out */
};
extern const struct view step_item_view;

/* A host of a rollout. */
struct rollout_host_item {
	const struct rollout_host_row *row; /* borrowed */
	struct step_rows rows;
	char *steps;     /* owned: "stage 1s, apply 31s!" */
	size_t packages; /* that are planned */
	int64_t duration;
	struct way_back *way; /* owned; NULL: not decided */
	char *way_back_words; /* owned; NULL likewise */
	const char *failure, *said;
};

/* One rollout, its hosts, and every step of theirs. */
struct rollout_card {
	struct rollout_row row;
	struct rollout_host_rows rows;
	const char *direction; /* NULL: forward */
	int64_t duration;
	struct view_rows hosts, steps; /* of struct rollout_host_item, step_item */
};
extern const struct view rollout_card_view;

/** A rollout by its number. @return 0, or -1 with err: ERR_NOT_FOUND. rollout_card_done(). */
NODISCARD int rollout_card_read(
	struct store *store, int64_t id, struct rollout_card *out, struct error *err);

void rollout_card_done(struct rollout_card *c);
CLEANUP_DONE(struct rollout_card, rollout_card_done)
