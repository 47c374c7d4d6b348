/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "fleet/connection_private.h"
#include "fleet/program.h"
#include "fleet/session_private.h"
#include "fleet/shell_private.h"

#include <stdbool.h>
#include <string.h>

/* Reads exactly the program from standard input, and starts it only if it came whole: a connection that is lost
 * while a program is on its way must not run half of it as root. The rest of the input is the program's own. */
static char *write_command(
	const struct connection *c, const struct program *p, const char *const *args)
{
	CLEANUP(str_done) struct str s = { 0 };
	bool is_root = strcmp(c->user, "root") == 0;

	/* With sudo, SUDO_USER is who signed in; without, what is left of another sudo. */
	str_addf(&s,
		"%ssh -c '%sLC_ALL=C; p=$(head -c %zu; echo .); p=${p%%.}; "
		"[ ${#p} -eq %zu ] || { echo \"patchline: program cut off\" >&2; exit 125; }; "
		"eval \"$p\"' patchline-%s",
		is_root ? "" : "sudo -n ", is_root ? "unset SUDO_USER; " : "", p->size, p->size,
		p->name);
	for (; args && *args; args++) {
		str_add(&s, " ");
		str_add_quoted(&s, *args);
	}
	return str_take(&s);
}

int shell_run(struct connection *c, const struct session_call *call, struct session_result *result,
	struct error *err)
{
	const struct program *p = program_find(call->program, call->platform);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	int ended = 0;

	if (!p)
		return error_set(err, ERR_USAGE, "no program '%s'", call->program);

	CLEANUP(free) char *command = write_command(c, p, call->args);
	CLEANUP(str_done) struct str input = { 0 };

	str_add_bytes(&input, p->text, p->size);
	if (call->input)
		str_add_bytes(&input, call->input, call->input_size);
	ended = connection_run(c,
		&(struct connection_command){
			.text = command,
			.input = str_text(&input),
			.input_size = input.size,
			.fill = call->fill,
			.fill_context = call->fill_context,
			.on_output = call->on_output,
			.output_context = call->output_context,
			.on_tick = call->on_tick,
			.tick_context = call->tick_context,
			.output_limit = call->output_limit,
			.timeout_ms = call->timeout_ms,
		},
		&r, err);
	if (ended < 0) {
		(void)!error_wrap(err, "%s", call->program);
		return ended;
	}
	if (r.exit_status == 1 && str_starts(r.errors, "sudo: "))
		return error_set(err, ERR_DENIED,
			"%s: '%s' may not use sudo without a password: %.*s", c->address, c->user,
			(int)strcspn(r.errors, "\n"), r.errors);
	*result = STEAL(&r);
	return 0;
}

/* ---- the drivers ---- */

static int open_by_ssh(const struct host *host, const struct ssh_settings *settings, void **link,
	struct error *err)
{
	struct connection *c = NULL;
	int result = connection_open(&connection_ssh, host, settings, &c, err);

	*link = result == 0 ? c : *link;
	return result;
}

static int open_by_command(const struct host *host, const struct ssh_settings *settings,
	void **link, struct error *err)
{
	struct connection *c = NULL;
	int result = connection_open(&connection_by_command, host, settings, &c, err);

	*link = result == 0 ? c : *link;
	return result;
}

static bool is_fresh(void *link, int64_t idle_ms)
{
	struct connection *c = link;

	return c->transport->is_fresh(c, idle_ms);
}

static int run_in_shell(void *link, const struct session_call *call, struct session_result *result,
	struct error *err)
{
	return shell_run(link, call, result, err);
}

static int step(void *link, const char *rollout, const char *name, const struct session_call *call,
	struct session_step_result *result, struct error *err)
{
	return shell_step(link, rollout, name, call, result, err);
}

static void close(void *link)
{
	connection_close(link);
}

const struct session_driver session_by_ssh = { "ssh", open_by_ssh, is_fresh, run_in_shell, step,
	close };
const struct session_driver session_by_command = { "command", open_by_command, is_fresh,
	run_in_shell, step, close };
