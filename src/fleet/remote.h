/* SPDX-License-Identifier: Apache-2.0 */
/*
 * remote.h - run one of our sh programs on a host: sent over the connection, run as root, nothing installed.
 *
 * A program starts only when it has arrived whole. Two ways: remote_run() waits on the connection and dies with
 * it; remote_step() runs detached with a journal on the host (host/run.sh), so that a lost connection leaves it
 * finishing and the same call again collects it instead of doing it twice.
 * Layer: fleet. Threads: as the connection.
 */
#pragma once

#include "base/own.h"
#include "fleet/connection.h"

struct remote_call {
	const char *program;     /* a name that program_find() knows */
	const char *const *args; /* ended by NULL; NULL for none */
	const char *input;       /* bytes for the program's standard input; NULL for none */
	size_t input_size;
	connection_fill *fill; /* more input, after `input`; remote_run() only; NULL for none */
	void *fill_context;
	connection_output *on_output; /* NULL for none */
	void *output_context;
	connection_tick *on_tick; /* as in connection_command; NULL for none */
	void *tick_context;
	size_t output_limit; /* as in connection_command */
	int64_t timeout_ms;  /* 0: no limit. A detached step goes on past it */
};

/**
 * Run a program to its end.
 *
 * @param result  How it ended; connection_result_done(). Untouched on failure.
 * @return 0 when it ended, however it ended; -1 with err: ERR_DENIED (sudo refused), ERR_UNCERTAIN, ERR_UNREACHABLE
 *         and what on_tick said as connection_run(), ERR_USAGE (no such program).
 */
NODISCARD int remote_run(struct connection *c, const struct remote_call *call,
	struct connection_result *result, struct error *err);

enum step_end {
	STEP_END_DONE,        /* it ran to its end; exit_status tells */
	STEP_END_INTERRUPTED, /* it was started and died in the middle: killed, or the host went down */
	STEP_END_ABSENT,      /* it was to be collected, and was never begun */
	STEP_END_COUNT,
};

/* What a host's journal tells of a step. Release with remote_step_result_done(). */
struct remote_step_result {
	enum step_end end;
	int exit_status; /* of the program; -1 unless STEP_END_DONE */
	int64_t started_at,
		ended_at; /* UTC seconds by the host's clock; ended_at 0 unless STEP_END_DONE */
	bool was_there;   /* it had been started before this call */
	char *output;     /* owned, standard output and errors, ended by NUL */
	size_t output_size;
	bool is_truncated;
};

/**
 * Start a detached step, or attach to the one of that name, and follow it to its end. A name is run once for all time,
 * by whoever asks first: who takes over from another asks again, or collects it.
 *
 * @param rollout, step  The step's name on the host: letters, digits, '.', '_', '-'; 1 to 80 bytes each.
 * @param call           Must be the same each time: another program, arguments or input under a name that is
 *                       taken is refused. Without a program it is collected by its name alone: nothing is started.
 * @param result         Untouched on failure.
 * @return 0; -1 with err: ERR_CONFLICT (the name is taken by another command), ERR_UNCERTAIN (connection lost or time
 *         limit: the step goes on; call again on a new connection), what on_tick said (likewise), ERR_DENIED, ERR_UNREACHABLE, ERR_USAGE,
 *         ERR_SYSTEM (the host could not keep a journal: its own words).
 */
NODISCARD int remote_step(struct connection *c, const char *rollout, const char *step,
	const struct remote_call *call, struct remote_step_result *result, struct error *err);

void remote_step_result_done(struct remote_step_result *result);
static inline void remote_step_result_done_p(struct remote_step_result *result)
{
	remote_step_result_done(result);
}

/* The text as one word for a POSIX shell, owned by the caller: 'it'\''s'. */
char *remote_quote(const char *text);
