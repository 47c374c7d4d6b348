/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "cli/ask/lookup.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/frozen.h"
#include "cli/report/rehearsing.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "model/patchset.h"
#include "present/freeze.h"

#include <stdio.h>
#include <stdlib.h>

static int check_words(const struct invocation *inv, struct error *err)
{
	int count = option_is_set(inv, "all") + option_is_set(inv, "security") +
		    option_is_set(inv, "set") + option_is_set(inv, "fix");

	if (count == 1)
		return 0;
	return error_set(err, ERR_USAGE,
		"say what is to be tried: one of --fix NAME (as often as needed), --all, --security, --set SET");
}

/* What would be tried; a sealed set says so itself. */
static int preview_rehearsal(struct invocation *inv, const struct rehearsal_request *request,
	const char *set, struct error *err)
{
	CLEANUP(freeze_free) struct freeze *f = NULL;

	if (rehearsal_preview(request, &f, err) < 0)
		return -1;
	if (!f) {
		printf("Set %.12s would be tried on a clone of %s ('patchline show %.12s'). Dry run: nothing was "
		       "changed.\n",
			set, request->environment->name, set);
		return 0;
	}

	CLEANUP(view_rows_done) struct view_rows items = frozen_items_of(f, true);

	output_rows(inv, &frozen_item_view, items.items, items.count, "Nothing is pending");
	if (!wants_json(inv)) {
		frozen_print_left_out(f);
		puts("\nDry run: nothing was cloned, sealed or changed.");
	}
	return 0;
}

static int run_rehearsal(
	struct invocation *inv, struct rehearsal_request *request, struct error *err)
{
	CLEANUP(rehearsing_free)
	struct rehearsing *watch = rehearsing_new(request->environment->name);
	struct rehearsal_summary summary;

	request->watch = rehearsing_watch(watch);
	if (rehearsal_run(request, &summary, err) < 0)
		return -1;
	return rehearsing_tell(inv, watch, request->environment->name, &summary, err);
}

int cmd_rehearse(struct invocation *inv, struct error *err)
{
	CLEANUP(free) const char **fixes = option_values(inv, "fix");
	CLEANUP(patchset_free) struct patchset *set = NULL;
	struct rehearsal_request request = {
		.fixes = fixes,
		.is_security_only = option_is_set(inv, "security"),
		.origin = ORIGIN_PERSON,
		.actor = actor(inv),
	};

	if (check_words(inv, err) < 0 || need_config(inv, &request.config, err) < 0 ||
		need_store(inv, &request.store, err) < 0 ||
		find_environment(inv, arg_at(inv, 0), &request.environment, err) < 0 ||
		(option_value(inv, "set") &&
			lookup_set(inv, option_value(inv, "set"), &set, err) < 0))
		return -1;
	request.set = set ? patchset_digest(set) : NULL;
	return is_dry_run(inv) ? preview_rehearsal(inv, &request, request.set, err)
			       : run_rehearsal(inv, &request, err);
}
