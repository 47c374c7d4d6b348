/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence/suite.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"
#include "evidence/judge.h"
#include "evidence/junit.h"
#include "evidence/tap.h"
#include "model/config.h"

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define MS             1000
#define HOST_PART_MAX  ((size_t)4 * 1024 * 1024) /* of output, and of the report, from a host */
#define MARK_BYTES     16
#define KILL_AFTER     5   /* seconds that a suite has on a host between SIGTERM and SIGKILL */
#define SHELL_GRACE    30  /* seconds that a host has beyond that for its answer */
#define TIMEOUT_STATUS 124 /* of timeout(1); with SIGKILL 137 */

/* "NAME=value" strings, ended by NULL. */
struct variables {
	char **items; /* owned, as the strings are */
	size_t count, capacity;
};

static void variables_done(struct variables *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
}
CLEANUP_DONE(struct variables, variables_done)

static void add_variable(struct variables *v, const char *name, const char *value)
{
	if (v->count + 1 >= v->capacity)
		v->items = mem_grow(v->items, &v->capacity, sizeof *v->items);
	v->items[v->count++] = mem_printf("%s=%s", name, value ? value : "");
}

/* The hosts of a group, or all for NULL, as a variable; left out when the list is too long. */
static void add_host_variable(
	struct variables *v, const char *name, const struct suite_setting *s, const char *group)
{
	CLEANUP(str_done) struct str list = { 0 };

	for (size_t i = 0; i < s->host_count && list.size <= SUITE_LIST_MAX; i++) {
		if (!group || strcmp(s->hosts[i].group, group) == 0)
			str_addf(&list, "%s%s=%s", list.size ? " " : "", s->hosts[i].name,
				s->hosts[i].address);
	}
	if (list.size <= SUITE_LIST_MAX)
		add_variable(v, name, str_text(&list));
}

/* "PATCHLINE_HOSTS_WEB", owned by the caller. */
static char *group_variable(const char *group)
{
	char *name = mem_printf("PATCHLINE_HOSTS_%s", group);

	for (char *at = name; *at; at++)
		*at = (char)((isalnum)((unsigned char)*at) ? (toupper)((unsigned char)*at) : '_');
	return name;
}

/* One variable a group; groups stand together in the list. */
static void add_groups(struct variables *v, const struct suite_setting *s)
{
	for (size_t i = 0; i < s->host_count; i++) {
		const char *group = s->hosts[i].group;

		if (i && strcmp(group, s->hosts[i - 1].group) == 0)
			continue;

		CLEANUP(free) char *name = group_variable(group);

		add_host_variable(v, name, s, group);
	}
}

static void add_facts(struct variables *v, const struct suite *suite, const struct suite_setting *s,
	const struct suite_place *place)
{
	add_variable(v, "PATCHLINE_ENVIRONMENT", s->environment);
	add_variable(v, "PATCHLINE_CLONE", s->clone);
	add_variable(v, "PATCHLINE_CANDIDATE", s->candidate);
	add_variable(v, "PATCHLINE_RELEASE", s->release);
	add_variable(v, "PATCHLINE_SET", s->set);
	add_variable(v, "PATCHLINE_TEST", suite->name);
	add_variable(v, "PATCHLINE_HOST", place ? place->host : "");
	add_host_variable(v, "PATCHLINE_HOSTS", s, NULL);
	add_groups(v, s);
}

static int write_hosts(const char *path, const struct suite_setting *s, struct error *err)
{
	CLEANUP(str_done) struct str list = { 0 };

	for (size_t i = 0; i < s->host_count; i++)
		str_addf(&list, "%s %s %s\n", s->hosts[i].name, s->hosts[i].address,
			s->hosts[i].group);
	return file_write(path, str_text(&list), list.size, 0644, err);
}

/* It could not be run: a result to be kept, like any other. */
static void judge_not_run(const struct error *cause, struct suite_result *out)
{
	out->outcome = OUTCOME_ERROR;
	out->reason = mem_strdup(cause->text);
	out->output = mem_strdup("");
	out->exit_status = -1;
}

