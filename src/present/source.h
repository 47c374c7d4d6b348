/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - what is told of sources. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "plan/indexes.h"
#include "present/view.h"
#include "store/index.h"

struct config;
struct source;
struct store;

struct source_card {
	const struct source *source; /* borrowed from the configuration */
	struct sync_rows syncs;
	struct sync_row last; /* of `syncs`; all zero: never synced */
	struct index_rows indexes;
	struct unread_stanzas unread;
	size_t left_out; /* stanzas: of `unread`, and those that follow them */
};
extern const struct view source_card_view, unread_stanza_view;

/* The stanzas of a source among those that cannot be read, borrowed and added. @return How many there are, with those not named. */
int64_t unread_of(const struct unread_stanzas *all, const char *source, struct view_rows *out);

/** A source of the configuration by its name. @return 0, or -1 with err. source_card_done(). */
NODISCARD int source_card_read(const struct config *c, struct store *store, const char *name,
	struct source_card *out, struct error *err);

void source_card_done(struct source_card *c);
CLEANUP_DONE(struct source_card, source_card_done)
