/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "gate/approving.h"
#include "model/config.h"
#include "present/answer.h"
#include "store/environment.h"

#include <stdio.h>
#include <stdlib.h>

static void tell_approval(
	const struct invocation *inv, const struct approving *a, const char *candidate)
{
	if (!wants_json(inv)) {
		printf("%s %s %s in %s.%s\n", a->actor,
			a->kind == APPROVAL_APPROVE ? "approved" : "rejected", candidate,
			a->environment->name,
			a->is_dry_run ? " Dry run: nothing was recorded." : "");
		return;
	}

	output_row(inv, &approval_answer_view,
		&(struct approval_answer){ candidate, a->environment->name, a->actor, a->kind });
}

/* A clone alone stands for the candidate that is tried in it, seen there. */
static int read_clone(
	struct invocation *inv, struct approving *a, char **candidate, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };

	if (find_environment(inv, arg_at(inv, 0), &a->environment, err) < 0 ||
		store_environment_find(a->store, a->environment->name, &row, err) < 0)
		return -1;
	if (!row.candidate)
		return error_set(err, ERR_REFUSED,
			"'%s' runs no candidate: nothing was tried there, or its rollout has not ended",
			a->environment->name);
	*candidate = mem_strdup(row.candidate);
	a->candidate = *candidate;
	return 0;
}

static int read_approval(
	struct invocation *inv, struct approving *a, char **candidate, struct error *err)
{
	if (need_config(inv, &a->config, err) < 0 || need_store(inv, &a->store, err) < 0)
		return -1;
	if (is_clone_name(arg_at(inv, 0)) && !option_value(inv, "in"))
		return read_clone(inv, a, candidate, err);
	return need_environment(inv, "in", &a->config, &a->environment, err);
}

static int give(struct invocation *inv, enum approval kind, struct error *err)
{
	CLEANUP(free) char *candidate = NULL;
	CLEANUP(free) char *running = NULL;
	const char *comment = option_value(inv, "comment");
	struct approving a = { .candidate = arg_at(inv, 0),
		.actor = actor(inv),
		.comment = comment ? comment : "",
		.kind = kind,
		.is_dry_run = is_dry_run(inv) };

	if (kind == APPROVAL_REJECT && !*a.comment)
		return error_set(err, ERR_USAGE, "--comment is missing: say why it must not go on");
	if (read_approval(inv, &a, &running, err) < 0 || approving_give(&a, &candidate, err) < 0)
		return -1;
	tell_approval(inv, &a, candidate);
	return 0;
}

int cmd_approve(struct invocation *inv, struct error *err)
{
	return give(inv, APPROVAL_APPROVE, err);
}

int cmd_reject(struct invocation *inv, struct error *err)
{
	return give(inv, APPROVAL_REJECT, err);
}
