/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.h - what is told of tests and approvals. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "gate/testing.h"
#include "present/view.h"
#include "store/evidence.h"

struct test_item {
	const struct test_row *row; /* borrowed */
	const char *host;           /* "controller" for none */
	int64_t duration;
};

/* What is kept of an environment, a candidate, or all. */
struct evidence {
	struct test_rows test_rows;
	struct view_rows tests; /* of struct test_item */
	struct approval_rows approvals;
};
extern const struct view test_item_view, approval_row_view, evidence_view;

/**
 * @param environment, candidate  NULL: of any.
 * @return 0, or -1 with err: as store_tests(). evidence_done().
 */
NODISCARD int evidence_read(struct store *store, const char *environment, const char *candidate,
	struct evidence *out, struct error *err);

void evidence_done(struct evidence *e);
CLEANUP_DONE(struct evidence, evidence_done)

/* Suites as they end, in their order: of a struct test_told, with copies of its texts. */
extern const struct view tested_item_view;

/* Keep a copy of what was told. */
void tested_add(struct view_rows *tested, const struct test_told *told);

/* How the suites of an environment ended; all borrowed. */
struct tests_answer {
	const char *environment;
	const struct testing_summary *summary;
	struct view_rows tests; /* as tested_add() keeps them */
};
extern const struct view tests_answer_view;
