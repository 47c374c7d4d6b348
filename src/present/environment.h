/* SPDX-License-Identifier: Apache-2.0 */
/* environment.h - what is told of one environment of the line. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "present/view.h"
#include "store/debt.h"
#include "store/environment.h"

struct config;
struct environment;
struct gate;
struct group;

#define PORTION_TEXT_SIZE 16

struct group_item {
	const struct group *group;                                       /* borrowed */
	const char **hosts;                                              /* owned list of names */
	char wave[PORTION_TEXT_SIZE], failure_budget[PORTION_TEXT_SIZE]; /* "2", "25%" */
};

struct environment_card {
	const struct environment *environment; /* borrowed */
	const struct gate *gate;               /* borrowed; NULL: the last has none */
	struct environment_row row;
	const char *held_by, *held_reason; /* NULL: it is not held */
	struct debt_rows debts;
	struct environment_change_rows changes;
	struct view_rows groups; /* of struct group_item */
};
extern const struct view environment_card_view;

/** An environment of the line by its name. @return 0, or -1 with err. environment_card_done(). */
NODISCARD int environment_card_read(const struct config *c, struct store *store, const char *name,
	struct environment_card *out, struct error *err);

void environment_card_done(struct environment_card *c);
CLEANUP_DONE(struct environment_card, environment_card_done)
