/* SPDX-License-Identifier: Apache-2.0 */
/* What is due, on a real store; what reaches sources, hosts and clones is stand-ins that count. */
#include "../store/store_fixture.h"
#include "base/clock.h"
#include "gate/rehearsed.h"
#include "line_standins.h"
#include "model/config.h"
#include "rehearse/due.h"
#include "store/candidate.h"
#include "store/clone.h"
#include "store/environment.h"
#include "store/event.h"
#include "store/evidence.h"
#include "store/lease.h"
#include "store/rehearsal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG(rehearse)                                                                                   \
	"sources: [{name: debian, uri: http://mirror.example.org/debian, suites: bookworm, keyring: k}]\n" \
	"platforms: [{name: debian-12-amd64, sources: [debian]}]\n"                                        \
	"providers: [{name: fake, command: [/bin/false]}]\n"                                               \
	"environments:\n"                                                                                  \
	"  - {name: qa, groups: [{name: web, hosts: [qa-web1]}]}\n"                                        \
	"  - name: production\n"                                                                           \
	"    clone: {provider: fake}\n"                                                                    \
	"    groups: [{name: web, hosts: [prod-web1]}]\n"                                                  \
	"    rehearse: {every: FREQ=DAILY" rehearse "}\n"

static const char daily[] = CONFIG("");
static const char secure[] = CONFIG(", what: security");
static const char frozen[] = CONFIG(", except: [2020-01-01/2190-01-01]");
static const char torn[] = CONFIG(", except: [nowhere.ics]");

/* A production of which somebody told the release, and nothing that stands in the way. */
static void furnish(struct store *store)
{
	CLEANUP(environment_row_done) struct environment_row row = { 0 };
	struct error err = { 0 };

	scene = (struct scene){ .set = place_set, .candidate = place_candidate };
	place_furnish(store);
	assert_int_equal(0, store_environment_find(store, "production", &row, &err));
	assert_int_equal(0, store_environment_deployed(store, &row, "2.2", "ci", &err));
}

/* How one run ended. */
struct run_end {
	struct due_decision decision;
	struct rehearsal_summary rehearsal;
	int64_t next_at;
	bool has_removed;
	struct error error;
};

static struct run_end run_with(const char *text, struct store *store, bool is_dry_run)
{
	CLEANUP(config_free) struct config *c = NULL;
	CLEANUP(due_told_done) struct due_told told = { 0 };
	struct due_request q = { .store = store, .actor = "timer", .is_dry_run = is_dry_run };
	struct run_end end = { 0 };
	struct error err = { 0 };

	if (config_parse("/tmp/patchline.yaml", text, strlen(text), &c, &err) < 0)
		fail_msg("%s", err.text);
	q.config = c;
	q.environment = config_environment(c, "production");
	if (due_run(&q, &told, &err) < 0) {
		end.error = err;
		return end;
	}
	end.decision = told.decision;
	end.rehearsal = told.rehearsal;
	end.next_at = told.next_at;
	end.has_removed = told.removed && told.removed[0];
	return end;
}

static struct run_end run(const char *text, struct store *store)
{
	return run_with(text, store, false);
}

static long long skipped(const struct place *place)
{
	return place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'rehearsal.skipped'");
}

static void test_due__answers_an_occurrence_once(void **state)
{
	struct place *place = *state;

	furnish(place->store);
	assert_int_equal(DUE_RUN, run_with(daily, place->store, true).decision.verdict);
	assert_int_equal(0, scene.synced + scene.rehearsed);

	struct run_end told = run(daily, place->store);

	assert_int_equal(DUE_RUN, told.decision.verdict);
	assert_true(told.rehearsal.state == REHEARSAL_WAITING && told.next_at > clock_now());
	assert_int_equal(1, scene.synced);
	assert_int_equal(DUE_LATER, run(daily, place->store).decision.verdict);
	assert_int_equal(1, scene.rehearsed);
	assert_int_equal(0, skipped(place));
}

static void test_due__failing_is_an_answer_too(void **state)
{
	struct place *place = *state;

	furnish(place->store);
	scene.fails = true;
	assert_int_equal(REHEARSAL_FAILED, run(daily, place->store).rehearsal.state);
	assert_int_equal(DUE_LATER, run(daily, place->store).decision.verdict);
	assert_int_equal(1, scene.rehearsed);
}

static void test_due__what_could_not_begin_is_told_once(void **state)
{
	struct place *place = *state;

	furnish(place->store);
	scene.breaks = true;

	struct run_end told = run(daily, place->store);

	assert_string_equal("prod-web1 is down", told.error.text);
	assert_int_equal(1, skipped(place));
	assert_int_equal(DUE_LATER, run(daily, place->store).decision.verdict);
	assert_int_equal(1, scene.rehearsed);
}

