/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host_run_private.h - one host on its way through the steps, and what each step does. Stays in rollout/.
 *
 * A step only does its work: 0, or -1 with an error that says what puts it right. What people may want to
 * read goes into the log. host_run.c has the order of the steps, and writes the journal around each.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"
#include "fleet/order.h"
#include "model/debt.h"
#include "model/direction.h"
#include "model/group.h"
#include "model/rollout_wish.h"
#include "model/step.h"
#include "policy/course.h"
#include "policy/host_progress.h"
#include "rollout/last_line.h"
#include "store/step.h"

#include <stdbool.h>
#include <stdint.h>

struct error;
struct findings;
struct hoststep;
struct rollout_target;
struct package;
struct patchset;
struct session;
struct session_step_result;
struct set_files;
struct host_run_shared;

/* What the steps of a host share. */
struct host_run {
	const struct host_run_shared *shared;
	struct rollout_target *target;
	struct order order;
	struct change *changes; /* owned; order.changes */
	struct str log;         /* of the step that runs */
	int64_t attempt;
	struct host_progress progress; /* by this attempt and the earlier ones */
	bool is_owed[DEBT_COUNT];      /* to the host; as the store has it */
	bool is_begun;                 /* by this program */
	enum direction direction;      /* of the way that it is on */
	enum step_state
		outcome; /* of the last step of that way; at work also for any other that is open */
	enum step open_step; /* that one, when an earlier program began it */
	int64_t open_rollout;
	struct step_rows open;            /* steps that earlier programs began and did not end */
	struct session_step_result *ends; /* owned; what the host told of each */
	bool has_failed; /* something of the attempt that it was in, when they are gone */
	bool is_back;    /* its step has proved that its packages are what they were */
	bool is_resumed; /* this attempt was begun by an earlier program, which came to open_step */
	bool is_absent;  /* the host never began it */
	bool is_continued;      /* the step that runs is that one */
	enum rollout_wish wish; /* before the step that runs */
	int64_t until_ms;       /* on the monotonic clock: the step that runs may take so long */
	bool is_at_work;        /* nobody waits any longer for what it was begun with */
	struct last_line last_line; /* of the step that runs */
	struct str remarks; /* what is not right and yet no failure: told with the verdict */
};

/* What of the time for the step that runs is left; at least a second. */
int64_t host_run_left_ms(const struct host_run *s);

/* What the host is told: set, changes, checks, policies of its group. Fills s->order and s->changes. */
void host_run_fill_order(struct host_run *s);

/* May it be rebooted? As its group has it, unless the host is excepted. */
enum reboot_policy host_run_reboot_policy(const struct host_run *s);

/* Free what the host run owns. */
void host_run_done(struct host_run *s);
CLEANUP_DONE(struct host_run, host_run_done)

typedef int host_run_step(struct host_run *s, struct error *err);

host_run_step host_run_stage;         /* the bytes, checked, to the host */
host_run_step host_run_hold_updaters; /* nobody else installs meanwhile */
host_run_step host_run_precheck;      /* is it fit to be patched */
host_run_step host_run_drain;         /* load leaves it */
host_run_step host_run_snapshot;      /* kept by the provider, to go back to */
host_run_step host_run_apply;         /* install the plan */
host_run_step host_run_reboot;  /* where the policy asks for it, and wait until it is up again */
host_run_step host_run_restart; /* services that still run on replaced files */
host_run_step host_run_free_updaters; /* other updaters are as they were */
host_run_step host_run_verify;        /* prove the set from the host's own words */
host_run_step
	host_run_revert; /* take it back as was decided before, and prove that it is what it was */
host_run_step host_run_undrain; /* load returns to it */

/* Somebody takes load from this host when it is drained; else the step only says why not. */
bool host_run_has_load(const struct host_run *s);

/* It may be a load balancer that was just started anew: it is told again whom it keeps out. */
NODISCARD int host_run_keep_out(struct host_run *s, struct error *err);

/* Packages of the set of a stock, and its repository, to where the order says. */
NODISCARD int host_run_stage_packages(struct host_run *s, struct set_files *set_files,
	const struct package *const *packages, size_t count, struct error *err);

