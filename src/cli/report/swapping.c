/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/report/swapping.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/report/environment.h"
#include "cli/term/output.h"
#include "cli/term/progress.h"
#include "gate/testing.h"
#include "model/config.h"
#include "present/outcome.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SHOWN_MOST 40 /* paths of one side */

/* ---- what would be lost ---- */

static const char *const headings[SWAP_DIFF_SIDE_COUNT] = {
	[SWAP_DIFF_ORIGINAL] =
		"Written on the originals since they were copied, outside of declared data; stays "
		"behind with them:",
	[SWAP_DIFF_SANITIZED] =
		"Written by sanitize programs in the copy, outside of declared data; comes in with it:",
	[SWAP_DIFF_CLONE] =
		"Written on the clone since it was patched, by tests mostly; comes in with it:",
	[SWAP_DIFF_SWAPPED] =
		"Written since the swap, outside of declared data; stays behind when the originals "
		"return:",
};

static size_t print_paths(const struct swap_diff *l, enum swap_diff_side side)
{
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (l->items[i].side == side && count++ < SHOWN_MOST)
			fprintf(stderr, "  %-16s %-8s %s\n", l->items[i].host, l->items[i].change,
				l->items[i].path);
	}
	if (count > SHOWN_MOST)
		fprintf(stderr, "  and %zu more; --json has all, and the clone's journal\n",
			count - SHOWN_MOST);
	return count;
}

static void print_side(const struct swap_diff *l, enum swap_diff_side side)
{
	size_t told = 0, ignored = 0;

	fprintf(stderr, "%s\n", headings[side]);
	told = print_paths(l, side);
	for (size_t i = 0; i < l->unknown_count; i++) {
		if (l->unknown[i].side == side && ++told)
			fprintf(stderr, "  %-16s not known: %s\n", l->unknown[i].host,
				l->unknown[i].why);
	}
	if (!told)
		fprintf(stderr, "  nothing\n");
	for (size_t i = 0; i < l->ignored_count; i++) {
		if (l->ignored[i].side == side)
			fprintf(stderr, "%s%s %zu",
				ignored++ ? ", " : "  as always: ", l->ignored[i].place,
				l->ignored[i].count);
	}
	fprintf(stderr, "%s", ignored ? "\n" : "");
}

static void print_diff(const struct swap_diff *l, bool is_back)
{
	if (is_back) {
		print_side(l, SWAP_DIFF_SWAPPED);
	} else {
		print_side(l, SWAP_DIFF_ORIGINAL);
		print_side(l, SWAP_DIFF_SANITIZED);
		print_side(l, SWAP_DIFF_CLONE);
	}
	if (l->is_cut)
		fprintf(stderr, "A host has more than its provider lists.\n");
}

