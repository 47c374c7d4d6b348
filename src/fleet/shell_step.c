/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/program.h"
#include "fleet/session_private.h"
#include "fleet/shell_private.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_SIZE 80
#define ARGS_MAX      64

static int check_name(const char *name, struct error *err)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		"._-";
	size_t size = strlen(name);

	if (size == 0 || size > NAME_MAX_SIZE || *name == '.' || strspn(name, allowed) != size)
		return error_set(err, ERR_USAGE,
			"'%s' is no name for a step: want letters, digits, '.', '_', '-'", name);
	return 0;
}

/* The last line that host/run.sh wrote, behind "patchline: "; NULL when there is none. */
static const char *last_word(const char *errors)
{
	const char *found = NULL;

	for (const char *at = errors; (at = strstr(at, "patchline: ")); at += strlen("patchline: "))
		found = at + strlen("patchline: ");
	return found;
}

/* The numbers that a text begins with, as many as are wanted. */
static bool read_numbers(const char *text, int64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char *end = NULL;

		errno = 0;
		numbers[i] = strtoll(text, &end, 10);
		if (end == text || errno)
			return false;
		text = end;
	}
	return true;
}

/* What became of it, as run.sh tells on its standard error. */
static int parse_end(const char *errors, struct session_step_result *result, struct error *err)
{
	const char *word = last_word(errors);
	int64_t numbers[3];

	result->was_there = strstr(errors, "patchline: there\n") != NULL;
	result->exit_status = -1;
	if (word && str_starts(word, "done ") && read_numbers(word + strlen("done "), numbers, 3) &&
		numbers[0] >= 0 && numbers[0] <= UINT8_MAX) {
		result->exit_status = (int)numbers[0];
		result->started_at = numbers[1];
		result->ended_at = numbers[2];
		result->end = STEP_END_DONE;
		return 0;
	}
	if (word && str_starts(word, "interrupted ") &&
		read_numbers(word + strlen("interrupted "), numbers, 1)) {
		result->started_at = numbers[0];
		result->end = STEP_END_INTERRUPTED;
		return 0;
	}
	if (word && str_starts(word, "absent")) {
		result->end = STEP_END_ABSENT;
		return 0;
	}
	if (word && str_starts(word, "taken"))
		return error_set(err, ERR_CONFLICT,
			"a step of this name was started with another program, arguments or input");
	return error_set(err, ERR_SYSTEM, "host cannot run steps: %.400s",
		*errors ? errors : "it said nothing");
}

/* What run.sh is given: the step's name, and its program with arguments and input; to collect it, the name alone. */
struct errand {
	char size[32];
	const char *args[ARGS_MAX + 1];
	struct str input;
};

static void errand_done(struct errand *e)
{
	str_done(&e->input);
}
CLEANUP_DONE(struct errand, errand_done)

static int fill_errand(struct errand *e, const struct session_call *call, struct error *err)
{
	const struct program *p = program_find(call->program, call->platform);
	size_t count = 3;

	if (!p)
		return error_set(err, ERR_USAGE, "no program '%s'", call->program);
	snprintf(e->size, sizeof e->size, "%zu", p->size);
	e->args[2] = e->size;
	for (const char *const *a = call->args; a && *a; a++) {
		if (count == ARGS_MAX)
			return error_set(err, ERR_USAGE, "more than %d arguments", ARGS_MAX - 3);
		e->args[count++] = *a;
	}
	str_add_bytes(&e->input, p->text, p->size);
	if (call->input)
		str_add_bytes(&e->input, call->input, call->input_size);
	return 0;
}

int shell_step(struct connection *c, const char *rollout, const char *step,
	const struct session_call *call, struct session_step_result *result, struct error *err)
{
	CLEANUP(errand_done) struct errand errand = { .args = { rollout, step, "collect" } };
	CLEANUP(session_result_done) struct session_result ran = { 0 };
	struct session_step_result r = { 0 };
	int ended = 0;

	if (check_name(rollout, err) < 0 || check_name(step, err) < 0 ||
		(call->program && fill_errand(&errand, call, err) < 0))
		return -1;

	struct session_call run = *call;

	run.program = "run";
	run.platform = NULL;
	run.args = errand.args;
	run.input = str_text(&errand.input);
	run.input_size = errand.input.size;
	run.fill = NULL;
	ended = shell_run(c, &run, &ran, err);
	if (ended == 0)
		ended = parse_end(ran.errors, &r, err);
	if (ended < 0) {
		(void)!error_wrap(err, "step %s of %s", step, rollout);
		return ended;
	}
	r.output = STEAL(&ran.output);
	r.output_size = ran.output_size;
	r.is_truncated = ran.is_truncated;
	*result = r;
	return 0;
}
