/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command.h - a subcommand as data: name, options, help, and the function that does it.
 *
 * The tables feed the parser, the usage texts, the manual page and the shell completion.
 * Layer: cli. Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct config;
struct error;
struct invocation;
struct store;
struct topology;

/* One option of a command. */
struct option {
	const char *name;     /* without dashes: "to" */
	const char *argument; /* what it takes, for usage: "ENV"; NULL for a flag */
	const char *help;     /* one line, no full stop */
	bool may_repeat;
};

/* One subcommand. */
struct command {
	const char *name;
	const char *args; /* positional ones, for usage: "RELEASE" */
	const char *help; /* one line, imperative, no full stop */
	size_t min_args, max_args;
	const struct option *options; /* ended by a NULL name; NULL for none */
	const char *about;            /* what the manual says beyond `help`; full sentences */
	int (*run)(struct invocation *inv, struct error *err);
	bool is_internal; /* for the build: neither in the help nor in the manual */
};

/**
 * Run the command that argv names.
 *
 * @param commands  Ended by an entry whose name is NULL.
 * @return Exit status for main().
 */
int command_main(const struct command *commands, int argc, char **argv);

/* What every command may ask. All results are borrowed from the invocation. */
const char *arg_at(const struct invocation *inv, size_t index); /* NULL behind the last */
bool option_is_set(const struct invocation *inv, const char *name);
const char *option_value(const struct invocation *inv, const char *name); /* NULL: not given */
/* The value of the index-th time a repeated option was given; NULL behind the last. */
const char *option_value_at(const struct invocation *inv, const char *name, size_t index);
/* All of them, ended by NULL; NULL when it is not given. free(). */
const char **option_values(const struct invocation *inv, const char *name);
bool wants_json(const struct invocation *inv);
bool wants_csv(const struct invocation *inv);
bool is_for_people(const struct invocation *inv); /* neither of both */
bool is_dry_run(const struct invocation *inv);
const char *actor(const struct invocation *inv); /* who runs this: the operating system's user */

/**
 * The configuration, read at the first call, with the hosts of its inventory.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE.
 */
NODISCARD int need_config(struct invocation *inv, const struct config **out, struct error *err);

/**
 * The store below the configuration's state directory, opened at the first call.
 * @return 0, or -1 with err: as store_open() and need_config().
 */
NODISCARD int need_store(struct invocation *inv, struct store **out, struct error *err);

/**
 * The configuration with the clones that there were at the first call.
 * @return 0, or -1 with err: as topology_read() and need_store().
 */
NODISCARD int need_topology(struct invocation *inv, const struct topology **out, struct error *err);

/* The next operation wants one of its own: nothing that was borrowed from the last is used any more. */
void drop_topology(struct invocation *inv);
