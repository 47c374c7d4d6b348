/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/hoststep.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/finding.h"
#include "fleet/order.h"
#include "model/inventory.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ANSWER_MS    INT64_C(120000) /* for a program's own work, beside the patience of the order */
#define ANSWER_LIMIT (INVENTORY_SIZE_MAX + (size_t)1024 * 1024)

static int64_t patience_ms(const struct order *order)
{
	return (order->patience > 0 ? order->patience : 1) * 1000;
}

/* ---- precheck, apply, verify ---- */

/* Run a program that is given the order and answers on standard output. */
static int run_with_order(struct session *s, struct session_call *call, const struct order *order,
	struct session_result *result, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(session_result_done) struct session_result r = { 0 };

	if (order_write(order, &text, err) < 0)
		return -1;
	call->platform = order->platform;
	call->input = text;
	call->input_size = strlen(text);
	call->output_limit = ANSWER_LIMIT;
	if (session_run(s, call, &r, err) < 0)
		return -1;
	if (r.exit_status != 0)
		return session_failed(s, call->program, &r, err);
	*result = STEAL(&r);
	return 0;
}

int hoststep_precheck(
	struct session *s, const struct order *order, struct findings **out, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(free) char *now = mem_printf("%" PRId64, clock_now());
	struct session_call call = {
		.program = "precheck",
		.args = (const char *const[]){ now, NULL },
		.timeout_ms = ANSWER_MS + 2 * patience_ms(order),
	};

	if (run_with_order(s, &call, order, &r, err) < 0)
		return -1;
	return findings_read(r.output, r.output_size, NULL, out, err);
}

/* Run a program (NULL: collect) detached, with the order as its input; verb: NULL when it does one thing only. */
static int run_detached(struct session *s, const struct hoststep *what, const char *program,
	const char *verb, struct session_step_result *result, struct error *err)
{
	CLEANUP(free) char *text = NULL;

	if (program && order_write(what->order, &text, err) < 0)
		return -1;

	struct session_call call = {
		.program = program,
		.platform = program ? what->order->platform : NULL,
		.args = (const char *const[]){ verb, NULL },
		.input = text,
		.input_size = text ? strlen(text) : 0,
		.on_output = what->on_output,
		.output_context = what->context,
		.on_tick = what->on_tick,
		.tick_context = what->context,
		.timeout_ms = what->timeout_ms,
	};

	return session_step(s, what->rollout, what->step, &call, result, err);
}

int hoststep_apply(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err)
{
	return run_detached(s, what, "apply", NULL, result, err);
}

int hoststep_restart(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err)
{
	return run_detached(s, what, "restart", NULL, result, err);
}

int hoststep_hold_updaters(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err)
{
	return run_detached(s, what, "updaters", "hold", result, err);
}

int hoststep_free_updaters(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err)
{
	return run_detached(s, what, "updaters", "free", result, err);
}

int hoststep_collect(struct session *s, const struct hoststep *what,
	struct session_step_result *result, struct error *err)
{
	return run_detached(s, what, NULL, NULL, result, err);
}

/* ---- repack ---- */

/* What arrives goes straight into a file: a package may be larger than memory should hold. */
static void write_piece(void *context, const char *bytes, size_t size)
{
	FILE *to = context;

	(void)!fwrite(bytes, 1, size, to); /* ferror() tells in the end */
}

int hoststep_repack(
	struct session *s, const struct repack *package, const char *path, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(stream_close) FILE *to = fopen(path, "we");
	struct session_call call = {
		.program = "repack",
		.platform = package->platform,
		.args = (const char *const[]){ package->name, package->architecture,
			package->version, NULL },
		.on_output = write_piece,
		.output_context = to,
		.output_limit = SESSION_WORDS,
		.timeout_ms = package->timeout_ms,
	};

	if (!to)
		return error_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	if (session_run(s, &call, &r, err) < 0)
		return -1;
	if (r.exit_status != 0) {
		*r.output = '\0'; /* the beginning of a package: no words */
		return session_failed(s, "repack", &r, err);
	}
	if (fflush(to) != 0 || ferror(to))
		return error_set(err, ERR_SYSTEM, "%s: %s", path, strerror(errno));
	return 0;
}

/* ---- reboot ---- */

/* Put a word behind those that are there, as far as there is room. */
static void add_words(char *text, size_t size, const char *separator, const char *more)
{
	size_t used = strlen(text);

	snprintf(text + used, size - used, "%s%s", used ? separator : "", more);
}

/* One line of the answer. */
static void read_need(struct reboot_need *need, const char *word, const char *rest)
{

	if (strcmp(word, "boot") == 0)
		snprintf(need->boot_id, sizeof need->boot_id, "%s", rest);
	else if (strcmp(word, "due") == 0)
		need->is_due = strcmp(rest, "yes") == 0;
	else if (strcmp(word, "reason") == 0)
		add_words(need->reasons, sizeof need->reasons, " ", rest);
	else if (strcmp(word, "job") == 0)
		add_words(need->jobs, sizeof need->jobs, ", ", rest);
}

static int parse_need(char *answer, struct reboot_need *out, struct error *err)
{
	struct reboot_need need = { 0 };
	bool is_whole = false;

	for (char *line = strtok_r(answer, "\n", &answer); line;
		line = strtok_r(NULL, "\n", &answer)) {
		char *rest = strchr(line, ' ');

		if (!rest)
			continue;
		*rest++ = '\0';
		is_whole = strcmp(line, "end") == 0;
		read_need(&need, line, rest);
	}
	if (!is_whole || !*need.boot_id)
		return error_set(
			err, ERR_CORRUPT, "the host's answer about a reboot did not arrive whole");
	*out = need;
	return 0;
}

int hoststep_reboot_need(struct session *s, const struct order *order, bool was_changed,
	struct reboot_need *out, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct session_call call = {
		.program = "reboot",
		.args = (const char *const[]){ "ask", was_changed ? "yes" : "no", NULL },
		.timeout_ms = ANSWER_MS,
	};

	if (run_with_order(s, &call, order, &r, err) < 0)
		return -1;
	return parse_need(r.output, out, err);
}

static void keep_words(void *context, const char *bytes, size_t size)
{
	str_add_bytes(context, bytes, size);
}

int hoststep_reboot(struct session *s, const struct order *order, const char *boot_id,
	struct str *words, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct session_call call = {
		.program = "reboot",
		.args = (const char *const[]){ "go", boot_id, NULL },
		.on_output = keep_words,
		.output_context = words,
		.timeout_ms = ANSWER_MS,
	};

	if (run_with_order(s, &call, order, &r, err) == 0)
		return 0;
	/* The connection ends with the host. */
	return str_starts(str_text(words), "going down") ? 0 : -1;
}

int hoststep_verify(struct session *s, const struct order *order, struct findings **findings,
	struct inventory **inventory, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *state = NULL;
	size_t rest = 0;
	struct session_call call = {
		.program = "verify",
		.timeout_ms = ANSWER_MS + 2 * patience_ms(order),
	};

	if (run_with_order(s, &call, order, &r, err) < 0 ||
		findings_read(r.output, r.output_size, &rest, &found, err) < 0 ||
		inventory_read(r.output + rest, r.output_size - rest, &state, err) < 0)
		return -1;
	*findings = STEAL(&found);
	*inventory = STEAL(&state);
	return 0;
}
