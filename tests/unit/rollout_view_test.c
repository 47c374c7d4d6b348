/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/term/lines.h"
#include "cli/watch/rollout_snapshot.h"
#include "cli/watch/rollout_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1795000000)

/* Wide characters, an escape, and more than any line holds. */
#define LONG_REASON                                                                                \
	"apply: \033[31mdpkg\033[0m: \xE6\xBC\xA2\xE5\xAD\x97 error: "                             \
	"there is no space left on the device, and so nothing was unpacked on it, nothing at all"

/* A rollout that runs, with its hosts in an array of the test's. */
static struct rollout_snapshot seen(struct rollout_host_row *hosts, size_t count)
{
	return (struct rollout_snapshot){
		.rollout = { .id = 4,
			.environment = "production",
			.candidate = "2.2+a41f",
			.state = ROLLOUT_RUNNING,
			.reason = "",
			.started_at = NOW - 720,
			.started_by = "alice",
			.wished_by = "" },
		.hosts = { hosts, count },
		.at = NOW,
		.heard_at = NOW - 5,
		.is_driven = true,
	};
}

static struct rollout_host_row host(
	const char *name, int64_t wave, enum host_verdict verdict, const char *reason)
{
	return (struct rollout_host_row){
		.host = name,
		.group = "web",
		.wave = wave,
		.verdict = verdict,
		.reason = reason,
		.plan = "",
		.said = "",
		.started_at = NOW - 100,
		.ended_at = verdict == HOST_WAITING || verdict == HOST_RUNNING ? 0 : NOW - 60,
	};
}

static void fill(const struct rollout_snapshot *g, size_t columns, size_t rows, struct lines *out)
{
	const struct rollout_view view = { g, columns, rows, "", false, false };

	rollout_view_fill(&view, out);
}

/* The number of the first line with that text; -1 when none has it. */
static int line_of(const struct lines *l, const char *text)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strstr(l->items[i].text, text))
			return (int)i;
	}
	return -1;
}

static void assert_shows(const struct lines *l, const char *text)
{
	if (line_of(l, text) < 0) {
		for (size_t i = 0; i < l->count; i++)
			print_message("%s\n", l->items[i].text);
		fail_msg("nowhere: %s", text);
	}
}

static void test_view__has_failures_first_then_work_then_those_who_wait(void **state)
{
	struct rollout_host_row hosts[] = {
		host("done1", 1, HOST_DONE, ""),
		host("busy1", 1, HOST_RUNNING, ""),
		host("lost1", 1, HOST_UNREACHABLE, "no route to host"),
		host("wait1", 2, HOST_WAITING, ""),
		host("wait2", 2, HOST_WAITING, ""),
		host("wait3", 3, HOST_WAITING, ""),
		host("fail1", 3, HOST_FAILED, "precheck: disk full"),
	};
	struct step_row steps[] = { { .rollout = 4,
		.host = "busy1",
		.step = STEP_APPLY,
		.started_at = NOW - 31,
		.deadline_at = NOW + 1800 } };
	struct rollout_snapshot g = seen(hosts, sizeof hosts / sizeof *hosts);
	CLEANUP(lines_done) struct lines lines = { 0 };

	(void)state;
	g.open = (struct step_rows){ steps, 1 };
	hosts[1].said = "Setting up nginx";
	fill(&g, 80, 24, &lines);
	assert_int_equal(24, lines.count);
	assert_shows(&lines, "rollout-4: 2.2+a41f to production, running (12m), by alice");
	assert_shows(&lines, " 42% 3 of 7: 1 failed, 1 unreachable, 1 running, 1 done, 3 waiting");
	assert_shows(&lines, "first deadline: apply on busy1, ");
	assert_shows(&lines, "lost1  unreachable    60s           no route to host");
	assert_shows(&lines, "busy1  apply          31s    30m    Setting up nginx");
	assert_true(line_of(&lines, "lost1") < line_of(&lines, "precheck: disk full"));
	assert_true(line_of(&lines, "precheck: disk full") < line_of(&lines, "Setting up"));
	assert_true(line_of(&lines, "Setting up") < line_of(&lines, "2  web: 2 waiting"));
	assert_true(line_of(&lines, "2  web: 2 waiting") < line_of(&lines, "3  web: 1 waiting"));
	assert_true(line_of(&lines, "3  web: 1 waiting") < line_of(&lines, "done1"));
	assert_int_equal(-1, line_of(&lines, "wait1"));
	assert_int_equal(TONE_BAD, lines.items[line_of(&lines, "lost1")].tone);
	assert_int_equal(TONE_GOOD, lines.items[line_of(&lines, "done1")].tone);
	assert_string_equal(
		"p pause   c cancel   q quit, the rollout goes on   ? help", lines.items[23].text);
}

/* The hosts of a large rollout, names owned. */
static void crowd(struct rollout_host_row *hosts, size_t count, size_t failed, size_t running)
{
	for (size_t i = 0; i < count; i++) {
		enum host_verdict verdict = i < failed             ? HOST_FAILED
					    : i < failed + running ? HOST_RUNNING
								   : HOST_WAITING;

		hosts[i] = host(mem_printf("a-host-with-a-long-name-%zu", i), (int64_t)i / 10 + 1,
			verdict, LONG_REASON);
		hosts[i].said = LONG_REASON;
	}
}

static void crowd_free(struct rollout_host_row *hosts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free((void *)(uintptr_t)hosts[i].host);
}

