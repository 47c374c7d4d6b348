/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - what a command answers, on standard output: for people, or with --json for programs.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdio.h>

struct invocation;
struct jvalue;
struct view;

/* Print a value as indented JSON; takes it. */
void output_json(struct jvalue *value);

/* Print a value as one line of JSON. */
void output_json_line(const struct jvalue *value, FILE *out);

/*
 * Print rows the way this invocation wants them: as a table, as JSON, as CSV. `none` stands in for a table without
 * rows; NULL: nothing does.
 */
void output_rows(const struct invocation *inv, const struct view *v, const void *rows, size_t count,
	const char *none);

/* The same of one row: as a card, or as a JSON object. */
void output_row(const struct invocation *inv, const struct view *v, const void *row);

/* Rows for people, whatever the invocation wants. */
void output_table(const struct view *v, const void *rows, size_t count, const char *none);

/* A heading over a table, with an empty line above it. */
void output_heading(const char *fmt, ...) PRINTF(1, 2);
