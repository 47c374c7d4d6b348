/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"
#include "fleet/hoststep.h"
#include "fleet/session.h"
#include "model/config.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/log_excerpt.h"
#include "rollout/targets.h"

#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS           1000
#define LOOK_SECONDS 2 /* between two looks at a host that is coming up */

/* ---- restart ---- */

int host_run_restart(struct host_run *s, struct error *err)
{
	CLEANUP(session_step_result_done) struct session_step_result result = { 0 };

	if (host_run_detached(s, "restart", hoststep_restart, &result, err) < 0)
		return -1;
	str_add(&s->log, result.output);
	session_disconnect(s->target->session); /* it ran on what was replaced */
	if (result.end == STEP_END_DONE && result.exit_status == 0)
		return 0;

	CLEANUP(free) char *words = log_excerpt_find(result.output);

	return error_set(err, ERR_SYSTEM, "%s; see journalctl on the host",
		result.end == STEP_END_DONE ? words : "the host stopped in the middle of it");
}

/* ---- reboot ---- */

/* Is it up again, in another boot? When not, the error says what was seen. */
static int reboot_look(struct host_run *s, const char *boot_id, struct error *err)
{
	struct reboot_need now = { 0 };

	session_disconnect(s->target->session);
	if (hoststep_reboot_need(s->target->session, &s->order, false, &now, err) < 0)
		return -1;
	if (strcmp(now.boot_id, boot_id) == 0)
		return error_set(err, ERR_SYSTEM, "it has not gone down%s%s",
			*now.jobs ? ", and is still at: " : "", now.jobs);
	return 0;
}

static int await_boot(
	struct host_run *s, const char *boot_id, const struct str *words, struct error *err)
{
	int64_t limit = s->target->place.group->reboot_timeout;
	int64_t until = clock_monotonic_ms() + limit * MS;
	struct error last = { 0 };

	while (clock_monotonic_ms() < until) {
		struct timespec pause = { .tv_sec = LOOK_SECONDS };

		nanosleep(&pause, NULL);
		if (reboot_look(s, boot_id, &last) == 0)
			return 0;
	}

	const char *behind = strchr(str_text(words), '\n'); /* "going down" */
	CLEANUP(free) char *said = log_excerpt_last(behind ? behind : "");
	CLEANUP(free) char *pending = log_excerpt_pending(str_text(words));

	/* Not ERR_UNREACHABLE: it is the reboot that failed. */
	return error_set(err, ERR_SYSTEM, "not back within %llds: %s%s%s%s%s", (long long)limit,
		last.text, *pending ? "; it was stopping: " : "", pending,
		*said ? "; its last words: " : "", said);
}

static int go_down_and_up(struct host_run *s, const struct reboot_need *need, struct error *err)
{
	CLEANUP(str_done) struct str words = { 0 };

	str_addf(&s->log, "boot %s ends: %s\n", need->boot_id,
		*need->reasons ? need->reasons : "the policy is to reboot after each change");

	int result = hoststep_reboot(s->target->session, &s->order, need->boot_id, &words, err);

	str_add(&s->log, str_text(&words));
	if (result < 0 || await_boot(s, need->boot_id, &words, err) < 0)
		return -1;
	str_add(&s->log, "back in another boot\n");
	return 0;
}

int host_run_reboot(struct host_run *s, struct error *err)
{
	struct reboot_need need = { 0 };

	if (hoststep_reboot_need(
		    s->target->session, &s->order, s->progress.now.is_reboot_owed, &need, err) < 0)
		return -1;
	if (!need.is_due) {
		str_add(&s->log, "none is due\n");
		return 0;
	}
	while (sem_wait(s->shared->reboots) < 0)
		; /* interrupted by a signal */

	int result = go_down_and_up(s, &need, err);

	sem_post(s->shared->reboots);
	return result;
}
