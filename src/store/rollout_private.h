/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollout_private.h - between the files of the rollout noun. Layer: store. Threads: as store.h
 * says.
 */
#pragma once

#include "base/own.h"
#include "store/rollout.h"

/* Insert the hosts of a rollout that was just added, in its transaction. */
NODISCARD int rollout_hosts_insert(struct store *store, int64_t rollout,
	const struct rollout_host_rows *hosts, struct error *err);
