/* SPDX-License-Identifier: Apache-2.0 */
#include "model/package_manager.h"
#include "policy/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1000000
#define FACTS                                                                                      \
	.now = NOW, .host = "qa-web1", .environment = "qa", .scanned_at = NOW - 60,                \
	.packages = package_managers, .way_on = "go so"

/* The kinds of the answers in their order: "held not-frozen". */
static const char *kinds(const struct why_answers *answers, char *out, size_t size)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < answers->count && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? " " : "",
			why_kind_name(answers->items[i].kind));
	return out;
}

static void test_why__tells_what_to_do_first(void **state)
{
	static const struct {
		struct why_facts facts;
		const char *kinds, *what, *todo; /* what and todo: parts of the first answer */
	} cases[] = {
		{ { .now = NOW, .host = "x1" }, "not-configured", "x1 is in no group",
			"inventory" },
		{ { .now = NOW, .host = "x1", .environment = "qa" }, "never-scanned",
			"never scanned", "patchline scan x1" },
		{ { .now = NOW,
			  .host = "x1",
			  .environment = "qa",
			  .error = "no route",
			  .is_unreachable = true },
			"unreachable", "no route", "patchline scan x1" },
		{ { FACTS, .error = "out of memory" }, "scan-failed", "out of memory",
			"patchline scan qa-web1" },
		{ { FACTS, .broken = "nginx half-configured" }, "broken", "half-configured",
			"dpkg --configure -a" },
		{ { FACTS, .pending_problem = "'debian' was never synced" }, "pending-unknown",
			"'debian' was never synced", "" },
		{ { FACTS }, "up-to-date", "nothing is pending", "" },
		{ { FACTS, .pending = 2, .unfrozen = 2, .unfrozen_names = "nginx, perl" },
			"not-frozen", "nginx, perl", "patchline freeze RELEASE" },
		{ { FACTS, .pending = 1, .held = 1, .held_names = "nginx" }, "held",
			"1 package with newer versions is held on it: nginx", "apt-mark unhold" },
		{ { FACTS, .pending = 1, .halted = 1, .halted_names = "jq" }, "halted",
			"1 package has a newer version that its archive has halted: jq", "" },
		{ { FACTS, .pending = 1, .unresolved = 1, .unresolved_reason = "wants libx" },
			"unresolved", "wants libx", "freeze again" },
		{ { FACTS, .pending = 3, .candidate = "2.2+a41f", .candidate_at = "development",
			  .candidate_next = "qa", .gate_missing = "test smoke" },
			"gate",
			"2.2+a41f, which is in development; its gate still wants: test smoke",
			"patchline promote 2.2+a41f --to qa" },
		{ { FACTS, .pending = 3, .candidate = "2.2+a41f", .candidate_at = "development",
			  .candidate_next = "qa" },
			"not-promoted", "nothing keeps from entering qa",
			"patchline promote 2.2+a41f --to qa" },
		{ { FACTS, .pending = 1, .rollout = 7, .is_rolling = true, .candidate = "2.2+a41f",
			  .candidate_next = "qa" },
			"rolling", "rollout-7 is under way in qa", "patchline show rollout-7" },
		{ { FACTS, .drained_at = NOW - 7200, .drained_by = 7 }, "out-of-service",
			"out of service since 2h ago: rollout-7 took its load",
			"patchline undrain qa-web1" },
		{ { FACTS, .at_work = "apply of rollout-7", .drained_at = NOW - 7200,
			  .drained_by = 7 },
			"at-work", "may still be at apply of rollout-7", "asked first: go so" },
		{ { FACTS, .drained_at = NOW, .drained_by = 7, .rollout = 7, .is_rolling = true },
			"rolling", "rollout-7 is under way", "patchline show rollout-7" },
		{ { FACTS, .pending = 1, .rollout = 7, .rollout_failure = "disk full",
			  .mixed_reason = "1 of 2 failed", .candidate = "2.2+a41f",
			  .candidate_next = "qa" },
			"rollout-failed", "disk full", "show rollout-7 --log qa-web1" },
		{ { FACTS, .pending = 1, .rollout = 7, .mixed_reason = "1 of 2 failed" }, "mixed",
			"1 of 2 failed", "then go so" },
		{ { FACTS, .pending = 1, .env_held = "web1 went back", .env_held_by = "ann",
			  .mixed_reason = "1 of 2 failed" },
			"environment-held mixed", "qa is held by ann: web1 went back",
			"patchline lift qa --reason TEXT" },
		{ { FACTS, .drift = "perl is newer" }, "drift", "perl is newer",
			"take the change back" },
		{ { .now = NOW + WHY_SCAN_OLD,
			  .host = "x1",
			  .environment = "qa",
			  .scanned_at = NOW - 60 },
			"scan-old", "7d old", "patchline scan x1" },
		{ { FACTS, .pending = 4, .held = 1, .held_names = "nginx", .unfrozen = 3,
			  .unfrozen_names = "perl", .error = "no route", .is_unreachable = true },
			"unreachable held not-frozen", "no route", "bring it back" },
	};
	char told[200];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(why_answers_done) struct why_answers answers = { 0 };

		why_decide(&cases[i].facts, &answers);
		assert_string_equal(cases[i].kinds, kinds(&answers, told, sizeof told));
		assert_non_null(strstr(answers.items[0].what, cases[i].what));
		assert_non_null(strstr(answers.items[0].todo, cases[i].todo));
	}
}

/* Every kind has a name of its own, so that programs can tell them apart. */
static void test_why__kinds_have_names_of_their_own(void **state)
{
	(void)state;
	for (int i = 0; i < WHY_KIND_COUNT; i++) {
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
				why_kind_name((enum why_kind)i), why_kind_name((enum why_kind)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_why__tells_what_to_do_first),
		cmocka_unit_test(test_why__kinds_have_names_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
