/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/answer.h"
#include "rollout/control.h"

#include <stdio.h>

static void tell_control(
	const struct invocation *inv, enum rollout_wish wish, enum control_outcome outcome)
{
	const char *id = arg_at(inv, 0);

	if (!wants_json(inv)) {
		printf("%s of %s: %s.\n", rollout_wish_name(wish), id,
			control_outcome_words(wish, outcome));
		return;
	}

	output_row(
		inv, &wish_answer_view, &(struct wish_answer){ id, wish, outcome == CONTROL_DONE });
}

static int control_rollout(struct invocation *inv, enum rollout_wish wish, struct error *err)
{
	long long id = rollout_number(arg_at(inv, 0));
	enum control_outcome outcome;
	struct store *store = NULL;

	if (!id)
		return error_set(err, ERR_USAGE,
			"'%.60s' is no rollout: want rollout-N, as 'patchline rollouts' lists them",
			arg_at(inv, 0));
	if (need_store(inv, &store, err) < 0 ||
		rollout_control(store, id, wish, actor(inv), &outcome, err) < 0)
		return -1;
	tell_control(inv, wish, outcome);
	return 0;
}

int cmd_pause(struct invocation *inv, struct error *err)
{
	return control_rollout(inv, WISH_PAUSE, err);
}

int cmd_cancel(struct invocation *inv, struct error *err)
{
	return control_rollout(inv, option_is_set(inv, "now") ? WISH_ABANDON : WISH_CANCEL, err);
}
