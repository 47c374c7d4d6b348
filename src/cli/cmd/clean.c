/* SPDX-License-Identifier: Apache-2.0 */
#include "keep/clean.h"

#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/clean.h"

int cmd_clean(struct invocation *inv, struct error *err)
{
	CLEANUP(clean_report_done) struct clean_report report = { 0 };
	struct clean_request request = { .actor = actor(inv), .is_dry_run = is_dry_run(inv) };

	if (need_config(inv, &request.config, err) < 0 ||
		need_store(inv, &request.store, err) < 0 || clean_run(&request, &report, err) < 0)
		return -1;
	output_row(inv, &clean_report_view, &report);
	return 0;
}
