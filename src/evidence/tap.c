/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/tap.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "evidence/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_SIZE  ((size_t)16 * 1024) /* the rest of a longer line is dropped */
#define SUBTEST_INDENT 4
#define MISSING_TOLD   5
#define VERSION_OLDEST 12
#define VERSION_NEWEST 14
#define PLAN_NAME      "plan"
#define MESSAGE_MAX    200

struct tap {
	struct report *report;
	size_t line;   /* number of the present one */
	bool has_plan; /* seen, in line plan_line */
	size_t plan_line, planned;
	size_t last, seen;      /* number of the last test; how many came */
	unsigned char *numbers; /* owned: 1 for each number that came, from 0 to REPORT_CASES_MAX */
	bool is_in_block;       /* within a YAML block, indented by block_indent */
	size_t block_indent;
	struct str subtests; /* names of failed subtests, until their parent comes */
	bool is_bailed_out;
};

enum directive { DIRECTIVE_NONE, DIRECTIVE_SKIP, DIRECTIVE_TODO };

/* A test line, cut up. */
struct point {
	bool is_ok;
	size_t number; /* 0: none was given */
	char *name;    /* into the line */
	enum directive directive;
	char *reason; /* into the line, what stands behind the directive; NULL for none */
};

static int fault(struct tap *t, struct error *err, const char *fmt, ...) PRINTF(3, 4);

