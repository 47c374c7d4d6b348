/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/connection_private.h"
#include "fleet/opening_private.h"
#include "fleet/program.h"
#include "fleet/session_private.h"
#include "fleet/shell_private.h"

#include <stdbool.h>
#include <string.h>

/* Prints the mark on both streams: what comes behind it is no login shell's. */
static void add_mark(struct str *s, const struct opening_mark *mark)
{
	str_addf(s, "printf \"%%s%%s\\n\" %s %s; printf \"%%s%%s\\n\" %s %s >&2; ", mark->first,
		mark->second, mark->first, mark->second);
}

/* Reads exactly the program from standard input, and starts it only if it came whole: a connection that is lost
 * while a program is on its way must not run half of it as root. The rest of the input is the program's own. */
static char *write_starter(const struct program *p, bool is_root, const struct opening_mark *mark)
{
	struct str s = { 0 };

	add_mark(&s, mark);
	/* With sudo, SUDO_USER is who signed in; without, what is left of another sudo. */
	str_addf(&s,
		"%sLC_ALL=C; p=$(head -c %zu; echo .); p=${p%%.}; "
		"[ ${#p} -eq %zu ] || { echo \"patchline: program cut off\" >&2; exit 125; }; "
		"eval \"$p\"",
		is_root ? "unset SUDO_USER; " : "", p->size, p->size);
	return str_take(&s);
}

/* For a login shell of any kind: words in single quotes alone. Another user than root has a mark before sudo too. */
static char *write_command(const struct connection *c, const struct program *p,
	const char *const *args, const struct opening_mark *mark)
{
	bool is_root = strcmp(c->user, "root") == 0;
	CLEANUP(free) char *starter = write_starter(p, is_root, mark);
	CLEANUP(str_done) struct str s = { 0 };

	str_add(&s, "sh -c '");
	if (!is_root) {
		add_mark(&s, mark);
		str_add(&s, "exec sudo -n sh -c \"$0\" \"$@\"' '");
	}
	str_addf(&s, "%s' patchline-%s", starter, p->name);
	for (; args && *args; args++) {
		str_add(&s, " ");
		str_add_quoted(&s, *args);
	}
	return str_take(&s);
}

/* ---- what is not our program's ---- */

/* Both streams of a command, from its user's login shell on. */
struct openings {
	struct opening_mark mark;
	struct opening of[CONNECTION_STREAM_COUNT];
};

static void openings_done(struct openings *o)
{
	for (int i = 0; i < CONNECTION_STREAM_COUNT; i++)
		opening_done(&o->of[i]);
}
CLEANUP_DONE(struct openings, openings_done)

static int prepare_openings(struct openings *o, const struct connection *c, struct error *err)
{
	size_t wanted = strcmp(c->user, "root") == 0 ? 1 : 2;

	for (int i = 0; i < CONNECTION_STREAM_COUNT; i++)
		o->of[i] = (struct opening){ .mark = &o->mark, .wanted = wanted };
	return opening_mark_make(&o->mark, err);
}

/* What stood there in either stream, in one line that may be printed; free(). */
static char *say_words(const struct openings *o, size_t part)
{
	CLEANUP(str_done) struct str all = { 0 };

	for (int i = 0; i < CONNECTION_STREAM_COUNT; i++) {
		const struct str *words = &o->of[i].words[part];

		if (words->size && all.size && !str_ends(str_text(&all), "\n"))
			str_add(&all, "\n");
		str_add(&all, str_text(words));
	}

	CLEANUP(free) char *line = cells_clean(str_text(&all), all.size, SESSION_WORDS);

	return mem_strdup(str_trim(line));
}

/* Not even the first mark came: a shell that lets nobody in, or a command that is forced on who signs in. */
static int never_began(
	const struct connection *c, const struct openings *o, int exit_status, struct error *err)
{
	CLEANUP(free) char *shell = say_words(o, 0);
	CLEANUP(free) char *sudo = say_words(o, 1);

	if (o->of[CONNECTION_OUTPUT].seen > 0)
		return error_set(err, ERR_DENIED,
			"%s: sudo does not serve '%s', ending with %d: %s", c->address, c->user,
			exit_status, *sudo ? sudo : "it says nothing");
	return error_set(err, ERR_DENIED,
		"%s: the login shell of '%s', or a command forced on it, ended with %d before our "
		"program began%s%s",
		c->address, c->user, exit_status, *shell ? ", and says: " : "", shell);
}

/* NULL when nothing stood before our part. free(). */
static char *note_words(const struct connection *c, const struct openings *o)
{
	CLEANUP(free) char *shell = say_words(o, 0);
	CLEANUP(free) char *sudo = say_words(o, 1);

	if (*shell)
		return mem_printf("the login shell of %s prints '%s'", c->user, shell);
	return *sudo ? mem_printf("sudo says '%s'", sudo) : NULL;
}

/* ---- running ---- */

/* A program that began. As connection_run(). */
static int run_program(struct connection *c, const struct session_call *call,
	const struct program *p, struct session_result *result, struct error *err)
{
	CLEANUP(openings_done) struct openings openings = { 0 };
	CLEANUP(str_done) struct str input = { 0 };
	int ended = prepare_openings(&openings, c, err);

	if (ended < 0)
		return ended;

	CLEANUP(free) char *command = write_command(c, p, call->args, &openings.mark);

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
			.openings = openings.of,
			.output_limit = call->output_limit,
			.timeout_ms = call->timeout_ms,
		},
		result, err);
	if (ended < 0)
		return ended;
	if (openings.of[CONNECTION_OUTPUT].seen < openings.of[CONNECTION_OUTPUT].wanted)
		return never_began(c, &openings, result->exit_status, err);
	result->note = note_words(c, &openings);
	return 0;
}

int shell_run(struct connection *c, const struct session_call *call, struct session_result *result,
	struct error *err)
{
	const struct program *p = program_find(call->program, call->platform);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	int ended = 0;

	if (!p)
		return error_set(err, ERR_USAGE, "no program '%s'", call->program);
	ended = run_program(c, call, p, &r, err);
	if (ended < 0) {
		(void)!error_wrap(err, "%s", call->program);
		return ended;
	}
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
