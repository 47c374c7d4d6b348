/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection_private.h - a shell on a host, over a stream of bytes: what the drivers `ssh` and `command` share.
 *
 * How the bytes get there is a struct of functions. It embeds struct connection as the first member of its own.
 * connection.c carries the bytes, counts the time and keeps the output, the same for both; they only start a command
 * and move what can be moved without waiting.
 * With ssh the user's configuration, keys, certificates and agent are honoured; an unknown or changed host key is
 * refused, always. Nothing is ever asked on the terminal.
 * Layer: fleet, private to it. Threads: one at a time per connection; different ones side by side.
 */
#pragma once

#include "base/own.h"
#include "fleet/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct opening;

struct connection_command {
	const char *text;  /* given to the login shell of the user; borrowed */
	const char *input; /* bytes for its standard input; NULL for none */
	size_t input_size;
	session_fill *fill; /* more input, after `input`; NULL for none */
	void *fill_context;
	session_output *on_output; /* called with each piece of standard output; NULL for none */
	void *output_context;
	session_tick *on_tick; /* NULL for none */
	void *tick_context;
	struct opening *
		openings; /* of each stream, borrowed; NULL: all is output. No input is sent before the first opened */
	size_t output_limit; /* as in session_call */
	int64_t timeout_ms;  /* 0: no limit */
};

/* What a command gives. */
enum connection_stream { CONNECTION_OUTPUT, CONNECTION_ERRORS, CONNECTION_STREAM_COUNT };

/* An open connection; the common part of every transport's own struct. */
struct connection {
	const struct connection_transport *transport;
	char *user;    /* owned */
	char *address; /* owned; as error texts name the host: "10.77.1.11:22" */
};

struct connection_transport {
	const char *name; /* "ssh", "command" */

	/* As connection_open(). */
	int (*open)(const struct host *host, const struct ssh_settings *settings,
		struct connection **out, struct error *err);

	/* May it be used again that was idle for so long? */
	bool (*is_fresh)(struct connection *c, int64_t idle_ms);

	/* Release the transport's own part, and the struct itself; also one that open() did not finish. */
	void (*close)(struct connection *c);

	/* Start a command, `text` for the shell of the user there. SESSION_ASK_AGAIN: surely not started. One at a time. */
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

/* The transports. Static. */
extern const struct connection_transport connection_ssh, connection_by_command;

/* The command that leads to a host: its own, or that of all; NULL where ssh does. Borrowed from either. */
const char *const *connection_words(const struct host *host, const struct ssh_settings *settings);

/**
 * Connect, check the host's key, sign in.
 *
 * host->name is what the ssh configuration is asked about; host->address, host->port and host->user win
 * over it where they are given, settings->user stands in for the last. A host with an `original` is
 * reached at its own address and port, directly; for everything else it counts as its original, whose
 * host key it must show. By a command, that is run once for each command and once to see whether it leads
 * anywhere; ending with 255 it says, as ssh does, that the way itself broke.
 * @param host, settings  Borrowed during the call only.
 * @param out  Owned by the caller: connection_close(). Untouched on failure.
 * @return 0; SESSION_ASK_AGAIN with err ERR_UNREACHABLE (its server refuses for the moment); -1 with err:
 *         ERR_UNREACHABLE (address:port and cause, also past connect_timeout), ERR_SYSTEM (no file descriptor is left),
 *         ERR_DENIED (host key unknown or changed: its fingerprint and what to do; or no key was accepted: which
 *         ways of signing in were tried), ERR_USAGE (the ssh configuration cannot be read; there is
 *         no such command).
 * Blocks on the network, at most about three times settings->connect_timeout.
 */
NODISCARD int connection_open(const struct connection_transport *transport, const struct host *host,
	const struct ssh_settings *settings, struct connection **out, struct error *err);

/**
 * Run one command and wait for its end.
 *
 * @param result  Untouched on failure.
 * @return 0 when it ended, however it ended (read `result`); SESSION_ASK_AGAIN with err (nothing was sent, the
 *         connection being gone); -1 with err: ERR_UNCERTAIN (lost, or past the time limit, in mid-command: it may
 *         still run there; what was reached by a command is killed with its process group), ERR_DENIED (its opening did not
 *         come within a minute: nothing was sent), or what fill said (the command then saw its input cut short), or what
 *         on_tick said (it may still run there).
 * Blocks until the command ends or its limit is reached. After anything but 0 the connection is of no more use.
 */
NODISCARD int connection_run(struct connection *c, const struct connection_command *command,
	struct session_result *result, struct error *err);

void connection_close(struct connection *c);
CLEANUP_FUNC(struct connection *, connection_close)
