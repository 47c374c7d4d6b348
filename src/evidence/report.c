/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/report.h"

#include "base/error.h"
#include "base/mem.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static size_t *counter(struct report *r, enum case_outcome outcome)
{
	size_t *const counters[CASE_OUTCOME_COUNT] = {
		[CASE_PASSED] = &r->passed,
		[CASE_FAILED] = &r->failed,
		[CASE_SKIPPED] = &r->skipped,
	};

	return counters[outcome];
}

/* Cut at `limit` bytes, not within a UTF-8 character. */
static size_t cut_size(const char *text, size_t limit)
{
	size_t size = strnlen(text, limit + 1);

	if (size <= limit)
		return size;
	size = limit;
	while (size && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

static bool is_control(unsigned char c)
{
	return (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

/* C1 controls (0x80 to 0x9f) are two bytes in UTF-8, the first being 0xc2. */
static char *clean_copy(const char *text, size_t limit)
{
	char *copy = mem_strndup(text, cut_size(text, limit));

	for (char *at = copy; *at; at++) {
		if (is_control((unsigned char)*at))
			*at = '?';
		else if ((unsigned char)at[0] == 0xc2 && (unsigned char)at[1] < 0xa0 && at[1])
			at[0] = at[1] = '?';
	}
	return copy;
}

int report_add(struct report *r, const char *name, enum case_outcome outcome, const char *message,
	struct error *err)
{
	if (r->count == REPORT_CASES_MAX)
		return error_set(err, ERR_CORRUPT,
			"more than %d tests in one report; split the suite", REPORT_CASES_MAX);
	r->cases = mem_room(r->cases, r->count, &r->capacity, sizeof *r->cases);
	r->cases[r->count] = (struct test_case){
		.name = name && *name ? clean_copy(name, REPORT_NAME_MAX)
				      : mem_printf("test %zu", r->count + 1),
		.message = clean_copy(message ? message : "", REPORT_MESSAGE_MAX),
		.outcome = outcome,
	};
	r->count++;
	++*counter(r, outcome);
	return 0;
}

static void turn(struct report *r, struct test_case *c, enum case_outcome outcome)
{
	--*counter(r, c->outcome);
	c->outcome = outcome;
	++*counter(r, outcome);
}

void report_fail_last(struct report *r)
{
	if (r->count)
		turn(r, &r->cases[r->count - 1], CASE_FAILED);
}

void report_skip_passed(struct report *r, size_t from, size_t surplus)
{
	for (size_t i = r->count; i > from && surplus; i--) {
		if (r->cases[i - 1].outcome != CASE_PASSED)
			continue;
		turn(r, &r->cases[i - 1], CASE_SKIPPED);
		surplus--;
	}
}

void report_add_message(struct report *r, const char *line)
{
	if (!r->count)
		return;

	struct test_case *last = &r->cases[r->count - 1];
	size_t used = strlen(last->message);

	if (used + 1 >= REPORT_MESSAGE_MAX)
		return;

	CLEANUP(free) char *more = clean_copy(line, REPORT_MESSAGE_MAX - used - 1);
	char *all = mem_printf("%s%s%s", last->message, used ? "\n" : "", more);

	free(last->message);
	last->message = all;
}

void report_done(struct report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->cases[i].name);
		free(r->cases[i].message);
	}
	free(r->cases);
	*r = (struct report){ 0 };
}
