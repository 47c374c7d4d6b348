/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/show/show.h"

#include "base/error.h"
#include "base/str.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"

#include <string.h>

#define CONFIGURATION "config-"

static int (*const shows[SUBJECT_COUNT])(struct invocation *, const char *, struct error *) = {
	[SUBJECT_SOURCE] = show_source,
	[SUBJECT_HOST] = show_host,
	[SUBJECT_SET] = show_set,
	[SUBJECT_CANDIDATE] = show_candidate,
	[SUBJECT_ENVIRONMENT] = show_environment,
	[SUBJECT_ROLLOUT] = show_rollout,
	[SUBJECT_REHEARSAL] = show_rehearsal,
};

int cmd_show(struct invocation *inv, struct error *err)
{
	CLEANUP(lookup_done) struct lookup found = { 0 };
	const char *log_of = option_value(inv, "log");

	if (str_starts(arg_at(inv, 0), CONFIGURATION))
		return show_configuration(inv, arg_at(inv, 0) + strlen(CONFIGURATION), err);
	if (lookup_name(inv, arg_at(inv, 0), &found, err) < 0)
		return -1;
	if (!log_of)
		return shows[found.subject](inv, found.id, err);
	if (found.subject != SUBJECT_ROLLOUT)
		return error_set(err, ERR_USAGE,
			"only rollouts have logs: patchline show rollout-N --log %.60s", log_of);
	return show_rollout_log(inv, found.id, log_of, err);
}
