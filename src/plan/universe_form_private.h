/* SPDX-License-Identifier: Apache-2.0 */
/*
 * universe_form_private.h - a finished universe as a file that is mapped, so that nobody need read indexes again.
 *
 * The tables as they lie in memory, behind a head with their counts, the digest of what they were made from and
 * the digest of all of it. What is mapped is private: adding host states writes to copies of its pages.
 * Layer: plan, private. Threads: any; two that write one path leave the file of one of them.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct universe;

/**
 * Write a universe without host states.
 * @param key  Stands for the indexes that it was read from.
 * @return 0, or -1 with err: ERR_SYSTEM.
 */
NODISCARD int form_write(const struct universe *u, const uint8_t key[DIGEST_RAW_SIZE],
	const char *path, struct error *err);

/**
 * Map a form into an empty universe that has its feeds.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CONFLICT (of other indexes, or of another version of Patchline),
 *         ERR_CORRUPT (damaged), ERR_SYSTEM; after a failure the universe can only be freed.
 */
NODISCARD int form_map(struct universe *u, const uint8_t key[DIGEST_RAW_SIZE], const char *path,
	struct error *err);

/* Put the digest of a form into its head. */
void form_seal(uint8_t *bytes, size_t size);

/* True when every number in the tables stays within them, so that planning can trust them. */
bool form_is_sound(const struct universe *u);
