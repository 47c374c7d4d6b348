/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/watch.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "model/host_verdict.h"

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

static void on_step(
	void *context, const char *host, enum step step, enum step_state state, int64_t elapsed_ms)
{
	struct watch *w = context;

	if (state == STEP_STATE_STARTED)
		progress_update(w->progress, w->ended, w->hosts, host);
	else
		progress_line(w->progress, "  %-16s %-9s %-9s %5.1f s", host, step_name(step),
			step_state_name(state), (double)elapsed_ms / 1000);
}

static void on_verdict(
	void *context, const char *host, enum host_verdict verdict, const char *reason)
{
	struct watch *w = context;

	w->ended++;
	progress_line(w->progress, "  %-16s %s%s%s", host, host_verdict_name(verdict),
		*reason ? ": " : "", reason);
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

struct jvalue *watch_json(const char *environment, const struct rollout_summary *summary)
{
	struct jvalue *told = jvalue_object(), *hosts = jvalue_object();
	CLEANUP(free) char *id = mem_printf("rollout-%" PRId64, summary->id);

	for (int i = 0; i < HOST_VERDICT_COUNT; i++)
		jvalue_set_integer(hosts, host_verdict_name((enum host_verdict)i),
			(int64_t)summary->verdicts[i]);
	jvalue_set_string(told, "rollout", id);
	jvalue_set_string(told, "environment", environment);
	jvalue_set_bool(told, "is_complete", summary->is_complete);
	jvalue_set_integer(told, "packages", (int64_t)summary->package_count);
	jvalue_set(told, "hosts", hosts);
	jvalue_set_string(told, "reason", summary->stop_reason);
	return told;
}

void watch_print(const char *environment, const struct rollout_summary *summary)
{
	printf("rollout-%" PRId64
	       " in %s: %zu done, %zu had nothing to do, %zu failed, %zu unreachable, "
	       "%zu went back, %zu not started; %zu package changes\n",
		summary->id, environment, summary->verdicts[HOST_DONE],
		summary->verdicts[HOST_NOTHING_TO_DO], summary->verdicts[HOST_FAILED],
		summary->verdicts[HOST_UNREACHABLE], summary->verdicts[HOST_REVERTED],
		summary->verdicts[HOST_WAITING], summary->package_count);
}

int watch_judge(const char *environment, const struct rollout_summary *summary, struct error *err)
{
	if (summary->is_complete)
		return 0;
	if (summary->verdicts[HOST_REVERTED])
		return error_set(err, ERR_SYSTEM,
			"'%s' is held, %zu hosts went back: %s. 'patchline show rollout-%" PRId64
			"' has each host's words; 'patchline lift %s --reason TEXT' lets promote again",
			environment, summary->verdicts[HOST_REVERTED], summary->stop_reason,
			summary->id, environment);
	return error_set(err, ERR_SYSTEM,
		"'%s' is mixed: %s. 'patchline show rollout-%" PRId64
		"' has each host's words; promote again does what is left",
		environment, summary->stop_reason, summary->id);
}

int watch_tell_end(const struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err)
{
	if (wants_json(inv))
		output_json(watch_json(environment, summary));
	else
		watch_print(environment, summary);
	return watch_judge(environment, summary, err);
}

int watch_tell_return(const struct invocation *inv, const char *environment,
	const struct rollout_summary *summary, struct error *err)
{
	if (wants_json(inv))
		output_json(watch_json(environment, summary));
	else
		printf("rollout-%" PRId64
		       " took %zu hosts of %s back; it is held: 'patchline lift %s --reason TEXT' lifts "
		       "that\n",
			summary->id, summary->verdicts[HOST_REVERTED], environment, environment);
	if (summary->is_complete)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"'%s' is mixed: %s. 'patchline show rollout-%" PRId64
		"' has each host's words; the same rollback does what is left",
		environment, summary->stop_reason, summary->id);
}
