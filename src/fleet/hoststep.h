/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hoststep.h - the steps of one host behind the staging of a set (upload.h): updaters, precheck, apply, reboot, restart, verify.
 *
 * Straight-line calls for the thread that walks a host. precheck and verify only read; what changes a host runs detached
 * and is never done twice under one name.
 * Layer: fleet. Threads: as the session.
 */
#pragma once

#include "base/own.h"
#include "fleet/session.h"

#include <stdbool.h>

struct error;
struct findings;
struct inventory;
struct order;
struct session_step_result;
struct str;

/**
 * Ask whether the host can be patched now: all findings at once.
 * @param out  findings_free(). Untouched on failure. An error among them means: do not go on.
 * @return 0, or -1 with err: as session_run(), ERR_CORRUPT (the answer was cut).
 */
NODISCARD int hoststep_precheck(
	struct session *s, const struct order *order, struct findings **out, struct error *err);

/* An installed package of a host of that platform. */
struct repack {
	const char *platform, *name, *architecture, *version;
	int64_t timeout_ms; /* 0: none */
};

/* Exit status of an apply step that refused before it changed anything: the package manager's plan is not ours. */
#define APPLY_REFUSED 3

/* A step that runs detached: its name on the host, what it is told, and how closely it is followed. All borrowed. */
struct hoststep {
	const char *rollout, *step;
	const struct order *order;
	session_output *on_output; /* the host's log as it grows; NULL for none */
	session_tick *on_tick; /* each second; -1 ends the watching, not the step. NULL for none */
	void *context;         /* of both */
	int64_t timeout_ms;    /* 0: none. The step goes on past it */
};

/**
 * Install exactly what the order says from the staged set; see session_step().
 * @param result  exit_status 0: installed; APPLY_REFUSED: nothing was changed; else the package manager failed. `output` is
 *                the host's log. session_step_result_done().
 * @return 0, or -1 with err: as session_step(), ERR_USAGE as order_write().
 */
NODISCARD int hoststep_apply(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err);

/**
 * Build the file of an installed package anew from what is on the host (host/repack.sh).
 *
 * @param path  Where its bytes are written; a file that is there is overwritten. On failure it may hold anything.
 * @return 0, or -1 with err: ERR_SYSTEM (the host's own words, or no space here), as session_run().
 */
NODISCARD int hoststep_repack(
	struct session *s, const struct repack *package, const char *path, struct error *err);

/**
 * Restart the services that run on replaced files, as the order says.
 * @param result  As hoststep_apply(); exit_status 1: a unit did not come back. `output`: a line a unit.
 * @return 0, or -1 with err: as hoststep_apply().
 */
NODISCARD int hoststep_restart(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err);

/**
 * Hold off other updaters, or put them back as they were.
 * @param result  As hoststep_apply(); exit_status 1: it did not work, the last line of `output` says what.
 * @return 0, or -1 with err: as hoststep_apply().
 */
NODISCARD int hoststep_hold_updaters(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err);
NODISCARD int hoststep_free_updaters(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err);

/**
 * What came of a step of that name, whoever began it, and whatever it was; nothing is begun, its order not looked at. Follows it to its end.
 * @param result  As session_step() has it; STEP_END_ABSENT when it was never begun.
 * @return 0, or -1 with err: as session_step().
 */
NODISCARD int hoststep_collect(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err);

#define BOOT_ID_SIZE 64

/* Is a reboot due, and which boot is this? */
struct reboot_need {
	char boot_id[BOOT_ID_SIZE];
	bool is_due;       /* by the policy of the order */
	char reasons[300]; /* what asks for one, policy or not; "" when nothing does */
	char jobs[300]; /* what its service manager is at: "nginx.service stop"; "" for nothing */
};

/**
 * Ask whether a reboot is due.
 * @param was_changed  Packages were changed since this boot began, as far as is known.
 * @param out          Untouched on failure.
 * @return 0, or -1 with err: as session_run(), ERR_CORRUPT (the answer was cut).
 */
NODISCARD int hoststep_reboot_need(struct session *s, const struct order *order, bool was_changed,
	struct reboot_need *out, struct error *err);

/**
 * Have the host go down and up again. Returns when the connection has ended, or while it still goes down; nothing is
 * done when the boot of that id is over already.
 * @param words  Gets what the host said until then: what its service manager stopped, and why the command failed.
 * @return 0, or -1 with err: as session_run().
 */
NODISCARD int hoststep_reboot(struct session *s, const struct order *order, const char *boot_id,
	struct str *words, struct error *err);

/**
 * Prove what the host is now.
 * @param findings, inventory  Both of the same moment; findings_free(), inventory_free().
 * @return 0, or -1 with err: as session_run(), ERR_CORRUPT.
 */
NODISCARD int hoststep_verify(struct session *s, const struct order *order,
	struct findings **findings, struct inventory **inventory, struct error *err);
