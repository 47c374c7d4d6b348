/* SPDX-License-Identifier: Apache-2.0 */
/*
 * owed.h - what rollouts took from hosts and have not given back, told to people.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

struct debt_rows;
struct error;
struct invocation;

/* A sentence for each, with what is to be done. */
NODISCARD int owed_print(struct invocation *inv, const struct debt_rows *rows, struct error *err);
