/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/gate.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Add a reason; the texts become the decision's. */
static struct gate_reason *add_reason(
	struct gate_decision *d, enum gate_reason_kind kind, char *text, char *remedy)
{
	d->reasons = mem_room(d->reasons, d->count, &d->capacity, sizeof *d->reasons);
	d->reasons[d->count] = (struct gate_reason){ .kind = kind, .text = text, .remedy = remedy };
	return &d->reasons[d->count++];
}

/* Why a predecessor cannot vouch at all. */
static const struct {
	const char *is, *remedy;
} unsettled[ENVIRONMENT_STATUS_COUNT] = {
	[ENVIRONMENT_UNKNOWN] = { "is not known to run what was told",
		"'patchline status' shows what its hosts say; put that right and promote to it again, or tell "
		"what it runs with 'patchline deployed'" },
	[ENVIRONMENT_CLEAN] = { NULL, NULL },
	[ENVIRONMENT_ROLLING] = { "has a rollout running", "wait for the rollout to end" },
	[ENVIRONMENT_MIXED] = { "is mixed: a rollout stopped half-way",
		"finish its rollout: run the promotion to it again" },
};

/* The patches are there, and other code than the candidate's: a candidate is both. */
static void add_code_missing(const struct gate_facts *f, struct gate_decision *d)
{
	int release = (int)strcspn(f->candidate, "+");

	add_reason(d, GATE_SKIPS,
		mem_printf("%s has the set of %s, but not its code: it runs release %s, not %.*s",
			f->predecessor, f->candidate, f->release ? f->release : "unknown", release,
			f->candidate),
		mem_printf("deploy %.*s there, then: patchline deployed %.*s --to %s", release,
			f->candidate, release, f->candidate, f->predecessor));
}

/* True when the predecessor is complete with this very candidate. */
static bool check_predecessor(const struct gate_facts *f, struct gate_decision *d)
{
	if (f->status != ENVIRONMENT_CLEAN) {
		add_reason(d, GATE_UNSETTLED,
			mem_printf("%s %s, so it cannot vouch for %s", f->predecessor,
				unsettled[f->status].is, f->candidate),
			mem_strdup(unsettled[f->status].remedy));
		return false;
	}
	if (!str_equal(f->running, f->candidate) && f->has_set) {
		add_code_missing(f, d);
		return false;
	}
	if (!str_equal(f->running, f->candidate)) {
		add_reason(d, GATE_SKIPS,
			mem_printf("%s may not be skipped: it runs %s, not %s", f->predecessor,
				f->running ? f->running : "no candidate", f->candidate),
			mem_printf("patchline promote %s --to %s", f->candidate, f->predecessor));
		return false;
	}
	return true;
}

/* By suite and place; of one place the newest comes last, whatever the clock said, and of one number one that is no pass. */
static int compare_tests(const void *a, const void *b)
{
	const struct gate_test *x = *(const struct gate_test *const *)a;
	const struct gate_test *y = *(const struct gate_test *const *)b;
	int order = strcmp(x->suite, y->suite);

	if (!order)
		order = strcmp(x->host, y->host);
	if (!order)
		order = (x->number > y->number) - (x->number < y->number);
	return order ? order : (x->outcome != OUTCOME_PASSED) - (y->outcome != OUTCOME_PASSED);
}

/* The tests in that order; free(). */
static const struct gate_test **sort_tests(const struct gate_facts *f)
{
	const struct gate_test **sorted = mem_new(f->test_count, sizeof(struct gate_test *));

	for (size_t i = 0; i < f->test_count; i++)
		sorted[i] = &f->tests[i];
	mem_sort(sorted, f->test_count, sizeof(struct gate_test *), compare_tests);
	return sorted;
}

/* The newest result of a suite in a place; NULL when there is none. */
static const struct gate_test *newest_test(
	const struct gate_test *const *sorted, size_t count, const struct gate_place *p)
{
	size_t low = 0, high = count; /* behind the place are those from high on */

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(sorted[middle]->suite, p->suite);

		if (!order)
			order = strcmp(sorted[middle]->host, p->host);
		if (order <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || strcmp(sorted[low - 1]->suite, p->suite) != 0 ||
		strcmp(sorted[low - 1]->host, p->host) != 0)
		return NULL;
	return sorted[low - 1];
}

/* "test 'shop' on qa-web1", owned by the caller. */
static char *test_words(const struct gate_place *p)
{
	return mem_printf("test '%s'%s%s", p->suite, *p->host ? " on " : "", p->host);
}

