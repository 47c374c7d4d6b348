/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rollback.h - what undoing a rollout means for each host that it changed.
 *
 * Layer: rollout. Threads: one.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct rollout_request;
struct way_back;

/* A host that is to go back. Strings are owned. */
struct rollback_host {
	char *host, *group;
	int64_t wave, position; /* of the way back: what was patched last goes first */
	struct way_back *way;   /* owned; NULL when none was written down */
	struct error lack;      /* why it cannot go back; ERR_NONE when it can */
};

struct rollback_preview {
	struct rollback_host *hosts; /* in the order of their waves */
	size_t count, lacking;
};

/**
 * Which hosts a rollout has changed that are still changed, and how each goes back now.
 *
 * Where a snapshot was dropped, or would take back code that was deployed since, exact downgrades stand in for it as
 * far as their packages can be found.
 * @param out  rollback_preview_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout), ERR_REFUSED (it changed nothing that is still changed).
 */
NODISCARD int rollback_preview_make(const struct rollout_request *request, int64_t undoes,
	struct rollback_preview *out, struct error *err);

/* 0 when every host can go back; -1 with err ERR_REFUSED: which cannot, and why. */
NODISCARD int rollback_preview_check(const struct rollback_preview *plan, struct error *err);

void rollback_preview_done(struct rollback_preview *plan);
CLEANUP_DONE(struct rollback_preview, rollback_preview_done)
