/* SPDX-License-Identifier: Apache-2.0 */
/*
 * manual.h - the manual pages and the shell completion, made from the same tables as the parser.
 *
 * Layer: cli. Threads: one.
 */
#pragma once

#include "cli/command.h"

#include <stdio.h>

/* patchline(1), as roff. */
void manual_print(const struct command *commands, FILE *out);

/* patchline.yaml(5), as roff. */
void manual_print_configuration(FILE *out);

/* Completion for bash. */
void completion_print(const struct command *commands, FILE *out);