static void test_view__never_leaves_its_screen(void **state)
{
	static const size_t counts[][2] = { { 0, 0 }, { 3, 0 }, { 0, 3 }, { 2, 2 }, { 60, 40 },
		{ 100, 0 }, { 0, 100 } };
	struct rollout_host_row hosts[100];

	(void)state;
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
		struct rollout_snapshot g = seen(hosts, 100);

		crowd(hosts, 100, counts[i][0], counts[i][1]);
		for (size_t rows = 1; rows < 60; rows += 1 + rows / 8) {
			for (size_t columns = 1; columns < 200; columns += 1 + columns / 8) {
				CLEANUP(lines_done) struct lines lines = { 0 };

				fill(&g, columns, rows, &lines);
				assert_in_range(lines.count, 1, rows);
				for (size_t k = 0; k < lines.count; k++)
					assert_in_range(
						cells_width(lines.items[k].text), 0, columns);
			}
		}
		crowd_free(hosts, 100);
	}
}

static void test_view__tells_how_many_it_leaves_out(void **state)
{
	struct rollout_host_row hosts[100];
	struct rollout_snapshot g = seen(hosts, 100);
	CLEANUP(lines_done) struct lines lines = { 0 };

	(void)state;
	crowd(hosts, 100, 50, 20);
	fill(&g, 80, 24, &lines);
	assert_shows(&lines, "... and 41 more failed");
	assert_shows(&lines, "... and 16 more running");
	assert_shows(&lines, "   8  web: 10 waiting");
	assert_shows(&lines, "  10  web: 10 waiting");
	assert_true(line_of(&lines, "more failed") < line_of(&lines, "more running"));
	lines_done(&lines);
	fill(&g, 80, 14, &lines);
	assert_shows(&lines, "... and 47 more failed");
	assert_shows(&lines, "... and 19 more running");
	assert_shows(&lines, "   9  and later waves: 20 waiting");
	crowd_free(hosts, 100);
}

static void test_view__shows_words_of_hosts_without_what_terminals_obey(void **state)
{
	struct rollout_host_row hosts[] = { host("w\xC3\xBC"
						 "1",
		1, HOST_FAILED, LONG_REASON) };
	struct rollout_snapshot g = seen(hosts, 1);
	CLEANUP(lines_done) struct lines lines = { 0 };

	(void)state;
	fill(&g, 80, 24, &lines);
	assert_int_equal(-1, line_of(&lines, "\033"));
	assert_shows(&lines,
		"   1  w\xC3\xBC"
		"1   failed         60s           "
		"apply: dpkg: \xE6\xBC\xA2\xE5\xAD\x97 error: there is no s\xE2\x80\xA6");
	assert_int_equal(80, cells_width(lines.items[4].text));
}

static void test_view__says_what_is_wrong(void **state)
{
	struct rollout_host_row hosts[] = { host("web1", 1, HOST_RUNNING, "") };
	struct step_row step = {
		.rollout = 4, .host = "web1", .started_at = NOW - 90, .deadline_at = NOW - 30
	};
	struct rollout_snapshot g = seen(hosts, 1);
	CLEANUP(lines_done) struct lines lines = { 0 };

	(void)state;
	g.open = (struct step_rows){ &step, 1 };
	fill(&g, 80, 24, &lines);
	assert_shows(&lines, "stage on web1 is over its time by 30s");
	assert_shows(&lines, "90s    over");
	lines_done(&lines);

	g.rollout.wish = WISH_PAUSE;
	g.rollout.wished_by = "bob";
	fill(&g, 80, 24, &lines);
	assert_shows(&lines, "pause asked by bob: hosts under way come to their end; ");
	lines_done(&lines);

	g.is_driven = false;
	g.heard_at = NOW - 180;
	fill(&g, 80, 24, &lines);
	assert_shows(&lines, "its program died, last heard of 3m ago: 'patchline resume' goes on");
	assert_int_equal(TONE_BAD, lines.items[2].tone);
	lines_done(&lines);

	g.rollout.state = ROLLOUT_STOPPED;
	g.rollout.reason = "2 of 4 hosts of wave 1 failed";
	fill(&g, 80, 24, &lines);
	assert_shows(&lines, "stopped: 2 of 4 hosts of wave 1 failed");
}

static void test_view__asks_and_helps(void **state)
{
	struct rollout_host_row hosts[] = { host("web1", 1, HOST_RUNNING, "") };
	struct rollout_snapshot g = seen(hosts, 1);
	struct rollout_view view = { &g, 80, 24, "not cancelled", true, true };
	CLEANUP(lines_done) struct lines lines = { 0 };

	(void)state;
	rollout_view_fill(&view, &lines);
	assert_string_equal("cancel rollout-4 for good? y/n", lines.items[23].text);
	assert_string_equal("not cancelled", lines.items[22].text);
	assert_shows(&lines, "q   leave; the rollout goes on");
	assert_int_equal(-1, line_of(&lines, "web1"));
}

static void test_view__sums_up_with_every_failure(void **state)
{
	struct rollout_host_row hosts[100];
	struct rollout_snapshot g = seen(hosts, 100);
	CLEANUP(lines_done) struct lines lines = { 0 };

	(void)state;
	crowd(hosts, 100, 70, 0);
	rollout_view_sum(&g, 80, &lines);
	assert_int_equal(3 + 70, lines.count);
	crowd_free(hosts, 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view__has_failures_first_then_work_then_those_who_wait),
		cmocka_unit_test(test_view__never_leaves_its_screen),
		cmocka_unit_test(test_view__tells_how_many_it_leaves_out),
		cmocka_unit_test(test_view__shows_words_of_hosts_without_what_terminals_obey),
		cmocka_unit_test(test_view__says_what_is_wrong),
		cmocka_unit_test(test_view__asks_and_helps),
		cmocka_unit_test(test_view__sums_up_with_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
