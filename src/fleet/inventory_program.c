/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/inventory_program.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/workers.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ANSWER_MS       INT64_C(60000)
#define ALL_MS          INT64_C(600000) /* for the hosts of a group */
#define AT_ONCE         8
#define WORDS_OF_OTHERS 300 /* of a program's own words in an error */

bool inventory_is_program(const char *path)
{
	struct stat s;

	return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0 &&
	       s.st_mode & 0111;
}

static int program_run(
	const char *path, const char *const *argv, char **text, size_t *size, struct error *err)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	CLEANUP(free) char *directory = path_dir(path);

	if (process_run(
		    &(struct process_options){
			    .argv = argv,
			    .directory = directory,
			    .timeout_ms = ANSWER_MS,
			    .output_limit = INVENTORY_MAX,
		    },
		    &r, err) < 0)
		return -1;
	if (r.is_timed_out)
		return error_set(err, ERR_SYSTEM, "'%s' did not end within %lld s", argv[1],
			(long long)(ANSWER_MS / 1000));
	if (r.exit_status != 0)
		return error_set(err, ERR_SYSTEM, "'%s' ended with %d: %.*s", argv[1],
			r.exit_status, WORDS_OF_OTHERS, r.errors);
	if (r.is_truncated)
		return error_set(err, ERR_CORRUPT, "prints more than %zu bytes", INVENTORY_MAX);
	*size = r.output_size;
	*text = STEAL(&r.output);
	return 0;
}

int inventory_program_list(const char *path, char **text, size_t *size, struct error *err)
{
	return program_run(path, (const char *const[]){ path, "--list", NULL }, text, size, err);
}

/* ---- host by host ---- */

struct asking {
	const char *path;
	const char *const *names;
	struct jvalue **answers; /* one a host; owned, as the list is */
	size_t count;
	int64_t until; /* on the monotonic clock, milliseconds */
	atomic_flag is_told;
	struct error err; /* of who was the first to fail; nobody is asked any more then */
	atomic_bool has_failed;
};

static void asking_done_p(struct asking *a)
{
	for (size_t i = 0; i < a->count; i++)
		jvalue_free(a->answers[i]);
	free(a->answers);
}

static int host_ask(
	const struct asking *a, const char *name, struct jvalue **out, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (clock_monotonic_ms() > a->until)
		return error_set(err, ERR_SYSTEM,
			"it prints no \"_meta\" with '--list', and asking it for %zu hosts one by one took "
			"more than %lld s: have it print \"_meta\"",
			a->count, (long long)(ALL_MS / 1000));
	if (program_run(a->path, (const char *const[]){ a->path, "--host", name, NULL }, &text,
		    &size, err) < 0)
		return -1;
	if (jvalue_parse(*text ? text : "{}", *text ? size : 2, out, err) < 0)
		return error_wrap(err, "what '--host %s' prints", name);
	return 0;
}

static void ask_next(void *context, size_t index)
{
	struct asking *a = context;
	struct error err = { 0 };

	if (a->has_failed || host_ask(a, a->names[index], &a->answers[index], &err) == 0)
		return;
	if (!atomic_flag_test_and_set(&a->is_told))
		a->err = err;
	a->has_failed = true;
}

int inventory_program_hosts(const char *path, const char *const *names, size_t count,
	struct jvalue *hostvars, struct error *err)
{
	CLEANUP(asking_done)
	struct asking a = {
		.path = path, .names = names, .count = count, .is_told = ATOMIC_FLAG_INIT
	};

	a.answers = mem_new(count, sizeof(struct jvalue *));
	a.until = clock_monotonic_ms() + ALL_MS;
	workers_run(count, AT_ONCE, ask_next, &a);
	if (a.has_failed) {
		*err = a.err;
		return -1;
	}
	for (size_t i = 0; i < count; i++)
		jvalue_set(hostvars, names[i], STEAL(&a.answers[i]));
	return 0;
}