static void judge_process(const struct suite *suite, const struct process_result *r,
	const char *report_path, struct suite_result *out)
{
	CLEANUP(free) char *report = NULL;
	struct suite_end end = {
		.exit_status = r->exit_status,
		.is_timed_out = r->is_timed_out,
		.is_truncated = r->is_truncated,
		.output = r->output,
		.output_size = r->output_size,
		.errors = r->errors,
	};
	struct error err = { 0 };

	if (suite->format == TEST_JUNIT && !r->is_timed_out &&
		file_read(report_path, JUNIT_SIZE_MAX, &report, &end.report_size, &err) < 0 &&
		err.kind != ERR_NOT_FOUND)
		judge_not_run(&err, out);
	else {
		end.report = report;
		judge_suite(suite, &end, out);
	}
}

/* The suite's command behind the words that bring it to its place, ended by NULL. free(). */
static const char **whole_command(const struct suite *suite, const struct suite_setting *s)
{
	static const char *const nothing[] = { NULL };
	const char *const *parts[] = { s->inside ? s->inside : nothing, suite->command };
	size_t count = 0, filled = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		for (const char *const *word = parts[i]; *word; word++)
			count++;
	}

	const char **command = mem_new(count + 1, sizeof *command);

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		for (const char *const *word = parts[i]; *word; word++)
			command[filled++] = *word;
	}
	return command;
}

static void run_program(const struct suite *suite, const struct suite_setting *s,
	const struct variables *v, const char *report_path, struct suite_result *out)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	CLEANUP(free) const char **command = whole_command(suite, s);
	const struct process_options options = {
		.argv = command,
		.environment = (const char *const *)v->items,
		.directory = s->directory,
		.timeout_ms = suite->timeout * MS,
		.output_limit = TAP_SIZE_MAX,
		.merge_output = suite->format != TEST_TAP,
		.ends_all = true,
		.on_output = s->on_output,
		.context = s->output_context,
	};
	struct error err = { 0 };

	if (process_run(&options, &r, &err) < 0)
		judge_not_run(&err, out);
	else
		judge_process(suite, &r, report_path, out);
}

static int run_here(const struct suite *suite, const struct suite_setting *s, struct variables *v,
	struct suite_result *out, struct error *err)
{
	const char *temporary = getenv("TMPDIR");
	CLEANUP(free)
	char *folder = mem_printf("%s/patchline-test.XXXXXX", temporary ? temporary : "/tmp");

	if (!mkdtemp(folder))
		return error_set(
			err, ERR_SYSTEM, "making folder '%s': %s", folder, strerror(errno));

	CLEANUP(free)
	char *report = path_join(folder, "report"), *hosts = path_join(folder, "hosts");
	int result = write_hosts(hosts, s, err);

	if (result == 0) {
		add_variable(v, "PATCHLINE_TEST_REPORT", report);
		add_variable(v, "PATCHLINE_HOSTS_FILE", hosts);
		run_program(suite, s, v, report, out);
	}

	struct error ignored;

	if (file_remove_all(folder, &ignored) < 0 && result == 0)
		return 0; /* a scratch folder left behind does not void a result */
	return result;
}

/*
 * On a host what a suite left is known by a variable that it got from there: no mark of a shell reaches what made a
 * session of its own. (env: grep itself has none.)
 */
static const char end_left[] =
	"left() { env -u PATCHLINE_TEST_REPORT grep -lzsxF \"PATCHLINE_TEST_REPORT=$dir/report\" "
	"/proc/[0-9]*/environ; }\n"
	"round=0\n"
	"while [ $round -lt 50 ]; do\n"
	"\tfound=$(left)\n"
	"\t[ \"$found\" ] || break\n"
	"\tfor one in $found; do one=${one#/proc/}; kill -KILL \"${one%/*}\" 2>/dev/null; done\n"
	"\tround=$((round + 1))\n"
	"done\n";

/*
 * The script that runs a suite on a host. It prints the output, the mark on a line of its own, and then
 * what stands apart: errors of a TAP suite, the report of a JUnit suite. `mark` is unknown to the suite.
 */
