/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the words of a command line, sorted into options and arguments. Layer: cli. */
#pragma once

#include "base/own.h"
#include "cli/command.h"

#include <stddef.h>

struct error;

/* The options that every command takes; ended by a NULL name. Static. */
extern const struct option common_options[];

/* An option as it was given. */
struct given {
	const char *name;  /* of the table, not of argv */
	const char *value; /* "" for a flag; borrowed from argv */
};

/* Lists are owned, what they hold is borrowed from argv and the tables. options_done(). */
struct options {
	struct given *given;
	size_t given_count, given_capacity;
	const char **args; /* ended by NULL */
	size_t arg_count, arg_capacity;
};

/**
 * Sort the words behind a command's name. "--name value", "--name=value"; "--" ends the options.
 *
 * @param words  Ended by NULL, borrowed.
 * @return 0, or -1 with err: ERR_USAGE (unknown, doubled, without its value, too few or many
 *         arguments). With --help the arguments are not counted.
 */
NODISCARD int options_read(
	struct options *o, const struct command *c, char *const *words, struct error *err);

/* The value of the last time an option was given; NULL when it was not. */
const char *options_get(const struct options *o, const char *name);

void options_done(struct options *o);
