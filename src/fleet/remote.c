/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/remote.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/program.h"

#include <string.h>

char *remote_quote(const char *text)
{
	struct str s = { 0 };

	str_add(&s, "'");
	for (const char *at = text; *at;) {
		size_t plain = strcspn(at, "'");

		str_add_bytes(&s, at, plain);
		at += plain;
		if (*at) {
			str_add(&s, "'\\''");
			at++;
		}
	}
	str_add(&s, "'");
	return str_take(&s);
}

/* Reads exactly the program from standard input, and starts it only if it came whole: a connection that is lost
 * while a program is on its way must not run half of it as root. The rest of the input is the program's own. */
static char *write_command(
	const struct connection *c, const struct program *p, const char *const *args)
{
	CLEANUP(str_done) struct str s = { 0 };

	if (strcmp(connection_user(c), "root") != 0)
		str_add(&s, "sudo -n ");
	str_addf(&s,
		"sh -c 'LC_ALL=C; p=$(head -c %zu; echo .); p=${p%%.}; "
		"[ ${#p} -eq %zu ] || { echo \"patchline: program cut off\" >&2; exit 125; }; "
		"eval \"$p\"' patchline-%s",
		p->size, p->size, p->name);
	for (; args && *args; args++) {
		CLEANUP(free) char *word = remote_quote(*args);

		str_addf(&s, " %s", word);
	}
	return str_take(&s);
}

int remote_run(struct connection *c, const struct remote_call *call,
	struct connection_result *result, struct error *err)
{
	const struct program *p = program_find(call->program);
	CLEANUP(connection_result_done) struct connection_result r = { 0 };

	if (!p)
		return error_set(err, ERR_USAGE, "no program '%s'", call->program);

	CLEANUP(free) char *command = write_command(c, p, call->args);
	CLEANUP(str_done) struct str input = { 0 };

	str_add_bytes(&input, p->text, p->size);
	if (call->input)
		str_add_bytes(&input, call->input, call->input_size);
	if (connection_run(c,
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
		    &r, err) < 0)
		return error_wrap(err, "%s", call->program);
	if (r.exit_status == 1 && str_starts(r.errors, "sudo: "))
		return error_set(err, ERR_DENIED,
			"%s: '%s' may not use sudo without a password: %.*s", connection_address(c),
			connection_user(c), (int)strcspn(r.errors, "\n"), r.errors);
	*result = r;
	r = (struct connection_result){ 0 };
	return 0;
}
