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
struct table;

/* Print a value as indented JSON; takes it. */
void output_json(struct jvalue *value);

/* Print a value as one line of JSON. */
void output_json_line(const struct jvalue *value, FILE *out);

/* Print a table the way this invocation wants it; `empty` stands in for one without rows. */
void output_table(const struct invocation *inv, const struct table *t, const char *empty);

/* A heading over a table, with an empty line above it. */
void output_heading(const char *fmt, ...) PRINTF(1, 2);

#define DIGEST_SHORT_SIZE 13

/* The first 12 digits of a digest, as people see it; "-" for NULL. Returns out. */
const char *digest_short(const char *digest, char out[DIGEST_SHORT_SIZE]);
