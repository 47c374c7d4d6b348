/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/original.h"
#include "model/config.h"
#include "swap/swap_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- what was done ---- */

int swap_read_journal(struct swap *s, struct error *err)
{
	struct clone_action_rows rows = { 0 };

	if (store_clone_actions(s->request->store, s->request->clone->name, &rows, err) < 0)
		return -1;
	clone_action_rows_done(&s->journal);
	s->journal = rows;
	return 0;
}

char *swap_target(size_t batch)
{
	return mem_printf("batch-%zu", batch + 1);
}

static bool journal_has(const struct swap *s, int64_t after, const char *action, const char *target,
	bool wants_done)
{
	for (size_t i = 0; i < s->journal.count; i++) {
		const struct clone_action_row *row = &s->journal.items[i];

		if (row->seq > after && str_equal(row->action, action) &&
			str_equal(row->target, target) &&
			(!wants_done || row->state == CLONE_ACTION_DONE))
			return true;
	}
	return false;
}

bool swap_has_done(const struct swap *s, int64_t after, const char *action, const char *target)
{
	return journal_has(s, after, action, target, true);
}

bool swap_has_begun(const struct swap *s, int64_t after, const char *action, const char *target)
{
	return journal_has(s, after, action, target, false);
}

/* ---- how long ---- */

/* The moment that an act wrote down, in ms; of an act that was cut short, when it began. */
static int64_t action_moment(const struct clone_action_row *row)
{
	CLEANUP(jvalue_free) struct jvalue *json = NULL;
	struct error ignored = { 0 };

	if (jvalue_parse(row->details, strlen(row->details), &json, &ignored) < 0)
		return row->started_at * 1000;
	return jvalue_integer(json, "at_ms", row->started_at * 1000);
}

/* A batch is out of service from when its machines are stopped until they answer. */
static int64_t measure_batch(const struct swap *s, const char *target, int64_t after)
{
	int64_t since = 0, sum = 0;

	for (size_t i = 0; i < s->journal.count; i++) {
		const struct clone_action_row *row = &s->journal.items[i];
		bool is_answer = str_equal(row->action, "answer");

		if (row->seq <= after || !str_equal(row->target, target))
			continue;
		if (!since && str_starts(row->action, "stop-"))
			since = action_moment(row);
		if (since && is_answer && row->state == CLONE_ACTION_DONE) {
			sum += action_moment(row) - since;
			since = 0;
		}
	}
	return sum;
}

void swap_measure(struct swap *s, int64_t after)
{
	s->summary.downtime_ms = 0;
	s->summary.longest_ms = 0;
	for (size_t i = 0; i < s->mark.batches.count; i++) {
		CLEANUP(free) char *target = swap_target(i);
		int64_t out = measure_batch(s, target, after);

		if (s->mark.batches.items[i].interrupts)
			s->summary.downtime_ms += out;
		if (out > s->summary.longest_ms)
			s->summary.longest_ms = out;
	}
}
