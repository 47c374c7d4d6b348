/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch/watch.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/ask/lookup.h"
#include "cli/command.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "cli/watch/event_line.h"
#include "model/config.h"
#include "model/host_verdict.h"
#include "present/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct watch {
	struct progress *progress;
	char *what; /* owned */
	size_t hosts, ended;
};

static void on_scan(void *context, const char *host, size_t done, size_t count, const char *problem)
{
	struct watch *w = context;

	w->hosts = count;
	if (problem)
		progress_line(w->progress, "  %-16s scan failed: %s", host, problem);
	progress_update(w->progress, done, count, "scanning");
}

static void on_wave(void *context, const char *group, size_t wave, size_t hosts)
{
	struct watch *w = context;

	progress_line(w->progress, "wave %zu: %zu host%s of %s", wave, hosts, hosts == 1 ? "" : "s",
		group);
}

static void tell_event(const struct watch *w, const struct event_line *h)
{
	CLEANUP(free) char *words = event_line_words(h);

	progress_line(w->progress, "  %s", words);
}

static void on_step(
	void *context, const char *host, enum step step, enum step_state state, int64_t elapsed_ms)
{
	struct watch *w = context;

	if (state == STEP_STATE_STARTED) {
		progress_update(w->progress, w->ended, w->hosts, host);
		return;
	}

	CLEANUP(free) char *took = mem_printf("%.1f s", (double)elapsed_ms / 1000);

	tell_event(
		w, &(struct event_line){ host, step_name(step), step_state_name(state), took, "" });
}

static void on_verdict(
	void *context, const char *host, enum host_verdict verdict, const char *reason)
{
	struct watch *w = context;

	w->ended++;
	tell_event(w, &(struct event_line){ host, "", host_verdict_name(verdict), "", reason });
	progress_update(w->progress, w->ended, w->hosts, host);
}

struct watch *watch_new(const char *what)
{
	struct watch *w = mem_new(1, sizeof *w);

	w->what = mem_strdup(what);
	w->progress = progress_new(w->what);
	return w;
}

struct rollout_watch watch_callbacks(struct watch *w)
{
	return (struct rollout_watch){ on_scan, on_wave, on_step, on_verdict, w };
}

void watch_free(struct watch *w)
{
	if (!w)
		return;
	progress_free(w->progress);
	free(w->what);
	free(w);
}

/* Hosts that are what they were, well or not. */
static size_t count_back(const struct rollout_summary *summary)
{
	return summary->verdicts[HOST_REVERTED] + summary->verdicts[HOST_UNWELL];
}

/* The names of the hosts that were taken back, and of those that are left without load, each ended by NULL. */
static const char **name_reverted(const struct watch_end *end)
{
	const char **names = mem_new(end->hosts.count + 1, sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < end->hosts.count; i++) {
		if (host_verdict_is_back(end->hosts.items[i].verdict))
			names[count++] = end->hosts.items[i].host;
	}
	return names;
}

static const char **name_left_out(const struct watch_end *end)
{
	const char **names = mem_new(end->debts.count + 1, sizeof *names);
	size_t count = 0;

	for (size_t i = 0; i < end->debts.count; i++) {
		if (end->debts.items[i].debt == DEBT_SERVICE)
			names[count++] = end->debts.items[i].host;
	}
	return names;
}

int watch_read_end(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct watch_end *out, struct error *err)
{
	CLEANUP(watch_end_done) struct watch_end end = { 0 };
	struct store *store = NULL;

	if (need_store(inv, &store, err) < 0 ||
		store_rollout_hosts(store, summary->id, &end.hosts, err) < 0 ||
		store_debts(store, environment, &end.debts, err) < 0)
		return -1;
	*out = STEAL(&end);
	return 0;
}

void watch_end_done(struct watch_end *end)
{
	rollout_host_rows_done(&end->hosts);
	debt_rows_done(&end->debts);
}

