/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owed.h - what rollouts took from hosts and have not given back, for people and for programs.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

struct debt_rows;
struct table;

/* A row for each: host, debt, environment, rollout, since. table_free(). */
struct table *owed_table(const struct debt_rows *rows);

/* A sentence for each, with what is to be done. */
void owed_print(const struct debt_rows *rows);
