/* SPDX-License-Identifier: Apache-2.0 */
/* reach.h - reach a host in a test, which fails where that should go well and does not. Layer: tests. Threads: one. */
#pragma once

#include "base/error.h"

struct connection;
struct connection_command;
struct session_result;
struct host;
struct ssh_settings;
struct sshd;

/* By a command where there is one, else by ssh; as connection_open(). */
NODISCARD int reach_try(const struct host *host, const struct ssh_settings *settings,
	struct connection **out, struct error *err);

/* Which must go well. connection_close() is the caller's. */
struct connection *reach_open(const struct host *host, const struct ssh_settings *settings);
struct connection *reach_host(const struct sshd *d);

/* session_result_done() is the caller's. */
void reach_run(
	struct connection *c, const struct connection_command *command, struct session_result *r);

/* Must fail, with that kind and those words. */
void reach_refused(const struct host *host, const struct ssh_settings *settings,
	enum error_kind kind, const char *told);