/* A failure of the whole suite, as a case of its own. */
static int fault(struct tap *t, struct error *err, const char *fmt, ...)
{
	char text[MESSAGE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	return report_add(t->report, PLAN_NAME, CASE_FAILED, text, err);
}

/* A number of at most REPORT_CASES_MAX at *at, which then points behind it; larger ones are told as one more. */
static size_t take_number(char **at)
{
	errno = 0;

	unsigned long number = strtoul(*at, at, 10);

	return errno || number > REPORT_CASES_MAX ? REPORT_CASES_MAX + 1 : number;
}

/* The directives, by their whole words. */
static const struct {
	const char *word;
	enum directive directive;
} directive_words[] = {
	{ "SKIP", DIRECTIVE_SKIP }, { "SKIPPED", DIRECTIVE_SKIP }, { "TODO", DIRECTIVE_TODO },
	{ "TIME", DIRECTIVE_NONE }, /* "# time=3ms", as some runners end a name */
};

/* The first '#' that no backslash guards; NULL when there is none. */
static char *find_hash(char *text)
{
	for (; *text; text++) {
		if (*text == '\\' && text[1])
			text++;
		else if (*text == '#')
			return text;
	}
	return NULL;
}

/* Cut "# SKIP reason" off a name, whole words only, as TAP::Parser::Grammar does; any other '#' is part of the name. */
static void take_directive(struct point *p)
{
	char *hash = find_hash(p->name), *word = hash;
	size_t length = 0;

	if (hash) {
		word += 1 + strspn(hash + 1, " \t");
		while (isalnum((unsigned char)word[length]) || word[length] == '_')
			length++;
	}
	for (size_t i = 0; length && i < sizeof directive_words / sizeof *directive_words; i++) {
		if (strlen(directive_words[i].word) != length ||
			strncasecmp(word, directive_words[i].word, length) != 0)
			continue;
		p->directive = directive_words[i].directive;
		p->reason = str_trim(word + length);
		*hash = '\0';
		break;
	}
	p->name = str_trim(p->name);
}

/* Cut up "not ok 3 - name # SKIP reason". False when the line is no test line. */
static bool take_point(char *line, struct point *out)
{
	struct point p = { .is_ok = !str_starts(line, "not ") };
	char *at = line + (p.is_ok ? 0 : 4);

	if (!str_starts(at, "ok") || isalnum((unsigned char)at[2]) || at[2] == '_')
		return false;
	at = str_trim(at + 2);
	if (isdigit((unsigned char)*at))
		p.number = take_number(&at);
	while (isspace((unsigned char)*at))
		at++;
	if (*at == '-')
		at++;
	p.name = at;
	take_directive(&p);
	*out = p;
	return true;
}

static enum case_outcome point_outcome(const struct point *p)
{
	if (p->directive == DIRECTIVE_TODO)
		return p->is_ok ? CASE_PASSED : CASE_SKIPPED;
	if (!p->is_ok)
		return CASE_FAILED;
	return p->directive == DIRECTIVE_SKIP ? CASE_SKIPPED : CASE_PASSED;
}

/* Every number comes once, and within what a report holds. */
static int note_number(struct tap *t, const struct point *p, struct error *err)
{
	size_t number = p->number ? p->number : t->last + 1;

	t->seen++;
	if (number > REPORT_CASES_MAX)
		return fault(t, err, "line %zu: the test's number is too large", t->line);
	t->last = number;
	if (t->numbers[number])
		return fault(t, err, "line %zu: test %zu is there twice", t->line, number);
	t->numbers[number] = 1;
	return 0;
}

static int read_point(struct tap *t, const struct point *p, struct error *err)
{
	enum case_outcome outcome = point_outcome(p);
	const char *message = outcome == CASE_PASSED ? NULL : p->reason;

	if (note_number(t, p, err) < 0 || report_add(t->report, p->name, outcome, message, err) < 0)
		return -1;
	if (t->subtests.size) {
		report_add_message(t->report, str_text(&t->subtests));
		str_done(&t->subtests);
		if (outcome == CASE_PASSED)
			report_fail_last(t->report);
	}
	return 0;
}

static int read_plan(struct tap *t, char *line, struct error *err)
{
	char *at = line + strlen("1..");
	size_t planned = take_number(&at);
	struct point whole = { .name = at };

	if (t->has_plan)
		return fault(t, err, "line %zu: a second plan; the first is in line %zu", t->line,
			t->plan_line);
	t->has_plan = true;
	t->planned = planned;
	t->plan_line = t->line;
	take_directive(&whole);
	if (planned == 0 && whole.directive == DIRECTIVE_SKIP)
		return report_add(t->report, "all", CASE_SKIPPED, whole.reason, err);
	return 0;
}

static int read_version(struct tap *t, char *at, struct error *err)
{
	size_t version = take_number(&at);

	if (version < VERSION_OLDEST || version > VERSION_NEWEST)
		return error_set(err, ERR_CORRUPT, "line %zu: TAP version %zu; want %d to %d",
			t->line, version, VERSION_OLDEST, VERSION_NEWEST);
	return 0;
}

static int read_bail_out(struct tap *t, char *line, struct error *err)
{
	t->is_bailed_out = true;
	return report_add(
		t->report, "Bail out!", CASE_FAILED, str_trim(line + strlen("Bail out!")), err);
}

/* What stands indented: only its failures are of interest, for its parent, which comes behind it. */
static void read_subtest(struct tap *t, char *line)
{
	struct point p;

	if (!take_point(line, &p) || point_outcome(&p) != CASE_FAILED)
		return;
	if (t->subtests.size < REPORT_MESSAGE_MAX)
		str_addf(&t->subtests, "%ssubtest failed: %s", t->subtests.size ? "\n" : "",
			*p.name ? p.name : "(no name)");
}

/* A comment behind a failed test is its explanation. */
static void read_comment(struct tap *t, char *line)
{
	struct report *r = t->report;

	if (r->count && r->cases[r->count - 1].outcome == CASE_FAILED)
		report_add_message(r, str_trim(line + 1));
}

static void read_block_line(struct tap *t, const char *line)
{
	static const char duration[] = "duration_ms:";
	struct report *r = t->report;

	if (!r->count)
		return;
	if (str_starts(line, duration)) {
		double ms = strtod(line + strlen(duration), NULL);

		r->cases[r->count - 1].ms = ms > 0 && ms < 1e12 ? (int64_t)ms : 0;
	}
	report_add_message(r, line);
}

/* True when the line is part of a YAML block: its marks, or what stands between them. */
static bool read_block(struct tap *t, size_t indent, const char *line)
{
	if (!t->is_in_block) {
		if (!indent || indent >= SUBTEST_INDENT || strcmp(line, "---") != 0)
			return false;
		t->is_in_block = true;
		t->block_indent = indent;
		return true;
	}
	if (indent < t->block_indent && *line) {
		t->is_in_block = false;
		return false;
	}
	if (indent == t->block_indent && strcmp(line, "...") == 0)
		t->is_in_block = false;
	else
		read_block_line(t, line);
	return true;
}

static int read_line(struct tap *t, char *line, struct error *err)
{
	size_t indent = strspn(line, " \t");
	char *text = str_trim(line);
	struct point p;

	if (read_block(t, indent, text))
		return 0;
	if (str_starts(text, "Bail out!"))
		return read_bail_out(t, text, err);
	if (indent >= SUBTEST_INDENT) {
		read_subtest(t, text);
		return 0;
	}
	if (indent)
		return 0;
	if (take_point(text, &p))
		return read_point(t, &p, err);
	if (str_starts(text, "1..") && isdigit((unsigned char)text[3]))
		return read_plan(t, text, err);
	if (str_starts(text, "TAP version "))
		return read_version(t, text + strlen("TAP version "), err);
	if (*text == '#')
		read_comment(t, text);
	return 0;
}

/* The numbers that the plan promises and that did not come: "3, 5, 6 ...". */
static void list_missing(const struct tap *t, struct str *out)
{
	size_t told = 0;

	for (size_t i = 1; i <= t->planned && told <= MISSING_TOLD; i++) {
		if (t->numbers[i])
			continue;
		if (told < MISSING_TOLD)
			str_addf(out, "%s%zu", told ? ", " : "", i);
		else
			str_add(out, " ...");
		told++;
	}
}

static int check_plan(struct tap *t, struct error *err)
{
	CLEANUP(str_done) struct str missing = { 0 };

	if (t->is_bailed_out)
		return 0;
	if (t->subtests.size && fault(t, err, "%s", str_text(&t->subtests)) < 0)
		return -1;
	if (!t->has_plan)
		return t->seen ? fault(t, err,
					 "no plan among %zu lines (a line \"1..%zu\"): it may have "
					 "ended too early",
					 t->line, t->seen)
			       : 0;
	if (t->planned > REPORT_CASES_MAX)
		return error_set(err, ERR_CORRUPT, "line %zu: the plan promises more than %d tests",
			t->plan_line, REPORT_CASES_MAX);
	list_missing(t, &missing);
	if (missing.size)
		return fault(t, err, "line %zu: the plan promises %zu tests, %zu came; missing: %s",
			t->plan_line, t->planned, t->seen, str_text(&missing));
	if (t->seen > t->planned)
		return fault(t, err, "line %zu: the plan promises %zu tests, but %zu came",
			t->plan_line, t->planned, t->seen);
	return 0;
}

static int read_lines(struct tap *t, const char *text, size_t size, struct error *err)
{
	const char *end = text + size;

	while (text < end && !t->is_bailed_out) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t length = (size_t)((newline ? newline : end) - text);
		CLEANUP(free)
		char *line = mem_strndup(text, length < LINE_MAX_SIZE ? length : LINE_MAX_SIZE);

		t->line++;
		if (read_line(t, line, err) < 0)
			return -1;
		text += length + 1;
	}
	return check_plan(t, err);
}

int tap_parse(const char *text, size_t size, struct report *out, struct error *err)
{
	CLEANUP(report_done) struct report report = { 0 };
	struct tap t = { .report = &report };

	if (size > TAP_SIZE_MAX)
		return error_set(err, ERR_CORRUPT, "longer than %zu bytes", TAP_SIZE_MAX);
	t.numbers = mem_new(REPORT_CASES_MAX + 1, 1);

	int result = read_lines(&t, text, size, err);

	free(t.numbers);
	str_done(&t.subtests);
	if (result == 0) {
		*out = STEAL(&report);
	}
	return result;
}
