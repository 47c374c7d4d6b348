/* SPDX-License-Identifier: Apache-2.0 */
/*
 * part.h - a file on its way: bytes are appended to "PATH.part", hashed as they come, and become PATH
 * when they are what was expected.
 *
 * A part is locked while it is written; who finds it locked writes one of his own, which is not kept.
 * Layer: content. Threads: one at a time per part.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct part;

/**
 * Start a part, or go on with the one that an earlier attempt left.
 *
 * @param may_resume  False: begin anew whatever is there.
 * @param out         part_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_SYSTEM.
 */
NODISCARD int part_open(const char *path, bool may_resume, struct part **out, struct error *err);

/* Bytes that are there. */
uint64_t part_size(const struct part *part);

/** Append. ERR_CORRUPT (more than limit bytes), ERR_SYSTEM (full disk: the part is then removed). */
NODISCARD int part_write(
	struct part *part, const void *bytes, size_t size, uint64_t limit, struct error *err);

/** Drop the bytes and begin anew. ERR_SYSTEM. */
NODISCARD int part_restart(struct part *part, struct error *err);

/**
 * Check the bytes and make them PATH.
 *
 * @param sha256  Expected; NULL: any.
 * @param size    Expected; 0: any.
 * @return 0, or -1 with err: ERR_CORRUPT (expected and got; the part is removed), ERR_SYSTEM.
 */
NODISCARD int part_finish(struct part *part, const char *sha256, uint64_t size, struct error *err);

/* Remove the bytes: nobody will go on with them. */
void part_discard(struct part *part);

void part_free(struct part *part);
CLEANUP_FUNC(struct part *, part_free)