static bool read_yes(void)
{
	char answer[16] = "";

	fprintf(stderr, "Go on? [y/N] ");
	return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static bool confirm(void *context, const struct swap_diff *swap_diff)
{
	struct swap_session *s = context;

	jvalue_free(s->swap_diff);
	s->swap_diff = swap_diff_json(swap_diff);
	if (!wants_json(s->inv))
		print_diff(swap_diff, s->is_back);
	if (option_is_set(s->inv, "yes"))
		return true;
	return isatty(STDIN_FILENO) && read_yes();
}

/* ---- watching ---- */

static void on_done(void *context, const char *action, const char *target, int64_t elapsed_ms,
	const struct error *err)
{
	struct swap_session *s = context;

	progress_line(s->progress, "  %-16s %-32s %5.1f s%s%s", action, target,
		(double)elapsed_ms / 1000, err ? "  " : "", err ? err->text : "");
}

static void on_test_end(void *context, const struct test_told *told)
{
	struct swap_session *s = context;

	progress_line(
		s->progress, "  %-16s %-32s %s", "test", told->suite, outcome_name(told->outcome));
}

static void on_return(void *context, const char *reason)
{
	struct swap_session *s = context;

	progress_line(s->progress, "putting the originals back: %s", reason);
}

int swap_session_begin(struct invocation *inv, const struct environment *clone, bool is_back,
	struct swap_session *out, struct error *err)
{
	struct swap_session s = { .inv = inv, .is_back = is_back };

	if (need_config(inv, &s.request.config, err) < 0 ||
		need_store(inv, &s.request.store, err) < 0)
		return -1;
	s.progress = progress_new(clone->name);
	s.request.clone = clone;
	s.request.actor = actor(inv);
	*out = s;
	out->request.confirm = confirm;
	out->request.confirm_context = out;
	out->request.watch = (struct swap_watch){
		.clone = { .on_done = on_done, .context = out },
		.on_test_end = on_test_end,
		.on_return = on_return,
		.context = out,
	};
	return 0;
}

void swap_session_show(struct swap_session *s, const struct swap_diff *swap_diff)
{
	if (wants_json(s->inv)) {
		output_json(swap_diff_json(swap_diff));
		return;
	}
	print_diff(swap_diff, s->is_back);
	puts("\nDry run: nothing was changed.");
}

/* ---- the end ---- */

static void print_swap_json(struct swap_session *s, const struct swap_summary *summary)
{
	const struct environment *clone = s->request.clone;

	if (!s->swap_diff)
		s->swap_diff = jvalue_object();
	output_row(s->inv, &swap_outcome_view,
		&(struct swap_outcome){
			clone->original->name, clone->name, summary, s->swap_diff });
}

static void print_time(const struct swap_summary *summary)
{
	if (summary->downtime_ms)
		printf("%.1f s without service", (double)summary->downtime_ms / 1000);
	else
		printf("no group was down, the longest that hosts were out is %.1f s",
			(double)summary->longest_ms / 1000);
}

static void print_end(const struct swap_session *s, const struct swap_summary *summary)
{
	const struct environment *clone = s->request.clone;

	if (summary->is_swapped)
		printf("%s is %s now: %zu hosts exchanged, ", clone->name, clone->original->name,
			summary->hosts);
	else
		printf("%s has its originals: ", clone->original->name);
	print_time(summary);
	puts("");
	if (*summary->remaining)
		printf("Not at the set: group %s. 'patchline promote %s --patch-original' brings it there.\n",
			summary->remaining, clone->name);
}

int swap_session_tell(struct swap_session *s, const struct swap_summary *summary, struct error *err)
{
	progress_free(STEAL(&s->progress));
	if (wants_json(s->inv))
		print_swap_json(s, summary);
	else
		print_end(s, summary);
	if (summary->is_swapped || !*summary->reason)
		return 0;
	return error_set(err, ERR_SYSTEM, "the originals were put back: %s", summary->reason);
}

void swap_session_done(struct swap_session *s)
{
	progress_free(s->progress);
	jvalue_free(s->swap_diff);
	*s = (struct swap_session){ 0 };
}

/* ---- promote --swap ---- */

static int need_clone(struct invocation *inv, const struct environment **out, struct error *err)
{
	const struct config *config = NULL;
	struct store *store = NULL;

	if (need_config(inv, &config, err) < 0 || need_store(inv, &store, err) < 0 ||
		find_environment(inv, arg_at(inv, 0), out, err) < 0)
		return -1;
	if (!(*out)->original)
		return error_set(err, ERR_USAGE, "'%s' is no clone; 'patchline clones' lists them",
			(*out)->name);
	return 0;
}

int promote_swap(struct invocation *inv, struct error *err)
{
	CLEANUP(swap_session_done) struct swap_session s = { 0 };
	CLEANUP(swap_diff_done) struct swap_diff swap_diff = { 0 };
	CLEANUP(free) const char **groups = option_values(inv, "group");
	const struct environment *clone = NULL;
	struct swap_summary summary = { 0 };

	if (need_clone(inv, &clone, err) < 0 || swap_session_begin(inv, clone, false, &s, err) < 0)
		return -1;
	s.request.groups = groups;
	if (is_dry_run(inv)) {
		if (swap_preview(&s.request, &swap_diff, err) < 0)
			return -1;
		swap_session_show(&s, &swap_diff);
		return 0;
	}
	if (swap_run(&s.request, &summary, err) < 0)
		return -1;
	return swap_session_tell(&s, &summary, err);
}
