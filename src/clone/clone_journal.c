/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/clone_private.h"

#include <stdlib.h>
#include <string.h>

#define OUTPUT_MAX ((size_t)256 * 1024) /* of a program, in the journal */

/* ---- row and journal ---- */

int clone_journal_close(struct clone *c, struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows open = { 0 };
	static const struct clone_action_end end = { .state = CLONE_ACTION_INTERRUPTED };

	if (store_clone_actions_open(c->request.store, c->row.name, &open, err) < 0)
		return -1;
	for (size_t i = 0; i < open.count; i++) {
		if (store_clone_action_end(c->request.store, c->row.name, open.items[i].seq, &end,
			    c->request.actor, err) < 0)
			return -1;
	}
	return 0;
}

static int change_row(struct clone *c, const struct clone_change *change, struct error *err)
{
	struct clone_row now = { 0 };

	if (store_clone_change(c->request.store, &c->row, change, c->request.actor, err) < 0 ||
		store_clone_find(c->request.store, c->row.name, &now, err) < 0)
		return -1;
	clone_row_done(&c->row);
	c->row = now;
	return 0;
}

int clone_move(struct clone *c, enum clone_state to, const char *reason, struct error *err)
{
	struct clone_change change = { .to = to, .reason = reason };

	return change_row(c, &change, err);
}

int clone_note(struct clone *c, struct clone_change change, struct error *err)
{
	change.to = c->row.state;
	change.reason = NULL;
	return change_row(c, &change, err);
}

int clone_action_begin(
	struct clone *c, const char *action, const char *target, int64_t *seq, struct error *err)
{
	const struct clone_watch *watch = &c->request.watch;

	if (store_clone_action_start(c->request.store,
		    &(struct clone_action_draft){ c->row.name, action, target, c->request.actor },
		    seq, err) < 0)
		return -1;
	if (watch->on_action)
		watch->on_action(watch->context, action, target);
	return 0;
}

int clone_action_end(struct clone *c, int64_t seq, const struct error *cause,
	const struct clone_trace *trace, struct error *err)
{
	CLEANUP(free) char *details = trace->details ? jvalue_write(trace->details) : NULL;
	CLEANUP(free) char *output = mem_strndup(trace->output ? trace->output : "", OUTPUT_MAX);
	struct clone_action_end end = {
		.state = cause ? CLONE_ACTION_FAILED : CLONE_ACTION_DONE,
		.cause = cause,
		.output = output,
		.details = details,
	};

	return store_clone_action_end(
		c->request.store, c->row.name, seq, &end, c->request.actor, err);
}

void clone_trace_done(struct clone_trace *trace)
{
	free(trace->output);
	jvalue_free(trace->details);
	*trace = (struct clone_trace){ 0 };
}

void clone_note_failure(struct clone *c, const struct error *cause)
{
	struct clone_change change = { .to = c->row.state, .reason = cause->text };
	struct error ignored;

	(void)!change_row(c, &change, &ignored);
}

int clone_doing_begin(struct clone *c, struct clone_doing *d, struct error *err)
{
	d->started = clock_monotonic_ms();
	return clone_action_begin(c, d->action, d->target, &d->seq, err);
}

int clone_doing_end(struct clone *c, const struct clone_doing *d, const struct error *cause,
	const struct clone_trace *trace, struct error *err)
{
	const struct clone_watch *watch = &c->request.watch;

	if (watch->on_done)
		watch->on_done(watch->context, d->action, d->target,
			clock_monotonic_ms() - d->started, cause);
	if (clone_action_end(c, d->seq, cause, trace, err) < 0 && !cause)
		return -1;
	if (!cause)
		return 0;
	*err = *cause;
	return -1;
}

int clone_do(struct clone *c, const char *action, const char *target, clone_act *act, void *context,
	struct error *err)
{
	CLEANUP(clone_trace_done) struct clone_trace trace = { 0 };
	struct clone_doing doing = { .action = action, .target = target };
	struct error told = { 0 };

	if (clone_doing_begin(c, &doing, err) < 0)
		return -1;

	const struct error *cause = act(c, context, &trace, &told) < 0 ? &told : NULL;
	int result = clone_doing_end(c, &doing, cause, &trace, err);

	if (cause)
		clone_note_failure(c, cause);
	return result;
}

/* ---- what the journal has ---- */

const struct clone_action_row *clone_journal_last(const struct clone_action_rows *rows,
	const char *action, const char *target, const char *program)
{
	for (size_t i = rows->count; i-- > 0;) {
		const struct clone_action_row *row = &rows->items[i];
		CLEANUP(jvalue_free) struct jvalue *details = NULL;
		struct error ignored;

		if (!str_equal(row->action, action) || !str_equal(row->target, target))
			continue;
		if (!program)
			return row;
		if (jvalue_parse(row->details, strlen(row->details), &details, &ignored) == 0 &&
			str_equal(jvalue_string(details, "program"), program))
			return row;
	}
	return NULL;
}

bool clone_action_is_done(const struct clone_action_row *row)
{
	return row && row->state == CLONE_ACTION_DONE;
}

bool clone_has_done(struct clone *c, const char *action, const char *target)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };
	struct error ignored;

	return store_clone_actions(c->request.store, c->row.name, &rows, &ignored) == 0 &&
	       clone_action_is_done(clone_journal_last(&rows, action, target, NULL));
}