/* What a test that is no pass has done. */
static const char *const endings[OUTCOME_COUNT] = {
	[OUTCOME_PASSED] = "passed",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_ERROR] = "could not be run or read",
	[OUTCOME_TIMED_OUT] = "ran out of time",
};

static void check_test(const struct gate_facts *f, const struct gate_place *p,
	const struct gate_test *t, struct gate_decision *d)
{
	CLEANUP(free) char *words = test_words(p);
	char moment[CLOCK_TEXT_SIZE], *text;
	enum gate_reason_kind kind = GATE_TEST_STALE;

	if (!t) {
		kind = GATE_TEST_MISSING;
		text = mem_printf(
			"%s has not run in %s for %s", words, f->predecessor, f->candidate);
	} else if (t->at < f->entered_at) {
		text = mem_printf("%s ran in %s before the environment was complete (%s)", words,
			f->predecessor, clock_format(f->entered_at, moment));
	} else if (t->outcome != OUTCOME_PASSED) {
		kind = GATE_TEST_FAILED;
		text = mem_printf("%s %s in %s at %s", words, endings[t->outcome], f->predecessor,
			clock_format(t->at, moment));
	} else if (!t->is_current) {
		text = mem_printf("hosts of %s have changed since %s passed at %s", f->predecessor,
			words, clock_format(t->at, moment));
	} else {
		return;
	}
	add_reason(d, kind, text, mem_printf("patchline test %s", f->predecessor));
}

static void check_suite(const struct gate_facts *f, const char *suite,
	const struct gate_test *const *sorted, struct gate_decision *d)
{
	const struct gate_place controller = { suite, "" };
	bool has_place = false;

	for (size_t i = 0; i < f->place_count; i++) {
		const struct gate_place *p = &f->places[i];

		if (strcmp(p->suite, suite) == 0) {
			has_place = true;
			check_test(f, p, newest_test(sorted, f->test_count, p), d);
		}
	}
	if (!has_place)
		check_test(f, &controller, newest_test(sorted, f->test_count, &controller), d);
}

static void check_tests(const struct gate_facts *f, struct gate_decision *d)
{
	CLEANUP(free) const struct gate_test **sorted = sort_tests(f);

	for (const char *const *suite = f->gate->tests; suite && *suite; suite++)
		check_suite(f, *suite, sorted, d);
}

/* The last word of the person who said approvals[index], or NULL when that is another entry. Of words of one
 * number a rejection is the last; of two equal ones the first in the list is. */
static const struct gate_approval *last_word(const struct gate_facts *f, size_t index)
{
	const struct gate_approval *word = &f->approvals[index];

	for (size_t i = 0; i < f->approval_count; i++) {
		const struct gate_approval *other = &f->approvals[i];

		if (i == index || strcmp(other->by, word->by) != 0)
			continue;
		if (other->number > word->number)
			return NULL;
		if (other->number == word->number && other->kind != word->kind &&
			other->kind == APPROVAL_REJECT)
			return NULL;
		if (other->number == word->number && other->kind == word->kind && i < index)
			return NULL;
	}
	return word;
}

static bool is_approver(const struct gate *gate, const char *name)
{
	if (!gate->approvers || !*gate->approvers)
		return true;
	for (const char *const *known = gate->approvers; *known; known++) {
		if (strcmp(*known, name) == 0)
			return true;
	}
	return false;
}

/* Who may still approve: ", by " those of the list that have not; without a list whoever has not; "" for anybody. */
static char *missing_approvers(const struct gate *gate, const char *given)
{
	CLEANUP(str_done) struct str s = { 0 };

	for (const char *const *known = gate->approvers; known && *known; known++) {
		CLEANUP(free) char *listed = mem_printf(" %s,", *known);

		if (!strstr(given, listed))
			str_addf(&s, "%s%s", s.size ? ", " : ", by ", *known);
	}
	if (!s.size && *given)
		str_add(&s, ", by somebody else");
	return str_take(&s);
}

static void tell_approvals(
	const struct gate_facts *f, size_t count, const char *given, struct gate_decision *d)
{
	CLEANUP(free) char *who = missing_approvers(f->gate, given);
	size_t size = strlen(given);

	add_reason(d, GATE_APPROVALS,
		mem_printf("%zu of %u approvals of %s in %s%s%.*s%s", count, f->gate->approvals,
			f->candidate, f->predecessor, size ? " (by" : "",
			size ? (int)(size - 1) : 0, given, size ? ")" : ""),
		mem_printf("patchline approve %s --in %s%s", f->candidate, f->predecessor, who));
}

