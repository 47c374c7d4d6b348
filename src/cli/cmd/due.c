/* SPDX-License-Identifier: Apache-2.0 */

#include "present/due.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/report/environment.h"
#include "cli/report/orphan.h"
#include "cli/report/rehearsing.h"
#include "cli/term/output.h"
#include "keep/clean.h"
#include "model/config.h"

#include <stdio.h>

/* The run over all environments. */
struct round {
	struct invocation *inv;
	struct due_request request;
	struct jvalue *told; /* array; NULL for people */
	size_t asked, failed;
};

/* Takes the rehearsal; NULL: none ran. */
static void add_json(struct round *r, const struct due_told *told, const struct error *failure,
	struct jvalue *rehearsal)
{
	CLEANUP(jvalue_free) struct jvalue *owned = rehearsal;
	static const char *const none[] = { NULL };
	const struct due_answer answer = {
		.environment = r->request.environment->name,
		.told = told,
		.removed = told->removed ? (const char *const *)told->removed : none,
		.rehearsal = owned,
		.failure = failure,
	};

	jvalue_add(r->told, view_object(&due_answer_view, &answer));
}

static void print_decision(const struct round *r, const struct due_told *told)
{
	const struct due_decision *d = &told->decision;
	const char *name = r->request.environment->name;
	char next[CLOCK_TEXT_SIZE] = "never";

	if (told->next_at)
		clock_format(told->next_at, next);
	for (size_t i = 0; told->removed && told->removed[i]; i++)
		printf("%s had expired and is removed\n", told->removed[i]);
	switch (d->verdict) {
	case DUE_NEVER:
		printf("%s: %s\n", name,
			*r->request.environment->rehearse.every
				? "its rule has ended"
				: "the configuration has no 'rehearse' for it");
		return;
	case DUE_LATER:
		printf("%s: nothing is due%s%s; next at %s\n", name, *d->reason ? ": " : "",
			d->reason, next);
		return;
	case DUE_SKIPPED:
		printf("%s: skipped: %s; %s; next at %s\n", name, d->reason, d->remedy, next);
		return;
	case DUE_RESUME:
	case DUE_RUN:
	case DUE_VERDICT_COUNT:
		break;
	}
	if (r->request.is_dry_run)
		printf("%s: %s; next at %s\n", name,
			d->verdict == DUE_RUN ? "a rehearsal is due" : d->reason, next);
}

static void count_failure(struct round *r, const struct error *failure)
{
	r->failed++;
	if (!r->told)
		fprintf(stderr, "%s: %s\n", r->request.environment->name, failure->text);
}

static void tell_due(struct round *r, const struct due_told *told, struct rehearsing *watch)
{
	const char *name = r->request.environment->name;
	struct error failure;

	if (r->told) {
		r->failed += told->rehearsal.state == REHEARSAL_FAILED;
		add_json(r, told, NULL,
			told->rehearsal.id ? rehearsing_json(watch, name, &told->rehearsal) : NULL);
		return;
	}
	print_decision(r, told);
	if (told->rehearsal.id &&
		rehearsing_tell(r->inv, watch, name, &told->rehearsal, &failure) < 0)
		count_failure(r, &failure);
}

static void rehearse_one(struct round *r, const struct environment *e)
{
	CLEANUP(due_told_done) struct due_told told = { 0 };
	CLEANUP(rehearsing_free) struct rehearsing *watch = rehearsing_new(e->name);
	struct error failure;

	r->asked++;
	r->request.environment = e;
	r->request.watch = rehearsing_watch(watch);
	if (due_run(&r->request, &told, &failure) == 0) {
		tell_due(r, &told, watch);
		return;
	}
	count_failure(r, &failure);
	if (r->told)
		add_json(r, &told, &failure, NULL);
}

/* A rollout whose program died there goes on first, whatever is due. */
static void run_environment(struct round *r, const struct environment *e)
{
	struct error failure;

	r->request.environment = e;
	if (!r->request.is_dry_run &&
		orphan_take_up(r->inv, r->request.config, r->request.store, e, &failure) < 0)
		count_failure(r, &failure);
	if (*e->rehearse.every)
		rehearse_one(r, e);
}

static void run_all(struct round *r)
{
	const struct config *c = r->request.config;

	for (size_t i = 0; i < c->environment_count; i++)
		run_environment(r, &c->environments[i]);
}

static int run_named(struct round *r, const char *name, struct error *err)
{
	const struct environment *e = NULL;

	if (find_environment(r->inv, name, &e, err) < 0)
		return -1;
	if (e->original)
		return error_set(err, ERR_USAGE, "'%s' is a clone; name its original, '%s'", name,
			e->original->name);
	run_environment(r, e);
	if (!*e->rehearse.every)
		rehearse_one(r, e); /* says that it has none */
	return 0;
}

/* When others work with the pool, it is another time's. */
static void clean_up(struct round *r)
{
	CLEANUP(clean_report_done) struct clean_report report = { 0 };
	const struct clean_request request = { r->request.config, r->request.store,
		r->request.actor, r->request.is_dry_run };
	struct error failure;

	if (!request.config->keep.age)
		return;
	if (clean_run(&request, &report, &failure) < 0) {
		r->failed += failure.kind != ERR_CONFLICT;
		fprintf(stderr, "clean: %s\n", failure.text);
	} else if (report.set_count || report.files || report.snapshot_count) {
		fprintf(r->told ? stderr : stdout,
			"clean: %zu sets, %zu files and %zu snapshots %s\n", report.set_count,
			report.files, report.snapshot_count,
			request.is_dry_run ? "may go" : "are gone");
	}
}

int cmd_due(struct invocation *inv, struct error *err)
{
	struct round r = {
		.inv = inv,
		.request = { .actor = actor(inv), .is_dry_run = is_dry_run(inv) },
	};
	const char *name = arg_at(inv, 0);

	if (need_config(inv, &r.request.config, err) < 0 ||
		need_store(inv, &r.request.store, err) < 0)
		return -1;
	r.told = wants_json(inv) ? jvalue_array() : NULL;
	if (!name) {
		run_all(&r);
		clean_up(&r);
	} else if (run_named(&r, name, err) < 0) {
		jvalue_free(r.told);
		return -1;
	}
	if (r.told)
		output_json(r.told);
	else if (!r.asked)
		puts("No environment has 'rehearse' in the configuration");
	if (!r.failed)
		return 0;
	return error_set(err, ERR_SYSTEM,
		"%zu failures: a rehearsal, a rollout that was left half-way, or cleaning",
		r.failed);
}
