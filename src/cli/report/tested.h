/* SPDX-License-Identifier: Apache-2.0 */
/* tested.h - suites as they run and as they ended, for whichever command runs them. Layer: cli. Threads: one. */
#pragma once

struct test_told;

/* For struct testing_request and its likes: a line on standard error, a row in the struct view_rows. */
void tested_start(void *tested, const char *suite, const char *host);
void tested_end(void *tested, const struct test_told *told);
