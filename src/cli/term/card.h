/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card.h - one thing told field by field: lines and tables for people, one object for programs.
 *
 * Each field has its name in JSON and its label for people; without a label it is in JSON only. People do
 * not see fields that are empty. Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stdint.h>

struct card;
struct invocation;
struct jvalue;
struct table;

/* Begin to tell: `kind` is the first field in JSON ("set"). card_end() or card_free(). */
struct card *card_begin(const struct invocation *inv, const char *kind);

/* Fields; a NULL text is null in JSON. */
void card_text(struct card *c, const char *name, const char *label, const char *text);
void card_digest(struct card *c, const char *name, const char *label, const char *digest);
void card_number(struct card *c, const char *name, const char *label, int64_t number);
void card_size(struct card *c, const char *name, const char *label, uint64_t bytes);
void card_time(struct card *c, const char *name, const char *label, int64_t at);
void card_duration(struct card *c, const char *name, const char *label, int64_t seconds);
void card_flag(struct card *c, const char *name, const char *label, bool flag);

/* A list of texts, ended by NULL. */
void card_words(struct card *c, const char *name, const char *label, const char *const *words);

/* A table under a heading; takes it. People see `empty` (NULL: nothing at all) when it has no rows. */
void card_table(
	struct card *c, const char *name, const char *heading, struct table *t, const char *empty);

/* Something only programs see; takes it. */
void card_json(struct card *c, const char *name, struct jvalue *value);

/* Print what is left to be printed, and free. */
void card_end(struct card *c);

/* Free without printing. NULL is fine. */
void card_free(struct card *c);
CLEANUP_FUNC(struct card *, card_free)
