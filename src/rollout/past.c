/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/past.h"

#include "base/error.h"
#include "base/str.h"
#include "store/step.h"

#include <stdio.h>

static bool has_failed_as(const struct step_row *row, enum error_kind kind)
{
	return row->error_kind && str_equal(row->error_kind, error_kind_name(kind));
}

static void note_failure(struct past *p, const struct step_row *row)
{
	if (row->state != STEP_STATE_FAILED || row->step == STEP_REVERT)
		return;
	p->failure = has_failed_as(row, ERR_UNREACHABLE) ? FAILURE_UNREACHABLE
							 : failure_of_step(row->step);
	snprintf(p->words, sizeof p->words, "%s: %s", step_name(row->step), row->error);
}

/* What is done to a host leaves it unproven, until what looks at it found it well. */
static void note_proof(struct past *p, const struct step_row *row)
{
	bool is_look = row->step == STEP_VERIFY || row->step == STEP_REVERT;
	bool was_refused = row->step == STEP_APPLY && has_failed_as(row, ERR_REFUSED);

	if (row->step == STEP_APPLY || row->step == STEP_VERIFY)
		p->was_proved = row->step == STEP_VERIFY && row->state == STEP_STATE_SUCCEEDED;
	if (is_look)
		p->is_proven = row->state == STEP_STATE_SUCCEEDED;
	else if (!was_refused &&
		 (row->step == STEP_APPLY || row->step == STEP_REBOOT || row->step == STEP_RESTART))
		p->is_proven = false;
}

static void note(struct past *p, const struct step_row *row)
{
	bool is_good = row->state == STEP_STATE_SUCCEEDED;

	if (row->attempt > p->attempts)
		p->attempts = row->attempt;
	if (row->step == STEP_APPLY && !has_failed_as(row, ERR_REFUSED)) {
		p->is_applied = p->is_reboot_owed = true;
		p->is_returned = false;
	}
	if (row->step == STEP_REBOOT && is_good)
		p->is_reboot_owed = false;
	if (row->step == STEP_REVERT && is_good) {
		p->is_applied = p->is_reboot_owed = false;
		p->is_returned = true;
	}
	note_proof(p, row);
	note_failure(p, row);
}

int past_read(
	struct store *store, int64_t rollout, const char *host, struct past *out, struct error *err)
{
	CLEANUP(step_rows_done) struct step_rows rows = { 0 };
	struct past past = { .is_proven = true };

	if (store_steps(store, rollout, host, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		note(&past, &rows.items[i]);
	*out = past;
	return 0;
}
