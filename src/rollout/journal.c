/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/journal.h"

#include "base/error.h"
#include "base/str.h"
#include "store/rollout.h"
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

	if (store_steps_brief(store, rollout, host, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct step_row *row = &rows.items[i];

		if (row->attempt != j.progress.attempts)
			j.has_failed = false;
		j.has_failed |= row->error && !step_state_is_open(row->state);
		host_progress_note(&j.progress, row->attempt, row->step, row->state);
		note_failure(&j, row);
	}
	*out = j;
	return 0;
}

int journal_leave(struct store *store, const struct rollout_row *rollout, const struct lease *lease,
	struct error *err)
{
	static const struct error cause = { ERR_UNCERTAIN,
		"the program that began it died; the host ends it alone" };
	static const struct step_end at_work = { STEP_STATE_AT_WORK, &cause, NULL };
	CLEANUP(step_rows_done) struct step_rows open = { 0 };

	if (store_steps_open(store, rollout->environment, &open, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		const struct step_row *row = &open.items[i];
		const struct step_key key = { row->rollout, row->host, row->attempt, row->step };

		if (row->rollout == rollout->id && row->state == STEP_STATE_STARTED &&
			store_step_end(lease, &key, &at_work, err) < 0)
			return -1;
	}
	return 0;
}
