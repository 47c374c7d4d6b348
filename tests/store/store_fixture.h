/* SPDX-License-Identifier: Apache-2.0 */
/* store_fixture.h - a store in a directory of its own, for the contract tests. */
#pragma once

#include "base/error.h"
#include "store/store_private.h"

#include <stdbool.h>
#include <stddef.h>

struct place {
	char directory[64]; /* made for this test, removed after it */
	char database[96];  /* the file in it */
	struct store *store;
};

/*
 * For cmocka: *state becomes a struct place with an open store; the way back closes and removes it.
 */
int place_setup(void **state);
int place_teardown(void **state);

/* Another connection to the same store. Closed by the caller. */
struct store *place_connect(const struct place *place);

/*
 * Run SQL on the file behind the store's back, as an intruder would. True when the schema let it.
 */
bool place_try(const struct place *place, const char *sql);

/* The same, when it must succeed. */
void place_meddle(const struct place *place, const char *sql);

/* The integer that the SQL answers, read behind the store's back. */
long long place_ask(const struct place *place, const char *sql);

/* A digest over every row of every table, read behind the store's back, into out. */
void place_digest(const struct place *place, char out[65]);

/* What the other tests build on: a set, a candidate "2.2+aaaaaaaaaaaa" of it, a state. */
extern const char place_set[], place_candidate[];
void place_furnish(struct store *store);

/* Steps are written under a lease of 'qa'; of this one, taken by alice, the database has no row. */
struct lease place_lease(struct store *store);

/* The text of a small state that no other number has, and its digest in out. */
const char *place_state(unsigned number, char text[64], char out[65]);

/* True when the call failed with that kind, and its text has `told` in it. */
int place_refused(int result, const struct error *err, enum error_kind kind, const char *told);

/* A test with a place of its own. */
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)
