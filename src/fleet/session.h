/* SPDX-License-Identifier: Apache-2.0 */
/*
 * session.h - a host one works on, and the pool of connections that all of them share.
 *
 * A session connects when something is to be done, and again when it was idle or the other side left before anything
 * was sent; nothing is ever sent twice. How a host is reached is a driver (session_private.h): nobody above fleet/
 * holds a connection or speaks bytes. A pool keeps at most so many connections open; the one that was idle longest is
 * closed when another needs its place, and who finds all places in use waits. A place is in use for the time of a
 * call only, so that whoever waits gets one.
 * Layer: fleet. Threads: a session is used by one thread at a time; different ones, and their pool, side by side.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct error;
struct host;
struct session;
struct session_pool;
struct ssh_settings;

/* What a source answers while it has nothing but is not at its end: it is asked again soon. */
#define SESSION_NOT_YET ((ssize_t)-2)

/* A source of input: fills buffer, answers how many bytes (0 at the end), SESSION_NOT_YET, or -1 with err. */
typedef ssize_t session_fill(void *context, char *buffer, size_t size, struct error *err);

/* Receives output piece by piece as it comes. */
typedef void session_output(void *context, const char *bytes, size_t size);

/* Called about every second while a program runs. -1 with err gives it up: somebody wants it cancelled, a lease is lost. */
typedef int session_tick(void *context, struct error *err);

/* A program of host/, run as root, and what it is given. */
struct session_call {
	const char *program; /* a name that program_find() knows */
	const char *
		platform; /* the host's, for a program that speaks with its package manager; else NULL */
	const char *const *args; /* ended by NULL; NULL for none */
	const char *input;       /* bytes for the program's standard input; NULL for none */
	size_t input_size;
	session_fill *fill; /* more input, after `input`; session_run() only; NULL for none */
	void *fill_context;
	session_output *on_output; /* called with each piece of standard output; NULL for none */
	void *output_context;
	session_tick *on_tick; /* NULL for none */
	void *tick_context;
	size_t output_limit; /* most bytes kept of each stream; 0: 16 MiB. What is over is dropped */
	int64_t timeout_ms;  /* 0: no limit. A detached step goes on past it */
};

/* How a program ended. Release with session_result_done(). */
struct session_result {
	char *output, *errors; /* owned, ended by NUL, never NULL after success */
	size_t output_size, errors_size;
	char *note; /* owned: who else printed something there before the program, and what; NULL for nobody */
	int exit_status;   /* 0 to 255; 128 + signal when a signal ended it */
	bool is_truncated; /* more output came than was kept */
	int64_t elapsed_ms;
};

enum session_step_end {
	STEP_END_DONE,        /* it ran to its end; exit_status tells */
	STEP_END_INTERRUPTED, /* it was started and died in the middle: killed, or the host went down */
	STEP_END_ABSENT,      /* it was to be collected, and was never begun */
	STEP_END_COUNT,
};

/* What a host's journal tells of a step. Release with session_step_result_done(). */
struct session_step_result {
	enum session_step_end end;
	int exit_status; /* of the program; -1 unless STEP_END_DONE */
	int64_t started_at,
		ended_at; /* UTC seconds by the host's clock; ended_at 0 unless STEP_END_DONE */
	bool was_there;   /* it had been started before this call */
	char *output;     /* owned, standard output and errors, ended by NUL */
	size_t output_size;
	bool is_truncated;
};

/**
 * A pool without connections.
 * @param settings  Borrowed for as long as the pool lives.
 * @param limit     Most connections open at once; 0: settings->parallel.
 * @return session_pool_free(), after all its sessions were closed.
 */
struct session_pool *session_pool_new(const struct ssh_settings *settings, size_t limit);
void session_pool_free(struct session_pool *pool);
CLEANUP_FUNC(struct session_pool *, session_pool_free)

/* How many connections it may have open, and so how many threads are worth while: at least 1. */
size_t session_pool_limit(const struct session_pool *pool);

/* A session with a host; nothing is connected yet. session_close(). */
struct session *session_new(struct session_pool *pool, const struct host *host);

/* The name of its host. Borrowed. */
const char *session_name(const struct session *s);

/* Who printed something there before the program that ran last, and what, in one line; "" for nobody. Borrowed. */
const char *session_note(const struct session *s);

/* From now on connecting may take so many seconds, in place of settings->connect_timeout. */
void session_hurry(struct session *s, int64_t seconds);

/**
 * Run a program on the host to its end. It dies with the connection.
 *
 * @param result  How it ended. Untouched on failure.
 * @return 0 when it ended, however it ended (read `result`); -1 with err:
 *         ERR_UNREACHABLE (nothing was started: the host is away, a clone is not running, or its server refused for
 *         all of the connect timeout, which the text tells apart), ERR_DENIED (its key is unknown or changed, ours
 *         is not accepted, its server opens no session, its login shell or sudo ended before our program began: with their words), ERR_SYSTEM (no file descriptor is left), ERR_UNCERTAIN (lost, or past the
 *         time limit, in the middle: it may still run there), ERR_USAGE (no such program; the way to the host is set
 *         up wrong), what fill said (the program then saw its input cut short) or on_tick (it may still run).
 * Blocks until a place is free, and until the program ends or its limit is reached.
 */
NODISCARD int session_run(struct session *s, const struct session_call *call,
	struct session_result *result, struct error *err);

/**
 * Start a step detached from the connection, with a journal on the host, or attach to the one of that name; and
 * follow it to its end. A name is run once for all time, by whoever asks first: a lost connection leaves it finishing, and
 * the same call again, by whomever, collects it.
 *
 * @param rollout, step  The step's name on the host: letters, digits, '.', '_', '-'; 1 to 80 bytes each.
 * @param call           Must be the same each time: another program, arguments or input under a name that is
 *                       taken is refused. Without a program it is collected by its name alone: nothing is started.
 * @param result         Untouched on failure.
 * @return 0; -1 with err as session_run(), and ERR_CONFLICT (the name is taken by another command), ERR_UNCERTAIN
 *         (connection lost or time limit: the step goes on), what on_tick said (likewise), ERR_SYSTEM (the host could
 *         not keep a journal: its own words).
 */
NODISCARD int session_step(struct session *s, const char *rollout, const char *step,
	const struct session_call *call, struct session_step_result *result, struct error *err);

/* Leave the host: what is done next connects anew. For one whose server, or who as a whole, was started again. */
void session_disconnect(struct session *s);

/* Who one is there over ssh: as patchline.yaml says, else the ssh configuration, else root. Owned by the caller. */
char *session_ssh_user(const struct host *host, const struct ssh_settings *settings);

void session_close(struct session *s);
CLEANUP_FUNC(struct session *, session_close)

#define SESSION_WORDS 400 /* of a host's own words in an error, at most */

/* A program that ended with anything but 0: ERR_SYSTEM with the last of what it said. -1. */
NODISCARD int session_failed(const struct session *s, const char *program,
	const struct session_result *result, struct error *err);

void session_result_done(struct session_result *result);
CLEANUP_DONE(struct session_result, session_result_done)

void session_step_result_done(struct session_step_result *result);
CLEANUP_DONE(struct session_step_result, session_step_result_done)
