/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/following.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/term/output.h"
#include "cli/watch/event_line.h"
#include "cli/watch/rollout_snapshot.h"
#include "present/event.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_MS 500

/* A step that was begun, as the record has it: its end says how long it took. */
struct begun {
	char *host, *step; /* owned */
	int64_t attempt, at;
};

/* How far it was told. */
struct teller {
	const struct following *f;
	char *name; /* owned: "rollout-4" */
	int64_t told;
	struct begun *begun; /* owned; only those that have not ended */
	size_t count, capacity;
	bool is_orphan_told;
};

static void forget_step(struct teller *t, size_t index)
{
	free(t->begun[index].host);
	free(t->begun[index].step);
	t->begun[index] = t->begun[--t->count];
}

static void teller_done(struct teller *t)
{
	while (t->count)
		forget_step(t, 0);
	free(t->begun);
	free(t->name);
}
CLEANUP_DONE(struct teller, teller_done)

/* ---- one event ---- */

static struct rollout_event event_of(
	const struct teller *t, const struct event_row *row, const struct jvalue *payload)
{
	const char *dot = strchr(row->kind, '.');
	const char *error = jvalue_string(payload, "error"), *wish = jvalue_string(payload, "wish");
	const char *reason = jvalue_string(payload, "reason");

	return (struct rollout_event){
		.row = row,
		.rollout = t->name,
		.host = jvalue_string(payload, "host"),
		.step = jvalue_string(payload, "step"),
		.state = dot ? dot + 1 : row->kind,
		.failure = jvalue_string(payload, "failure"),
		.reason = error               ? error
			  : wish              ? wish
			  : reason && *reason ? reason
					      : NULL,
		.attempt = jvalue_integer(payload, "attempt", 0),
		.took = NOTHING,
	};
}

static void note_begun(struct teller *t, const struct rollout_event *e)
{
	t->begun = mem_room(t->begun, t->count, &t->capacity, sizeof *t->begun);
	t->begun[t->count++] =
		(struct begun){ mem_strdup(e->host), mem_strdup(e->step), e->attempt, e->row->at };
}

/* Each step is seen here twice, also before the first event that is told. */
static void measure(struct teller *t, struct rollout_event *e)
{
	if (!e->host || !e->step)
		return;
	if (str_equal(e->row->kind, "step.started")) {
		note_begun(t, e);
		return;
	}
	for (size_t i = 0; i < t->count; i++) {
		const struct begun *b = &t->begun[i];

		if (b->attempt != e->attempt || !str_equal(b->host, e->host) ||
			!str_equal(b->step, e->step))
			continue;
		if (e->row->at >= b->at)
			e->took = e->row->at - b->at;
		forget_step(t, i);
		return;
	}
}

static void print_event_json(const struct rollout_event *e)
{
	CLEANUP(jvalue_free) struct jvalue *told = view_object(&rollout_event_view, e);

	output_json_line(told, stdout);
}

static void print_line(const struct teller *t, const struct rollout_event *e)
{
	char at[CLOCK_TEXT_SIZE], took[CLOCK_TEXT_SIZE] = "";
	const struct event_line h = {
		.who = e->host ? e->host : t->name,
		.step = e->step ? e->step : "",
		.state = e->state,
		.took = e->took == NOTHING ? "" : clock_format_age(e->took, took),
		.reason = e->reason ? e->reason : "",
	};
	CLEANUP(free) char *words = event_line_words(&h);

	printf("%s  %s\n", clock_format(e->row->at, at), words);
}

static int tell_event(struct teller *t, const struct event_row *row, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = NULL;

	if (jvalue_parse(row->payload, strlen(row->payload), &payload, err) < 0)
		return error_wrap(err, "event %lld", (long long)row->seq);

	struct rollout_event e = event_of(t, row, payload);

	t->told = row->seq;
	measure(t, &e);
	if (row->seq <= t->f->since)
		return 0;
	if (t->f->is_json)
		print_event_json(&e);
	else
		print_line(t, &e);
	return 0;
}

/* ---- as they come ---- */

static int tell_news(struct teller *t, struct error *err)
{
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };
	const struct event_filter news = {
		.after = t->told,
		.subject = SUBJECT_ROLLOUT,
		.subject_id = t->name,
	};

	if (store_events(t->f->store, &news, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (tell_event(t, &rows.items[i], err) < 0)
			return -1;
	}
	if (fflush(stdout) != 0)
		return error_set(err, ERR_SYSTEM, "the events cannot be written to the output");
	return 0;
}

static void tell_orphan(struct teller *t, const struct rollout_snapshot *g)
{
	CLEANUP(free) char *words = NULL;

	if (rollout_snapshot_is_orphaned(g) && !t->is_orphan_told) {
		words = rollout_snapshot_orphan_words(g);
		fprintf(stderr, "patchline watch: %s: %s\n", t->name, words);
	}
	t->is_orphan_told = rollout_snapshot_is_orphaned(g);
}

/* Wait a little; false when nobody reads the output any longer. */
static bool wait_for_news(void)
{
	struct pollfd output = { .fd = STDOUT_FILENO };

	return poll(&output, 1, PAUSE_MS) <= 0 || !(output.revents & (POLLERR | POLLNVAL));
}

/* The state is read before the events: what belongs to its end is then told before this ends. */
int follow_rollout(const struct following *f, struct error *err)
{
	CLEANUP(teller_done)
	struct teller t = { .f = f, .name = mem_printf("rollout-%lld", (long long)f->rollout) };
	bool goes_on = true;

	while (goes_on) {
		CLEANUP(rollout_snapshot_done) struct rollout_snapshot g = { 0 };

		if (rollout_snapshot_take(f->store, f->rollout, &g, err) < 0 ||
			tell_news(&t, err) < 0)
			return -1;
		tell_orphan(&t, &g);
		goes_on = g.rollout.state == ROLLOUT_RUNNING && !f->is_short && wait_for_news();
	}
	return 0;
}