static void test_due__rehearses_what_is_configured(void **state)
{
	struct place *place = *state;

	furnish(place->store);
	run(secure, place->store);
	assert_true(scene.was_security_only);
}

static void test_rehearsed__nothing_pending_is_an_answer(void **state)
{
	struct place *place = *state;
	CLEANUP(rehearsal_row_done) struct rehearsal_row row = { 0 };
	const struct rehearsal_change end = { .to = REHEARSAL_ENDED,
		.reason = "nothing is pending" };
	struct rehearsed_answer answer = { 0 };
	struct error err = { 0 };

	furnish(place->store);
	assert_int_equal(0, rehearsed_find(place->store, "production", &answer, &err));
	assert_int_equal(REHEARSED_NEVER, answer.answer);
	assert_int_equal(
		0, store_rehearsal_add(place->store,
			   &(struct rehearsal_draft){ "production", "{}", ORIGIN_DUE, "timer" },
			   &row, &err));
	assert_int_equal(0, rehearsed_find(place->store, "production", &answer, &err));
	assert_int_equal(REHEARSED_RUNNING, answer.answer);
	assert_int_equal(0, store_rehearsal_change(place->store, &row, &end, "timer", &err));
	assert_int_equal(0, rehearsed_find(place->store, "production", &answer, &err));
	assert_int_equal(REHEARSED_NOTHING, answer.answer);
	assert_true(answer.id > 0 && answer.at > 0);
}

static void test_due__a_freeze_is_noted_once(void **state)
{
	struct place *place = *state;

	furnish(place->store);
	assert_int_equal(DUE_SKIPPED, run_with(frozen, place->store, true).decision.verdict);
	assert_int_equal(0, skipped(place));
	assert_int_equal(DUE_SKIPPED, run(frozen, place->store).decision.verdict);
	assert_int_equal(DUE_LATER, run(frozen, place->store).decision.verdict);
	assert_int_equal(1, skipped(place));
	assert_int_equal(0, scene.synced + scene.rehearsed);
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'rehearsal.skipped'"
				    " AND subject_id = 'production' AND payload LIKE"
				    " '%it falls into ''2020-01-01/2190-01-01''%'"));
}

/* The day is over: the newest answer, be it a rehearsal's or a reason, is as old as it can be. */
static void pass_a_day(const struct place *place)
{
	place_meddle(place, "UPDATE rehearsal SET started_at = 1, ended_at = 1 WHERE ended_at > 0");
}

static void test_due__a_waiting_clone_holds_back_until_it_expires(void **state)
{
	struct place *place = *state;
	struct rehearsed_answer answer = { 0 };
	struct error err = { 0 };

	furnish(place->store);
	run(daily, place->store);
	pass_a_day(place);

	struct run_end told = run(daily, place->store);

	assert_int_equal(DUE_SKIPPED, told.decision.verdict);
	assert_non_null(
		strstr(told.decision.reason, "production/clone-1 still waits for approval"));
	assert_int_equal(DUE_LATER, run(daily, place->store).decision.verdict);
	assert_false(told.has_removed);

	/* Expired, it goes at once, and the rehearsal waits for its time. */
	place_meddle(place, "UPDATE clone SET expires_at = 1");
	told = run(daily, place->store);
	assert_int_equal(DUE_LATER, told.decision.verdict);
	assert_true(told.has_removed);
	assert_int_equal(1, scene.removed);
	assert_int_equal(1, scene.rehearsed);
	assert_int_equal(0, rehearsed_find(place->store, "production", &answer, &err));
	assert_string_equal("its clone expired", answer.reason);
	assert_int_equal(1, answer.at);
	assert_string_equal("", answer.clone);
}

/* A clone that waits for approval, whose time is over. */
static void furnish_expired(const struct place *place)
{
	struct clone_change change = { .to = CLONE_MAKING, .candidate = place_candidate };
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	struct error err = { 0 };

	furnish(place->store);
	run(daily, place->store);
	assert_int_equal(0, store_clone_find(place->store, "production/clone-1", &row, &err));
	assert_int_equal(0, store_clone_change(place->store, &row, &change, "timer", &err));
	place_meddle(place, "UPDATE clone SET expires_at = 1");
	pass_a_day(place);
}

static void say(struct store *store, enum approval kind, const char *person)
{
	const struct approval_row word = { .environment = "production/clone-1",
		.candidate = place_candidate,
		.kind = kind,
		.comment = "" };
	struct error err = { 0 };

	assert_int_equal(0, store_approval_add(store, &word, person, &err));
}

