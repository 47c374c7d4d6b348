/* SPDX-License-Identifier: Apache-2.0 */
/* commands.h - the table of all subcommands, and the functions behind it. Layer: cli. */
#pragma once

#include "base/own.h"
#include "cli/command.h"

/* Ended by an entry whose name is NULL. Static. */
extern const struct command commands[];

NODISCARD int cmd_approve(struct invocation *inv, struct error *err);
NODISCARD int cmd_candidates(struct invocation *inv, struct error *err);
NODISCARD int cmd_check(struct invocation *inv, struct error *err);
NODISCARD int cmd_clean(struct invocation *inv, struct error *err);
NODISCARD int cmd_clone(struct invocation *inv, struct error *err);
NODISCARD int cmd_clone_remove(struct invocation *inv, struct error *err);
NODISCARD int cmd_clone_start(struct invocation *inv, struct error *err);
NODISCARD int cmd_clone_stop(struct invocation *inv, struct error *err);
NODISCARD int cmd_clones(struct invocation *inv, struct error *err);
NODISCARD int cmd_deployed(struct invocation *inv, struct error *err);
NODISCARD int cmd_describe(struct invocation *inv, struct error *err);
NODISCARD int cmd_diff(struct invocation *inv, struct error *err);
NODISCARD int cmd_due(struct invocation *inv, struct error *err);
NODISCARD int cmd_enter(struct invocation *inv, struct error *err);
NODISCARD int cmd_evidence(struct invocation *inv, struct error *err);
NODISCARD int cmd_freeze(struct invocation *inv, struct error *err);
NODISCARD int cmd_hold(struct invocation *inv, struct error *err);
NODISCARD int cmd_hosts(struct invocation *inv, struct error *err);
NODISCARD int cmd_init(struct invocation *inv, struct error *err);
NODISCARD int cmd_lift(struct invocation *inv, struct error *err);
NODISCARD int cmd_log(struct invocation *inv, struct error *err);
NODISCARD int cmd_pause(struct invocation *inv, struct error *err);
NODISCARD int cmd_cancel(struct invocation *inv, struct error *err);
NODISCARD int cmd_promote(struct invocation *inv, struct error *err);
NODISCARD int cmd_rehearse(struct invocation *inv, struct error *err);
NODISCARD int cmd_reject(struct invocation *inv, struct error *err);
NODISCARD int cmd_resume(struct invocation *inv, struct error *err);
NODISCARD int cmd_retry(struct invocation *inv, struct error *err);
NODISCARD int cmd_rollback(struct invocation *inv, struct error *err);
NODISCARD int cmd_rollouts(struct invocation *inv, struct error *err);
NODISCARD int cmd_scan(struct invocation *inv, struct error *err);
NODISCARD int cmd_sets(struct invocation *inv, struct error *err);
NODISCARD int cmd_show(struct invocation *inv, struct error *err);
NODISCARD int cmd_sink(struct invocation *inv, struct error *err);
NODISCARD int cmd_status(struct invocation *inv, struct error *err);
NODISCARD int cmd_sync(struct invocation *inv, struct error *err);
NODISCARD int cmd_test(struct invocation *inv, struct error *err);
NODISCARD int cmd_undrain(struct invocation *inv, struct error *err);
NODISCARD int cmd_verify(struct invocation *inv, struct error *err);
NODISCARD int cmd_watch(struct invocation *inv, struct error *err);
NODISCARD int cmd_why(struct invocation *inv, struct error *err);
