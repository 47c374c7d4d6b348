/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owed.h - what rollouts took from hosts and have not given back, told to people.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

struct debt_rows;

/* A sentence for each, with what is to be done. */
void owed_print(const struct debt_rows *rows);
