/* SPDX-License-Identifier: Apache-2.0 */
#include "rollout/readiness.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "fleet/finding.h"
#include "model/config.h"
#include "plan/plan.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/set_files.h"
#include "rollout/targets.h"
#include "store/rollout.h"

#include <assert.h>
#include <stdlib.h>

#define MS 1000

struct readiness {
	struct host_run_shared shared;
	struct targets *targets;     /* owned */
	struct set_files *set_files; /* owned; of the set */
	struct findings **found;     /* owned, one for each of its targets */
	bool is_tidy;                /* what is staged is taken away again */
};

/* A finding of our own. */
static void readiness_note(struct findings *found, const char *check, enum severity severity,
	const char *what, const char *remedy)
{
	findings_add(found, &(struct finding){ check, severity, what, remedy });
}

/* What the targets has against it already. */
static void tell_early(struct findings *found, const struct rollout_target *m)
{
	bool is_away = m->verdict == HOST_UNREACHABLE;

	readiness_note(found, is_away ? "reach" : "plan", SEVERITY_ERROR, m->reason,
		is_away ? "start it, or put its address right (try: ssh HOST)" : "");
}

/* What the host says. An index that could not be staged is told as that, and not as missing. */
static void ask_host(struct host_run *s, struct findings *found)
{
	CLEANUP(findings_free) struct findings *said = NULL;
	struct error staging = { 0 }, err = { 0 };
	bool is_staged = host_run_stage_index(s, &staging) == 0;

	if (!is_staged)
		readiness_note(found, "stage", SEVERITY_ERROR, staging.text,
			"put right what the host names");
	if (host_run_examine(s, &said, &err) < 0) {
		readiness_note(found, "precheck", SEVERITY_ERROR, err.text,
			"put right what the host names");
		return;
	}
	for (size_t i = 0; i < findings_count(said); i++) {
		const struct finding *f = findings_at(said, i);

		if (is_staged || !str_equal(f->check, "staged"))
			findings_add(found, f);
	}
}

static void tidy(const struct readiness *r, struct host_run *s, struct findings *found)
{
	struct error err = { 0 };

	if (r->is_tidy && host_run_unstage_index(s, &err) < 0)
		readiness_note(found, "unstage", SEVERITY_NOTE, err.text,
			"the index of the set stays on it, below /var/lib/patchline/sets");
}

static void examine(struct readiness *r, struct rollout_target *m, struct findings *found)
{
	int64_t until = clock_monotonic_ms() + m->place.group->step_timeout * MS;
	CLEANUP(host_run_done)
	struct host_run s = { .shared = &r->shared, .target = m, .until_ms = until };

	host_run_fill_order(&s);
	ask_host(&s, found);
	tidy(r, &s, found);
	if (findings_have_error(found))
		return;

	CLEANUP(free)
	char *what = mem_printf("%zu packages would change", plan_change_count(m->plan));

	readiness_note(found, "ready", SEVERITY_NOTE, what, "");
}

static void look_at(void *context, size_t index)
{
	struct readiness *r = context;
	struct rollout_target *m = targets_at(r->targets, index);
	struct findings *found = r->found[index];

	if (m->verdict != HOST_WAITING)
		tell_early(found, m);
	if (m->verdict == HOST_WAITING && !plan_change_count(m->plan))
		readiness_note(found, "ready", SEVERITY_NOTE, "at the set already", "");
	else if (m->plan)
		examine(r, m, found);
}

/* Somebody who is under way with this environment may count on what he has staged. */
static int find_company(const struct rollout_request *request, bool *is_alone, struct error *err)
{
	CLEANUP(rollout_row_done) struct rollout_row row = { 0 };

	*is_alone = false;
	if (store_rollout_unfinished(request->store, request->environment->name, &row, err) == 0)
		return 0;
	*is_alone = err->kind == ERR_NOT_FOUND;
	return *is_alone ? 0 : -1;
}

int readiness_find(const struct rollout_request *request, struct readiness **out, struct error *err)
{
	CLEANUP(readiness_free) struct readiness *r = mem_new(1, sizeof *r);

	if (find_company(request, &r->is_tidy, err) < 0 ||
		set_files_new(request->config->state, request->set, &r->set_files, err) < 0 ||
		targets_make(request, &r->targets, err) < 0)
		return -1;
	r->shared = (struct host_run_shared){
		.request = request, .targets = r->targets, .set_files = r->set_files
	};
	r->found = mem_new(targets_count(r->targets) + 1, sizeof *r->found);
	for (size_t i = 0; i < targets_count(r->targets); i++)
		r->found[i] = findings_new();
	workers_run(targets_count(r->targets), request->config->ssh.parallel, look_at, r);
	*out = STEAL(&r);
	return 0;
}

size_t readiness_count(const struct readiness *r)
{
	return targets_count(r->targets);
}

const struct findings *readiness_at(const struct readiness *r, size_t index, const char **host)
{
	assert(index < targets_count(r->targets));
	*host = targets_at(r->targets, index)->place.host->name;
	return r->found[index];
}

bool readiness_is_good(const struct readiness *r)
{
	for (size_t i = 0; i < targets_count(r->targets); i++) {
		if (findings_have_error(r->found[i]))
			return false;
	}
	return true;
}

void readiness_free(struct readiness *r)
{
	if (!r)
		return;
	for (size_t i = 0; r->found && r->found[i]; i++)
		findings_free(r->found[i]);
	free(r->found);
	targets_free(r->targets);
	set_files_free(r->set_files);
	free(r);
}
