/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/board.h"

#include "base/error.h"
#include "base/mem.h"
#include "gate/admission.h"
#include "model/config.h"
#include "pending/exposure.h"
#include "store/candidate.h"
#include "store/rollout.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

static void see_pending(struct board_row *row, const struct exposure *x)
{
	size_t count = exposure_count(x, row->environment);

	row->is_pending_known = true;
	row->pending = count;
	for (size_t i = 0; i < count; i++) {
		const struct pending *p = exposure_at(x, row->environment, i);

		row->pending_security += p->is_security;
		if (p->first_at && (!row->oldest_at || p->first_at < row->oldest_at))
			row->oldest_at = p->first_at;
	}
}

static void see_scans(struct board_row *row)
{
	for (size_t i = 0; i < row->drift.hosts.count; i++) {
		int64_t at = row->drift.hosts.items[i].scanned_at;

		if (i == 0 || at < row->scanned_at)
			row->scanned_at = at;
	}
}

/* What came over the snapshot lane goes no further along the line. */
static int see_gate(
	struct board_row *row, const struct config *config, struct store *store, struct error *err)
{
	CLEANUP(candidate_row_done) struct candidate_row seen = { 0 };
	size_t next = row->environment->index + 1;
	const char *candidate = drift_candidate(&row->drift);

	if (next >= config->environment_count || !candidate)
		return 0;
	if (store_candidate_find(store, candidate, &seen, err) < 0)
		return -1;
	if (seen.lane == LANE_SNAPSHOT)
		return 0;
	row->has_gate = true;

	const struct admission asked = { config, store, candidate, &config->environments[next],
		.drift = &row->drift };

	return admission_ask(&asked, &row->gate, err);
}

static int see_rollout(struct board_row *row, struct store *store, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row unfinished = { 0 };

	if (store_rollout_unfinished(store, row->environment->name, &unfinished, err) < 0)
		return err->kind == ERR_NOT_FOUND ? 0 : -1;
	row->unfinished_rollout = unfinished.id;
	return 0;
}

static int see_rehearsal(struct board_row *row, struct store *store, struct error *err)
{
	if (rehearsed_find(store, row->environment->name, &row->rehearsal, err) < 0)
		return -1;
	row->is_rehearsed = *row->environment->rehearse.every || row->rehearsal.id;
	return 0;
}

static int fill(
	struct board *b, const struct config *config, struct store *store, struct error *err)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(exposure_free) struct exposure *x = NULL;

	if (reading_begin(&reading, store, err) < 0 ||
		standing_open(config, NULL, store, &b->standing, err) < 0)
		return -1;
	if (exposure_make(config, store, standing_seen(b->standing), &x, err) < 0) {
		if (err->kind != ERR_REFUSED)
			return -1;
		snprintf(b->pending_unknown, sizeof b->pending_unknown, "%s", err->text);
	}
	for (size_t i = 0; i < b->count; i++) {
		struct board_row *row = &b->rows[i];

		row->environment = &config->environments[i];
		if (drift_of(row->environment, store, b->standing, &row->drift, err) < 0 ||
			see_gate(row, config, store, err) < 0 || see_rollout(row, store, err) < 0 ||
			see_rehearsal(row, store, err) < 0)
			return -1;
		see_scans(row);
		if (x)
			see_pending(row, x);
	}
	return 0;
}

int board_make(
	const struct config *config, struct store *store, struct board *out, struct error *err)
{
	CLEANUP(board_done) struct board b = { .count = config->environment_count };

	b.rows = mem_new(b.count, sizeof *b.rows);
	if (fill(&b, config, store, err) < 0)
		return -1;
	*out = STEAL(&b);
	return 0;
}

void board_done(struct board *b)
{
	for (size_t i = 0; i < b->count; i++) {
		drift_done(&b->rows[i].drift);
		gate_decision_done(&b->rows[i].gate);
	}
	free(b->rows);
	standing_free(b->standing);
	*b = (struct board){ 0 };
}