/* One step of a way. */
struct step_spec {
	enum step step;
	host_run_step *run;
	bool (*is_wanted)(const struct host_run *s);
	enum debt makes, pays; /* written down before it is done; after it was */
};

/**
 * Do one step, between its two journal entries. The progress has how it ended.
 * @param failed  Why it did not end well; of kind ERR_NONE when it did.
 * @return 0, or -1 with err when the journal could not be written.
 */
NODISCARD int host_run_do(struct host_run *s, const struct step_spec *step_spec,
	struct error *failed, struct error *err);

/**
 * Wait for what earlier programs began on the host, of any rollout, and did not see the end of; until its time is over.
 * `outcome` is at work when it may be at it still.
 * @return 0, or -1 with err: what the store says.
 */
NODISCARD int host_run_await_open(struct host_run *s, struct error *err);

/**
 * Take over what has ended: the attempt in which the host was goes on with its open step, when it is on the way of that
 * course and nothing of it has failed; all else is closed as the host tells it, and another attempt begins.
 */
NODISCARD int host_run_take_open(struct host_run *s, enum course course, struct error *err);

/* The open step of a resumed attempt was never begun, and there is no use for it any more: written down as refused. */
NODISCARD int host_run_forgo_open(struct host_run *s, struct error *err);

/**
 * See how the host is now, and what the set means for it. One that cannot be patched has its verdict then.
 * @return 0, or -1 with err: as targets_look().
 * Blocks while it may be rebooting for an earlier program.
 */
NODISCARD int host_run_look(struct host_run *s, struct error *err);

/* Write down that what the step pays was given back. */
NODISCARD int host_run_pay_debt(
	struct host_run *s, const struct step_spec *step_spec, struct error *err);

/* A program of the host that runs detached; see fleet/hoststep.h. */
typedef int host_run_call(struct session *session, const struct hoststep *what,
	struct session_step_result *result, struct error *err);

/* A step's name on the host, "apply-1" of "rollout-7-3fa9c1d2", and what does it. */
struct host_call {
	int64_t rollout, attempt;
	const char *word;
	host_run_call *call;
};

/**
 * Have it done, or collect what came of it, and when the connection is lost ask again: see host_run_detached().
 * @param out  session_step_result_done(). Untouched on failure.
 */
NODISCARD int host_run_send(struct host_run *s, const struct host_call *e,
	struct session_step_result *out, struct error *err);

/**
 * Run it as step "WORD-ATTEMPT", and when the host is lost meanwhile, ask again what became of it. Nobody
 * knows whether it has ended when it fails after it was sent: then the host run is at work.
 * @param out  session_step_result_done(). Untouched on failure.
 */
NODISCARD int host_run_detached(struct host_run *s, const char *word, host_run_call *call,
	struct session_step_result *out, struct error *err);

/* Run it so, its output into the log: fails when it did not end well, in the words of the host. */
NODISCARD int host_run_run(
	struct host_run *s, const char *word, host_run_call *call, struct error *err);

/* A session_output: keeps the last line that the host said where those who watch see it, now and then. */
void host_run_hear(void *context, const char *bytes, size_t size);

/* A session_tick: for the same, and fails when somebody no longer wants to wait, since the step was begun. */
NODISCARD int host_run_tick(void *context, struct error *err);

/* All findings go into the log, warnings into the remarks too; errors make an ERR_REFUSED of their words. */
NODISCARD int host_run_check_findings(
	struct host_run *s, const struct findings *found, struct error *err);

/**
 * All that speaks against patching this host now, as the host and the store tell it; the index of the set is staged.
 * @param out  findings_free(). Untouched on failure.
 */
NODISCARD int host_run_examine(struct host_run *s, struct findings **out, struct error *err);

/* Stage the index of the set without its packages, for a look at what it would do; and take it away again. */
NODISCARD int host_run_stage_index(struct host_run *s, struct error *err);
NODISCARD int host_run_unstage_index(struct host_run *s, struct error *err);