/* Each person's last word counts, once; a rejection whoever gives it, an approval of those listed. */
static void check_approvals(const struct gate_facts *f, struct gate_decision *d)
{
	CLEANUP(str_done) struct str given = { 0 }; /* " anna, ben," */
	size_t count = 0;

	for (size_t i = 0; i < f->approval_count; i++) {
		const struct gate_approval *a = last_word(f, i);
		char moment[CLOCK_TEXT_SIZE];

		if (!a)
			continue;
		if (a->kind == APPROVAL_REJECT) {
			add_reason(d, GATE_REJECTED,
				mem_printf("%s rejected %s in %s at %s", a->by, f->candidate,
					f->predecessor, clock_format(a->at, moment)),
				mem_printf("an approval by %s, or a new candidate", a->by));
		} else if (a->at >= f->entered_at && is_approver(f->gate, a->by)) {
			count++;
			str_addf(&given, " %s,", a->by);
		}
	}
	if (count < f->gate->approvals)
		tell_approvals(f, count, str_text(&given), d);
}

static void check_soak(const struct gate_facts *f, struct gate_decision *d)
{
	int64_t until = f->entered_at + f->gate->soak;
	char asked[CLOCK_TEXT_SIZE], left[CLOCK_TEXT_SIZE], moment[CLOCK_TEXT_SIZE];

	if (!f->gate->soak || f->now >= until)
		return;
	add_reason(d, GATE_SOAK,
		mem_printf("%s is to stay in %s for %s; %s are left%s", f->candidate,
			f->predecessor, clock_format_age(f->gate->soak, asked),
			clock_format_age(until - f->now, left),
			f->now < f->entered_at
				? ": this machine's clock is before the moment it came there"
				: ""),
		mem_printf("wait until %s", clock_format(until, moment)))
		->until = until;
}

static enum gate_verdict judge_decision(const struct gate_decision *d)
{
	for (size_t i = 0; i < d->count; i++) {
		if (d->reasons[i].kind != GATE_SOAK)
			return GATE_REFUSED;
	}
	return d->count ? GATE_WAITING : GATE_OPEN;
}

void gate_decide(const struct gate_facts *facts, struct gate_decision *out)
{
	struct gate_decision d = { 0 };

	if (facts->predecessor && check_predecessor(facts, &d)) {
		check_tests(facts, &d);
		check_approvals(facts, &d);
		check_soak(facts, &d);
	}
	d.verdict = judge_decision(&d);
	*out = d;
}

int gate_check(
	const struct gate_facts *facts, const struct gate_decision *decision, struct error *err)
{
	CLEANUP(str_done) struct str s = { 0 };

	if (decision->verdict == GATE_OPEN)
		return 0;
	for (size_t i = 0; i < decision->count; i++)
		str_addf(&s, "%s%s (%s)", i ? "; " : "", decision->reasons[i].text,
			decision->reasons[i].remedy);
	return error_set(err, decision->verdict == GATE_WAITING ? ERR_WAITING : ERR_REFUSED,
		"%s may not enter %s: %s", facts->candidate, facts->target, str_text(&s));
}

const char *gate_verdict_name(enum gate_verdict verdict)
{
	static const char *const names[GATE_VERDICT_COUNT] = {
		[GATE_OPEN] = "open",
		[GATE_WAITING] = "waiting",
		[GATE_REFUSED] = "refused",
	};

	assert(verdict < GATE_VERDICT_COUNT);
	return names[verdict];
}

const char *gate_reason_kind_name(enum gate_reason_kind kind)
{
	static const char *const names[GATE_REASON_KIND_COUNT] = {
		[GATE_SKIPS] = "skips",
		[GATE_UNSETTLED] = "unsettled",
		[GATE_TEST_MISSING] = "test-missing",
		[GATE_TEST_FAILED] = "test-failed",
		[GATE_TEST_STALE] = "test-stale",
		[GATE_APPROVALS] = "approvals",
		[GATE_REJECTED] = "rejected",
		[GATE_SOAK] = "soak",
	};

	assert(kind < GATE_REASON_KIND_COUNT);
	return names[kind];
}

void gate_decision_done(struct gate_decision *decision)
{
	for (size_t i = 0; i < decision->count; i++) {
		free(decision->reasons[i].text);
		free(decision->reasons[i].remedy);
	}
	free(decision->reasons);
	*decision = (struct gate_decision){ 0 };
}
