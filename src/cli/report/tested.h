/* SPDX-License-Identifier: Apache-2.0 */
/* tested.h - suites as they run and as they ended, for whichever command runs them. Layer: cli. Threads: one. */
#pragma once

struct table;
struct test_told;

/* An empty table of results; the callbacks' context. Owned by the caller: table_free(). */
struct table *tested_table(void);

/* For struct testing_request and its likes: a line on standard error, a row in the table. */
void tested_start(void *table, const char *suite, const char *host);
void tested_end(void *table, const struct test_told *told);
