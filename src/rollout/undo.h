/* SPDX-License-Identifier: Apache-2.0 */
/*
 * undo.h - what undoing a rollout means for each host that it changed.
 *
 * Layer: rollout. Threads: one.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct rollout_request;
struct way;

/* A host that is to go back. Strings are owned. */
struct undo_host {
	char *host, *group;
	int64_t wave, position; /* of the way back: what was patched last goes first */
	struct way *way;        /* owned; NULL when none was written down */
	struct error lack;      /* why it cannot go back; ERR_NONE when it can */
};

struct undo_plan {
	struct undo_host *hosts; /* in the order of their waves */
	size_t count, lacking;
};

/**
 * Which hosts a rollout has changed that are still changed, and how each goes back now.
 *
 * Where a snapshot was dropped, or would take back code that was deployed since, exact downgrades stand in for it as
 * far as their packages can be found.
 * @param out  undo_plan_done(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such rollout), ERR_REFUSED (it changed nothing that is still changed).
 */
NODISCARD int undo_plan_make(const struct rollout_request *request, int64_t undoes,
	struct undo_plan *out, struct error *err);

/* 0 when every host can go back; -1 with err ERR_REFUSED: which cannot, and why. */
NODISCARD int undo_plan_check(const struct undo_plan *plan, struct error *err);

void undo_plan_done(struct undo_plan *plan);
CLEANUP_DONE(struct undo_plan, undo_plan_done)
