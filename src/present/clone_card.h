/* SPDX-License-Identifier: Apache-2.0 */
/* clone_card.h - all that is known of one clone. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "clone/answer.h"
#include "clone/sink.h"
#include "present/view.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/evidence.h"
#include "store/host.h"

struct config;

/* A host of it; its words are the card's. */
struct clone_host_item {
	const char *name, *group, *original_state;
	const struct host_row *seen;   /* NULL: not yet */
	const struct machine *machine; /* NULL: it does not run */
};

/* An act of its journal. */
struct clone_act {
	const struct clone_action_row *row;
	int64_t duration;
};

/* A sanitize program that ran: which, with which content, on what. */
struct clone_sanitized {
	const struct clone_action_row *row;
	struct jvalue *details; /* owned */
	const char *program, *sha256;
};

/* A connection that its fence answered. */
struct clone_caught {
	const char *at, *as, *from;
	char *to, *what; /* owned */
};

struct clone_card {
	struct clone_row row;
	struct environment_row environment;
	struct host_rows seen;
	struct clone_action_rows actions;
	struct test_rows tests;
	struct approval_rows approvals;
	struct coverage coverage;
	struct taken taken;
	struct machines machines;
	struct sink_tally sink;
	struct jvalue *original, *taken_json; /* owned */
	char *expires, *taken_within;         /* owned */
	int64_t taken_at;
	/* of struct clone_host_item, clone_act, clone_sanitized, clone_caught */
	struct view_rows hosts, journal, sanitized, caught;
};
extern const struct view clone_card_view;

/**
 * A clone by its name; one that was removed too.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT. clone_card_done().
 */
NODISCARD int clone_card_read(const struct config *c, struct store *store, const char *name,
	struct clone_card *out, struct error *err);

void clone_card_done(struct clone_card *c);
CLEANUP_DONE(struct clone_card, clone_card_done)
