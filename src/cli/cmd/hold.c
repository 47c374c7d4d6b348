/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/hold.h"

#include "base/error.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "present/answer.h"
#include "store/environment.h"

#include <stdio.h>

/* What both commands are told. */
struct holding_words {
	struct store *store;
	const struct environment *environment;
	const char *reason;
};

static int read_hold(struct invocation *inv, struct holding_words *w, struct error *err)
{
	const struct config *config = NULL;

	w->reason = option_value(inv, "reason");
	if (!w->reason || !*w->reason)
		return error_set(
			err, ERR_USAGE, "say why: --reason TEXT; it is recorded with your name");
	if (need_config(inv, &config, err) < 0 || need_store(inv, &w->store, err) < 0)
		return -1;
	return find_environment(inv, arg_at(inv, 0), &w->environment, err);
}

static void tell_hold(const struct invocation *inv, const struct holding_words *w, bool is_held)
{
	if (!wants_json(inv)) {
		printf(is_held ? "%s is held: nothing is promoted into it.\n"
			       : "%s is held no longer.\n",
			w->environment->name);
		return;
	}

	output_row(inv, &hold_answer_view,
		&(struct hold_answer){ w->environment->name, w->reason, is_held });
}

int cmd_hold(struct invocation *inv, struct error *err)
{
	struct holding_words w = { 0 };

	if (read_hold(inv, &w, err) < 0 ||
		store_environment_hold(w.store, w.environment->name, w.reason, actor(inv), err) < 0)
		return -1;
	tell_hold(inv, &w, true);
	return 0;
}

int cmd_lift(struct invocation *inv, struct error *err)
{
	struct holding_words w = { 0 };

	if (read_hold(inv, &w, err) < 0 ||
		hold_lift(w.store, w.environment, w.reason, actor(inv), err) < 0)
		return -1;
	tell_hold(inv, &w, false);
	return 0;
}