static void test_due__an_approved_clone_is_not_removed(void **state)
{
	struct place *place = *state;

	furnish_expired(place);
	say(place->store, APPROVAL_REJECT, "alice");
	say(place->store, APPROVAL_APPROVE, "alice");
	assert_int_equal(DUE_RUN, run(daily, place->store).decision.verdict);
	assert_int_equal(0, scene.removed);
	assert_int_equal(2, scene.rehearsed);
}

static void test_due__a_clone_rejected_after_it_was_approved_is_removed(void **state)
{
	struct place *place = *state;

	furnish_expired(place);
	say(place->store, APPROVAL_APPROVE, "alice");
	say(place->store, APPROVAL_REJECT, "alice");
	assert_true(run(daily, place->store).has_removed);
	assert_int_equal(1, scene.removed);
}

static void test_due__one_rejection_outweighs_the_approvals_of_others(void **state)
{
	struct place *place = *state;

	furnish_expired(place);
	say(place->store, APPROVAL_REJECT, "bob");
	say(place->store, APPROVAL_APPROVE, "alice");
	assert_true(run(daily, place->store).has_removed);
	assert_int_equal(1, scene.removed);
}

static void test_due__goes_on_with_its_own_and_waits_for_others(void **state)
{
	struct place *place = *state;
	CLEANUP(rehearsal_row_done) struct rehearsal_row person = { 0 }, timer = { 0 };
	const struct rehearsal_change end = { .to = REHEARSAL_ENDED, .reason = "given up" };
	struct error err = { 0 };

	furnish(place->store);
	assert_int_equal(
		0, store_rehearsal_add(place->store,
			   &(struct rehearsal_draft){ "production", "{}", ORIGIN_PERSON, "alice" },
			   &person, &err));
	assert_int_equal(DUE_SKIPPED, run(daily, place->store).decision.verdict);
	assert_int_equal(0, store_rehearsal_change(place->store, &person, &end, "alice", &err));
	assert_int_equal(
		0, store_rehearsal_add(place->store,
			   &(struct rehearsal_draft){ "production", "{}", ORIGIN_DUE, "timer" },
			   &timer, &err));
	scene.is_alive = true;
	assert_int_equal(DUE_LATER, run(daily, place->store).decision.verdict);
	scene.is_alive = false;
	assert_int_equal(DUE_RESUME, run(daily, place->store).decision.verdict);
	assert_int_equal(1, scene.resumed);
	assert_int_equal(0, scene.rehearsed);
}

static void test_due__two_at_once_do_it_once(void **state)
{
	struct place *place = *state;
	CLEANUP(store_close) struct store *theirs = place_connect(place);
	CLEANUP(lease_free) struct lease *other = NULL;
	struct error err = { 0 };

	furnish(place->store);
	assert_int_equal(
		0, lease_take(theirs, "production/due", "patchline due", "cron", &other, &err));

	struct run_end told = run(daily, place->store);

	assert_int_equal(DUE_LATER, told.decision.verdict);
	assert_non_null(strstr(told.decision.reason, "patchline due"));
	assert_int_equal(0, scene.rehearsed);
}

static void test_due__a_missing_calendar_is_an_error_of_its_environment(void **state)
{
	struct place *place = *state;

	furnish(place->store);

	struct run_end told = run(torn, place->store);

	assert_int_equal(ERR_NOT_FOUND, told.error.kind);
	assert_non_null(strstr(told.error.text, "nowhere.ics"));
	assert_int_equal(0, scene.rehearsed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_due__answers_an_occurrence_once),
		IN_PLACE(test_due__failing_is_an_answer_too),
		IN_PLACE(test_due__what_could_not_begin_is_told_once),
		IN_PLACE(test_due__rehearses_what_is_configured),
		IN_PLACE(test_rehearsed__nothing_pending_is_an_answer),
		IN_PLACE(test_due__a_freeze_is_noted_once),
		IN_PLACE(test_due__a_waiting_clone_holds_back_until_it_expires),
		IN_PLACE(test_due__an_approved_clone_is_not_removed),
		IN_PLACE(test_due__a_clone_rejected_after_it_was_approved_is_removed),
		IN_PLACE(test_due__one_rejection_outweighs_the_approvals_of_others),
		IN_PLACE(test_due__goes_on_with_its_own_and_waits_for_others),
		IN_PLACE(test_due__two_at_once_do_it_once),
		IN_PLACE(test_due__a_missing_calendar_is_an_error_of_its_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
