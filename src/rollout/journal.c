/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/journal.h"

#include "base/error.h"
#include "base/str.h"
#include "store/step.h"

#include <stdio.h>

static void note_failure(struct journal *j, const struct step_row *row)
{
	bool is_away =
		row->error_kind && str_equal(row->error_kind, error_kind_name(ERR_UNREACHABLE));

	if (!row->error || row->step == STEP_REVERT)
		return;
	j->failure = is_away ? FAILURE_UNREACHABLE : failure_of_step(row->step);
	snprintf(j->words, sizeof j->words, "%s: %s", step_name(row->step), row->error);
}

int journal_read(struct store *store, int64_t rollout, const char *host, enum direction direction,
	struct journal *out, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows rows = { 0 };
	struct journal j = { .progress = host_progress_none(direction) };

	if (store_steps(store, rollout, host, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct step_row *row = &rows.items[i];

		host_progress_note(&j.progress, row->attempt, row->step, row->state);
		note_failure(&j, row);
	}
	*out = j;
	return 0;
}
