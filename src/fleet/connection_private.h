/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection_private.h - what a way of reaching hosts must be able to do: a driver, a struct of functions.
 *
 * A driver has all of them; connection_open_by() refuses one that lacks any. It embeds struct connection as
 * the first member of its own. connection.c carries the bytes, counts the time and keeps the output, the same
 * for all drivers; a driver only starts a command and moves what can be moved without waiting.
 * Layer: fleet, private to it. Threads: one at a time per connection.
 */
#pragma once

#include "base/own.h"
#include "fleet/connection.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a command gives. */
enum connection_stream { CONNECTION_OUTPUT, CONNECTION_ERRORS, CONNECTION_STREAM_COUNT };

/* An open connection; the common part of every driver's own struct. */
struct connection {
	const struct connection_driver *driver;
	char *user;    /* owned */
	char *address; /* owned; as error texts name the host */
	bool is_usable;
};

struct connection_driver {
	const char *name; /* "ssh", "command" */

	/*
	 * Reach the host, so that commands can be run there. Kinds of errors as connection_open() has them.
	 * *out is untouched on failure. Blocks within settings->connect_timeout, a few times over at most.
	 */
	int (*open)(const struct host *host, const struct ssh_settings *settings,
		struct connection **out, struct error *err);

	/* Release the driver's own part, and the struct itself; also one that open() did not finish. */
	void (*close)(struct connection *c);

	/*
	 * Start a command, `text` for the shell of the user there. One at a time.
	 * ERR_UNREACHABLE: surely not started; ERR_UNCERTAIN: perhaps.
	 */
	int (*start)(struct connection *c, const char *text, struct error *err);

	/* False once nobody there reads the command's input any more: the rest of it is not sent. */
	bool (*takes_input)(struct connection *c);

	/* Send input, as much as there is room for now. How many bytes went, or -1 with err. */
	ssize_t (*send)(struct connection *c, const char *bytes, size_t size, struct error *err);

	/* The input is at its end; called once. */
	int (*end_input)(struct connection *c, struct error *err);

	/* What has come of a stream. 0 when there is nothing now, or nothing more; -1 with err. */
	ssize_t (*receive)(struct connection *c, enum connection_stream stream, char *buffer,
		size_t size, struct error *err);

	/* True when the command has ended: nothing comes any more but what receive() gives at once. */
	bool (*has_ended)(struct connection *c);

	/* How it ended, after has_ended(): 0 to 255, 128 + signal. -1 with err ERR_UNCERTAIN when that got lost. */
	int (*status)(struct connection *c, int *out, struct error *err);

	/*
	 * Wait until there may be something to receive, an end, or, with has_input, room to send; at most so
	 * long. ERR_UNCERTAIN when the connection is lost.
	 */
	int (*wait)(struct connection *c, int limit_ms, bool has_input, struct error *err);

	/* Have the command end, as far as that can be done from here; its end is not waited for. */
	void (*give_up)(struct connection *c);

	/* Release what start() made, also where it failed half-way and where the command goes on. */
	void (*finish)(struct connection *c);
};

/* The drivers. Static. */
extern const struct connection_driver connection_ssh, connection_by_command;

/* The command that leads to a host: its own, or that of all; NULL where ssh does. Borrowed from either. */
const char *const *connection_words(const struct host *host, const struct ssh_settings *settings);

/**
 * Open a connection through a driver.
 * @return 0, or -1 with err: ERR_USAGE (the driver lacks a function: it is named), or as the driver says.
 */
NODISCARD int connection_open_by(const struct connection_driver *driver, const struct host *host,
	const struct ssh_settings *settings, struct connection **out, struct error *err);
