/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence.h - test results and approvals: what a gate asks for.
 *
 * Evidence is bound to a candidate in an environment, is never changed, and is listed newest first:
 * a later one speaks louder. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"
#include "model/approval.h"
#include "model/outcome.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct store;

/* The result of one suite on one host. */
struct test_row {
	int64_t id;
	const char *environment;
	const char *candidate; /* id; NULL: the environment ran none */
	const char *release;   /* that it ran; "" when not told */
	const char *set;       /* digest; NULL: none */
	const char *suite;     /* name in the configuration */
	const char *host;      /* where it ran; "": on the controller */
	enum outcome outcome;
	int64_t passed, failed, skipped; /* cases */
	int64_t started_at, ended_at;    /* the caller's */
	const char *format;              /* "exit", "tap", "junit" */
	const char *output;              /* what it printed, limited by the caller */
	const char *details;             /* JSON: the failed cases with their messages */
	const char *fingerprint; /* digest over the environment's host states at that time */
};

struct test_rows {
	struct test_row *items;
	size_t count;
};

/* A person's word. */
struct approval_row {
	int64_t id;
	const char *environment;
	const char *candidate; /* id */
	enum approval kind;
	const char *approver;
	int64_t at;
	const char *comment; /* "" for none */
};

struct approval_rows {
	struct approval_row *items;
	size_t count;
};

/**
 * Keep a test result.
 *
 * @param test  All but the id.
 * @param id    Of the new result. Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such candidate or set).
 * Event of the environment, with the SHA-256 of the output: test.passed, and so on by the outcome.
 */
NODISCARD int store_test_add(struct store *store, const struct test_row *test, const char *actor,
	int64_t *id, struct error *err);

/** A test result by id. @return 0, or -1 with err: ERR_NOT_FOUND. */
NODISCARD int store_test_find(
	struct store *store, int64_t id, struct test_row *out, struct error *err);

/**
 * Test results, newest first.
 * @param environment, candidate  NULL: of all.
 */
NODISCARD int store_tests(struct store *store, const char *environment, const char *candidate,
	struct test_rows *out, struct error *err);

/**
 * Keep an approval or a rejection, given by `actor` now.
 *
 * @param approval  environment, candidate, kind and comment only.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such candidate).
 * Event of the candidate: approval.given, approval.refused.
 */
NODISCARD int store_approval_add(struct store *store, const struct approval_row *approval,
	const char *actor, struct error *err);

/**
 * Approvals and rejections, newest first.
 * @param environment, candidate  NULL: of all.
 */
NODISCARD int store_approvals(struct store *store, const char *environment, const char *candidate,
	struct approval_rows *out, struct error *err);

void test_row_done(struct test_row *row);
CLEANUP_DONE(struct test_row, test_row_done)
void test_rows_done(struct test_rows *rows);
CLEANUP_DONE(struct test_rows, test_rows_done)
void approval_rows_done(struct approval_rows *rows);
CLEANUP_DONE(struct approval_rows, approval_rows_done)
