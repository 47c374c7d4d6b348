/* SPDX-License-Identifier: Apache-2.0 */
/*
 * known_hosts_private.h - is the key that a server shows the one that is known for it?
 *
 * As OpenSSH reads known_hosts: a key that is revoked there is refused whatever else is there, lines may end as in DOS. Host certificates
 * are not read by the library; that there is an authority for the host is told. The door to libssh. Layer: fleet. Threads: one a session.
 */
#pragma once

#include "base/own.h"

#include <libssh/callbacks.h>
#include <libssh/libssh.h>

struct error;

/**
 * Check the key of a server that hands were shaken with.
 *
 * @param address  Of the server, for messages.
 * @return 0, or -1 with err: ERR_DENIED (unknown, changed, revoked; what it shows and which file decides), ERR_SYSTEM.
 */
NODISCARD int known_hosts_check(ssh_session s, const char *address, struct error *err);
