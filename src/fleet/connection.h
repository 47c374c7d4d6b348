/* SPDX-License-Identifier: Apache-2.0 */
/*
 * connection.h - one way to one host, kept for as long as there is work on it.
 *
 * How a host is reached is a driver (connection_private.h): ssh, or the command that the settings name.
 * With ssh the user's configuration, keys, certificates and agent are honoured; an unknown or changed host
 * key is refused, always. Nothing is ever asked on the terminal.
 * Layer: fleet. Threads: a connection is used by one thread at a time; different ones side by side.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct connection;
struct error;
struct host;
struct ssh_settings;

/* What a source answers while it has nothing but is not at its end: it is asked again soon. */
#define CONNECTION_NOT_YET ((ssize_t)-2)

/* A source of input: fills buffer, answers how many bytes (0 at the end), CONNECTION_NOT_YET, or -1 with err. */
typedef ssize_t connection_fill(void *context, char *buffer, size_t size, struct error *err);

/* Receives output piece by piece as it comes. */
typedef void connection_output(void *context, const char *bytes, size_t size);

/* Called about every second while a command runs. -1 with err gives it up: somebody wants it cancelled, a lease is lost. */
typedef int connection_tick(void *context, struct error *err);

struct connection_command {
	const char *text;  /* given to the login shell of the user; borrowed */
	const char *input; /* bytes for its standard input; NULL for none */
	size_t input_size;
	connection_fill *fill; /* more input, after `input`; NULL for none */
	void *fill_context;
	connection_output *on_output; /* called with each piece of standard output; NULL for none */
	void *output_context;
	connection_tick *on_tick; /* NULL for none */
	void *tick_context;
	size_t output_limit; /* most bytes kept of each stream; 0: 16 MiB. What is over is dropped */
	int64_t timeout_ms;  /* 0: no limit */
};

/* How a command ended. Release with connection_result_done(). */
struct connection_result {
	char *output, *errors; /* owned, ended by NUL, never NULL after success */
	size_t output_size, errors_size;
	int exit_status;   /* 0 to 255; 128 + signal when a signal ended it */
	bool is_truncated; /* more output came than was kept */
	int64_t elapsed_ms;
};

/**
 * Connect, check the host's key, sign in.
 *
 * host->name is what the ssh configuration is asked about; host->address, host->port and host->user win
 * over it where they are given, settings->user stands in for the last. A host with an `original` is
 * reached at its own address and port, directly; for everything else it counts as its original, whose
 * host key it must show. With a command of the host or the settings that is run instead, once for each command and once to see
 * whether it leads anywhere; ending with 255 it says, as ssh does, that the way itself broke.
 * @param host, settings  Borrowed during the call only.
 * @param out  Owned by the caller: connection_close(). Untouched on failure.
 * @return 0, or -1 with err: ERR_UNREACHABLE (address:port and cause, also past connect_timeout; a
 *         clone's host that has no address),
 *         ERR_DENIED (host key unknown or changed: its fingerprint and what to do; or no key was accepted: which
 *         ways of signing in were tried), ERR_USAGE (the ssh configuration cannot be read; there is
 *         no such command).
 * Blocks on the network, at most about three times settings->connect_timeout.
 */
NODISCARD int connection_open(const struct host *host, const struct ssh_settings *settings,
	struct connection **out, struct error *err);

/**
 * Run one command and wait for its end.
 *
 * @param result  Untouched on failure.
 * @return 0 when it ended, however it ended (read `result`); -1 with err: ERR_UNREACHABLE (the connection was gone
 *         before the command was sent), ERR_UNCERTAIN (lost, or past the time limit, in mid-command: it may
 *         still run there; what was reached by a command is killed with its process group), or what fill said (the command then saw its input cut
 *         short), or what on_tick said (it may still run there).
 * Blocks until the command ends or its limit is reached. After -1 the connection is of no more use.
 */
NODISCARD int connection_run(struct connection *c, const struct connection_command *command,
	struct connection_result *result, struct error *err);

/* Who signed in, and where: "root", "10.77.1.11:22". Borrowed. */
const char *connection_user(const struct connection *c);
const char *connection_address(const struct connection *c);

/* False once a command failed with -1, and for NULL: open a new one. */
bool connection_is_usable(const struct connection *c);

void connection_close(struct connection *c);
CLEANUP_FUNC(struct connection *, connection_close)

void connection_result_done(struct connection_result *result);
static inline void connection_result_done_p(struct connection_result *result)
{
	connection_result_done(result);
}
