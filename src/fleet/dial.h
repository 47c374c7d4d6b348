/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.h - a TCP connection, within a time limit.
 *
 * Layer: fleet. Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;

/**
 * Connect.
 *
 * @param address  Name, or numeric address.
 * @param seconds  How long it may take, all addresses of a name together.
 * @param fd       Of the socket, which does not block; closed by the caller. Untouched on failure.
 * @return 0, or -1 with err: ERR_UNREACHABLE.
 */
NODISCARD int dial(const char *address, int port, int64_t seconds, int *fd, struct error *err);
