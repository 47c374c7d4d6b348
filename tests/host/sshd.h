/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sshd.h - a real sshd for tests: of the user who runs them, on 127.0.0.1, with keys of its own in a directory
 * that goes with it. Layer: tests. Threads: one.
 */
#pragma once

#include "model/config.h"

#include <sys/types.h>

struct sshd {
	char directory[64];
	char *identity, *known_hosts; /* owned */
	const char *identities[2];
	struct host host;
	struct ssh_settings settings;
	pid_t pid;
};

/* Start one; NULL when this machine has no sshd. Fails the test when it does not come up. sshd_stop(). */
struct sshd *sshd_start(void);

/* Likewise, with lines of sshd_config that win over the usual ones. */
struct sshd *sshd_start_with(const char *lines);
void sshd_stop(struct sshd *d);

/* End the server's processes for connections that are open now, as a network that goes away would. */
void sshd_drop_connections(const struct sshd *d);

/* A path in the directory, owned by the caller. */
char *sshd_path(const struct sshd *d, const char *name);

/* Make a key pair there; its path is owned by the caller. */
char *sshd_make_key(const struct sshd *d, const char *name);

/* Run a program, which must succeed. */
void sshd_tool(const char *const *argv);

/* A port of 127.0.0.1 where nobody listens. */
int sshd_free_port(void);