static char *host_script(const struct suite *suite, const struct variables *v, const char *mark)
{
	CLEANUP(str_done) struct str s = { 0 };
	const char *apart = suite->format == TEST_TAP ? "errors" : "report";

	str_add(&s, "dir=$(mktemp -d) || exit 125\ntrap 'rm -rf \"$dir\"' EXIT\n");
	for (size_t i = 0; i < v->count; i++) {
		const char *value = strchr(v->items[i], '=') + 1;

		str_addf(&s, "export %.*s", (int)(value - v->items[i]), v->items[i]);
		str_add_quoted(&s, value);
		str_add(&s, "\n");
	}
	str_add(&s, "export PATCHLINE_TEST_REPORT=\"$dir/report\"\n");
	if (suite->timeout)
		str_addf(&s,
			"limit='timeout -k %d %lld'\ncommand -v timeout >/dev/null || limit=\n$limit ",
			KILL_AFTER, (long long)suite->timeout);
	for (const char *const *word = suite->command; *word; word++) {
		str_add_quoted(&s, *word);
		str_add(&s, " ");
	}
	str_addf(&s, "</dev/null >\"$dir/output\" 2>%s\nstatus=$?\n",
		suite->format == TEST_TAP ? "\"$dir/errors\"" : "&1");
	str_add(&s, end_left);
	str_addf(&s, "head -c %zu \"$dir/output\"\nprintf '\\n%%s\\n' '%s'\n", HOST_PART_MAX + 1,
		mark);
	str_addf(&s, "[ ! -f \"$dir/%s\" ] || { echo; head -c %zu \"$dir/%s\"; }\nexit $status\n",
		apart, HOST_PART_MAX + 1, apart);
	return str_take(&s);
}

static int make_mark(struct str *out, struct error *err)
{
	unsigned char bytes[MARK_BYTES];

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set(err, ERR_SYSTEM, "no random bytes: %s", strerror(errno));
	str_add(out, "patchline-suite-ended-");
	for (size_t i = 0; i < sizeof bytes; i++)
		str_addf(out, "%02x", bytes[i]);
	return 0;
}

/* timeout(1) ended it; a suite may end with its status too, but not that late. */
static bool is_late(const struct suite *suite, const struct process_result *r)
{
	return suite->timeout && r->elapsed_ms >= suite->timeout * MS &&
	       (r->exit_status == TIMEOUT_STATUS || r->exit_status == 128 + SIGKILL);
}

/* Part what a host printed at the mark, and judge it. */
static void judge_answer(const struct suite *suite, const struct process_result *r,
	const char *mark, struct suite_result *out)
{
	CLEANUP(free) char *line = mem_printf("\n%s\n", mark);
	char *found = memmem(r->output, r->output_size, line, strlen(line));
	struct suite_end end = {
		.exit_status = r->exit_status,
		.is_timed_out = r->is_timed_out || is_late(suite, r),
		.output = r->output,
		.output_size = found ? (size_t)(found - r->output) : r->output_size,
		.errors = "",
	};
	const struct error cut = { ERR_CORRUPT, "the host's answer ends before the suite did" };

	if (!found && !r->is_timed_out) {
		judge_not_run(&cut, out);
		return;
	}
	end.is_truncated = end.output_size > HOST_PART_MAX;
	if (found) {
		const char *apart = found + strlen(line);

		/* An empty line stands before the part, so that an empty part is told from none. */
		if (*apart == '\n' && suite->format == TEST_JUNIT) {
			end.report = apart + 1;
			end.report_size = r->output_size - (size_t)(end.report - r->output);
		} else if (*apart == '\n' && suite->format == TEST_TAP) {
			end.errors = apart + 1;
		}
	}
	judge_suite(suite, &end, out);
}

static int run_there(const struct suite *suite, const struct variables *v,
	const struct suite_place *place, struct suite_result *out, struct error *err)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	CLEANUP(str_done) struct str mark = { 0 };

	if (make_mark(&mark, err) < 0)
		return -1;

	CLEANUP(free) char *script = host_script(suite, v, str_text(&mark));
	int64_t limit = suite->timeout ? suite->timeout + KILL_AFTER + SHELL_GRACE : 0;
	struct error cause = { 0 };

	if (place->shell(place->context, place->host, script, limit * MS, &r, &cause) < 0)
		judge_not_run(&cause, out);
	else
		judge_answer(suite, &r, str_text(&mark), out);
	return 0;
}

int suite_run(const struct suite *suite, const struct suite_setting *setting,
	const struct suite_place *place, struct suite_result *out, struct error *err)
{
	CLEANUP(suite_result_done) struct suite_result result = { .started_at = clock_now() };
	CLEANUP(variables_done) struct variables v = { 0 };

	add_facts(&v, suite, setting, place);
	if ((place ? run_there(suite, &v, place, &result, err)
		   : run_here(suite, setting, &v, &result, err)) < 0)
		return -1;
	result.ended_at = clock_now();
	*out = STEAL(&result);
	return 0;
}

void suite_result_done(struct suite_result *result)
{
	free(result->reason);
	free(result->output);
	report_done(&result->report);
	*result = (struct suite_result){ 0 };
}