static void print_names(const char *what, const char *const *names, const char *todo)
{
	if (!*names)
		return;
	fputs(what, stdout);
	for (size_t i = 0; names[i]; i++)
		printf("%s%s", i ? ", " : "", names[i]);
	puts(todo);
}

void watch_print(
	const char *environment, const struct rollout_summary *summary, const struct watch_end *end)
{
	CLEANUP(free) const char **reverted = name_reverted(end);
	CLEANUP(free) const char **left_out = name_left_out(end);

	printf("rollout-%" PRId64
	       " in %s: %zu done, %zu had nothing to do, %zu failed, %zu unreachable, "
	       "%zu went back, %zu of them not well, %zu not started; %zu package changes\n",
		summary->id, environment, summary->verdicts[HOST_DONE],
		summary->verdicts[HOST_NOTHING_TO_DO], summary->verdicts[HOST_FAILED],
		summary->verdicts[HOST_UNREACHABLE], count_back(summary),
		summary->verdicts[HOST_UNWELL], summary->verdicts[HOST_WAITING],
		summary->package_count);
	print_names("reverted: ", reverted, "");
	print_names("left out of service: ", left_out,
		"; 'patchline status' says what brings them back");
}

static void watch_output(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, const struct watch_end *end)
{
	CLEANUP(free) const char **reverted = name_reverted(end);
	CLEANUP(free) const char **left_out = name_left_out(end);

	output_row(inv, &rollout_outcome_view,
		&(struct rollout_outcome){ summary->id, environment, summary, reverted, left_out });
}

void watch_output_entry(struct invocation *inv, const struct environment *clone,
	const struct rollout_summary *summary, const struct watch_end *end,
	const struct equality *proof)
{
	CLEANUP(free) const char **reverted = name_reverted(end);
	CLEANUP(free) const char **left_out = name_left_out(end);
	struct equality_item equality = equality_item_of(proof);

	output_row(inv, &entry_outcome_view,
		&(struct entry_outcome){
			.rollout = { summary->id, clone->original->name, summary, reverted,
				left_out },
			.clone = clone->name,
			.equality = summary->is_complete ? &equality : NULL,
		});
}

int watch_judge(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err)
{
	CLEANUP(free) char *way_on = NULL;

	if (summary->is_complete)
		return 0;
	if (find_way_on(inv, environment, &way_on, err) < 0)
		return -1;
	if (count_back(summary))
		return error_set(err, ERR_SYSTEM,
			"'%s' is held, %zu hosts went back: %s. 'patchline show rollout-%" PRId64
			"' has each host's words; %s",
			environment, count_back(summary), summary->stop_reason, summary->id,
			way_on);
	return error_set(err, ERR_SYSTEM,
		"'%s' is mixed: %s. 'patchline show rollout-%" PRId64 "' has each host's words; %s",
		environment, summary->stop_reason, summary->id, way_on);
}

int watch_tell_end(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err)
{
	CLEANUP(watch_end_done) struct watch_end end = { 0 };

	if (watch_read_end(inv, environment, summary, &end, err) < 0)
		return -1;
	if (wants_json(inv))
		watch_output(inv, environment, summary, &end);
	else
		watch_print(environment, summary, &end);
	return watch_judge(inv, environment, summary, err);
}

int watch_tell_return(struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err)
{
	CLEANUP(watch_end_done) struct watch_end end = { 0 };

	if (watch_read_end(inv, environment, summary, &end, err) < 0)
		return -1;
	if (wants_json(inv))
		watch_output(inv, environment, summary, &end);
	else
		printf("rollout-%" PRId64
		       " took %zu hosts of %s back; it is held: 'patchline lift %s --reason TEXT' lifts "
		       "that\n",
			summary->id, count_back(summary), environment, environment);
	if (summary->is_complete)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"'%s' is mixed: %s. 'patchline show rollout-%" PRId64
		"' has each host's words; the same rollback does what is left",
		environment, summary->stop_reason, summary->id);
}
