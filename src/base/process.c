/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_LIMIT  ((size_t)16 * 1024 * 1024)
#define READ_SIZE     ((size_t)64 * 1024)
#define POLL_SLICE_MS 50
#define EXEC_FAILED   127

enum stream { STREAM_IN, STREAM_OUT, STREAM_ERRORS, STREAM_COUNT };

/* A running child: our ends of its pipes (-1 when closed) and what came out of it so far. */
struct child {
	pid_t pid;
	int ended_fd; /* readable once the child has ended; -1 where the kernel has none */
	int fds[STREAM_COUNT];
	struct str kept[STREAM_COUNT];
	size_t written; /* of the input */
	bool is_truncated;
};

/* What a child that could not become the program says about it. */
struct exec_failure {
	int cause;         /* errno */
	bool is_directory; /* the directory to run in was the trouble */
};

static void child_done(struct child *c)
{
	fd_close(c->ended_fd);
	for (int i = 0; i < STREAM_COUNT; i++) {
		fd_close(c->fds[i]);
		str_done(&c->kept[i]);
	}
}
static inline void child_done_p(struct child *c)
{
	child_done(c);
}

/*
 * In the child: nothing but async-signal-safe calls, then the program. Tells its failure through
 * `report`. The program is not to live on when we are killed.
 */
static void exec_child(const struct process_options *o, char *const *environment,
	int pipes[STREAM_COUNT][2], int report)
{
	static const int targets[STREAM_COUNT] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	int ends[STREAM_COUNT] = { pipes[STREAM_IN][0], pipes[STREAM_OUT][1],
		o->merge_output ? pipes[STREAM_OUT][1] : pipes[STREAM_ERRORS][1] };

	struct exec_failure failure = { 0 };

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (dup2(ends[i], targets[i]) < 0)
			_exit(EXEC_FAILED);
	}
	if (o->directory && chdir(o->directory) < 0) {
		failure.is_directory = true;
	} else {
		signal(SIGPIPE, SIG_DFL);
		execvpe(o->argv[0], (char *const *)(uintptr_t)o->argv, environment);
	}
	failure.cause = errno;
	if (write(report, &failure, sizeof failure) < 0)
		_exit(EXEC_FAILED);
	_exit(EXEC_FAILED);
}

/* True when one of `entries`, up to `end`, gives a value to the name that `entry` gives one to. */
static bool names_again(const char *const *entries, size_t end, const char *entry)
{
	size_t size = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < end; i++) {
		if (strncmp(entries[i], entry, size) == 0)
			return true;
	}
	return false;
}

/* The additions, then what we have ourselves under other names: programs differ in which of two
 * entries of one name they believe. */
static char **merge_environment(const char *const *added)
{
	size_t added_count = 0, own_count = 0, count;

	while (added && added[added_count])
		added_count++;
	while (environ[own_count])
		own_count++;

	char **all = mem_new(added_count + own_count + 1, sizeof *all);

	for (count = 0; count < added_count; count++)
		all[count] = (char *)(uintptr_t)added[count];
	for (size_t i = 0; i < own_count; i++) {
		if (!names_again(added, added_count, environ[i]))
			all[count++] = environ[i];
	}
	return all;
}

static int open_pipes(int pipes[STREAM_COUNT + 1][2], const struct process_options *o)
{
	for (int i = 0; i <= STREAM_COUNT; i++) {
		if (i == STREAM_IN && !o->input) {
			pipes[i][0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
			if (pipes[i][0] < 0)
				return -1;
		} else if (pipe2(pipes[i], O_CLOEXEC) < 0) {
			return -1;
		}
	}
	return 0;
}

/* Wait until the child has become the program, or has told why it could not. */
static int await_exec(int report, pid_t pid, const struct process_options *o, struct error *err)
{
	struct exec_failure failure = { 0 };
	ssize_t got;

	do {
		got = read(report, &failure, sizeof failure);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	if (failure.is_directory)
		return error_set(err, ERR_SYSTEM, "running '%s' in '%s': %s", o->argv[0],
			o->directory, strerror(failure.cause));
	return error_set(err, failure.cause == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM,
		"running '%s': %s", o->argv[0], strerror(failure.cause));
}

static int child_start(struct child *c, const struct process_options *o, struct error *err)
{
	int pipes[STREAM_COUNT + 1][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	CLEANUP(free) char **environment = merge_environment(o->environment);
	int result = -1;

	if (open_pipes(pipes, o) < 0 || (c->pid = fork()) < 0) {
		result = error_set(
			err, ERR_SYSTEM, "starting '%s': %s", o->argv[0], strerror(errno));
	} else {
		if (c->pid == 0)
			exec_child(o, environment, pipes, pipes[STREAM_COUNT][1]);
		setpgid(c->pid, c->pid);
		fd_close(pipes[STREAM_COUNT][1]);
		pipes[STREAM_COUNT][1] = -1;
		result = await_exec(pipes[STREAM_COUNT][0], c->pid, o, err);
		if (result == 0)
			c->ended_fd = pidfd_open(c->pid, 0);
	}
	c->fds[STREAM_IN] = pipes[STREAM_IN][1];
	c->fds[STREAM_OUT] = pipes[STREAM_OUT][0];
	c->fds[STREAM_ERRORS] = pipes[STREAM_ERRORS][0];
	fd_close(pipes[STREAM_IN][0]);
	fd_close(pipes[STREAM_OUT][1]);
	fd_close(pipes[STREAM_ERRORS][1]);
	fd_close(pipes[STREAM_COUNT][0]);
	fd_close(pipes[STREAM_COUNT][1]);
	return result;
}

static void child_shut(struct child *c, enum stream stream)
{
	fd_close(c->fds[stream]);
	c->fds[stream] = -1;
}

/* The program may stop reading early; that is its right, and SIGPIPE must not end us. */
static void feed(struct child *c, const struct process_options *o)
{
	ssize_t put = write(c->fds[STREAM_IN], o->input + c->written, o->input_size - c->written);

	if (put > 0)
		c->written += (size_t)put;
	if ((put < 0 && errno != EINTR && errno != EAGAIN) || c->written == o->input_size)
		child_shut(c, STREAM_IN);
}

static void drain(
	struct child *c, enum stream stream, const struct process_options *o, char *buffer)
{
	size_t limit = o->output_limit ? o->output_limit : OUTPUT_LIMIT;
	ssize_t got = read(c->fds[stream], buffer, READ_SIZE);
	size_t room = limit - c->kept[stream].size;

	if (got <= 0) {
		if (got == 0 || errno != EINTR)
			child_shut(c, stream);
		return;
	}
	if ((size_t)got > room)
		c->is_truncated = true;
	str_add_bytes(&c->kept[stream], buffer, (size_t)got < room ? (size_t)got : room);
	if (o->on_output)
		o->on_output(o->context, buffer, (size_t)got);
}

/* Wait for something to happen, and see to it. False when the pipes had nothing for us in the time. */
static bool child_poll(struct child *c, const struct process_options *o, char *buffer, int wait_ms)
{
	struct pollfd polls[STREAM_COUNT + 1] = {
		[STREAM_COUNT] = { .fd = c->ended_fd, .events = POLLIN },
	};

	for (int i = 0; i < STREAM_COUNT; i++)
		polls[i] = (struct pollfd){ .fd = c->fds[i],
			.events = i == STREAM_IN ? POLLOUT : POLLIN };

	int ready = poll(polls, STREAM_COUNT + 1, wait_ms);

	if (ready <= 0)
		return ready < 0;
	if (polls[STREAM_IN].revents)
		feed(c, o);
	for (enum stream s = STREAM_OUT; s <= STREAM_ERRORS; s++) {
		if (polls[s].revents)
			drain(c, s, o, buffer);
	}
	return polls[STREAM_IN].revents || polls[STREAM_OUT].revents ||
	       polls[STREAM_ERRORS].revents;
}

/* Take notice when the program has ended. */
static bool child_has_ended(struct child *c, int *status)
{
	if (waitpid(c->pid, status, WNOHANG) == 0)
		return false;
	fd_close(c->ended_fd);
	c->ended_fd = -1;
	return true;
}

/* Ends when the program has ended and its pipes are empty; a grandchild that keeps a pipe open
 * (a daemon it left behind) does not hold us: once the program is gone, empty pipes are enough,
 * and so is one that never empties. */
static int child_await(struct child *c, const struct process_options *o, bool *is_timed_out)
{
	CLEANUP(free) char *buffer = mem_new(1, READ_SIZE);
	int64_t deadline = o->timeout_ms ? clock_monotonic_ms() + o->timeout_ms : INT64_MAX;
	int status = W_EXITCODE(EXEC_FAILED, 0);
	bool has_ended = false;

	while (!has_ended || c->fds[STREAM_OUT] >= 0 || c->fds[STREAM_ERRORS] >= 0) {
		bool is_busy = child_poll(c, o, buffer, has_ended ? 0 : POLL_SLICE_MS);

		if (has_ended && (!is_busy || c->is_truncated))
			break;
		has_ended = has_ended || child_has_ended(c, &status);
		if (!has_ended && clock_monotonic_ms() > deadline) {
			*is_timed_out = true;
			kill(-c->pid, SIGKILL);
			deadline = INT64_MAX;
		}
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_run(
	const struct process_options *options, struct process_result *result, struct error *err)
{
	CLEANUP(child_done) struct child c = { .ended_fd = -1, .fds = { -1, -1, -1 } };
	int64_t started = clock_monotonic_ms();
	bool is_timed_out = false;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored by who started us: exit statuses would be lost */
	if (child_start(&c, options, err) < 0)
		return -1;
	if (c.fds[STREAM_IN] >= 0 && fcntl(c.fds[STREAM_IN], F_SETFL, O_NONBLOCK) < 0)
		child_shut(&c, STREAM_IN);

	int exit_status = child_await(&c, options, &is_timed_out);

	*result = (struct process_result){
		.output_size = c.kept[STREAM_OUT].size,
		.errors_size = c.kept[STREAM_ERRORS].size,
		.exit_status = exit_status,
		.is_timed_out = is_timed_out,
		.is_truncated = c.is_truncated,
		.elapsed_ms = clock_monotonic_ms() - started,
	};
	/* Not above: in an initialiser the sizes might be read after the strings were taken. */
	result->output = str_take(&c.kept[STREAM_OUT]);
	result->errors = str_take(&c.kept[STREAM_ERRORS]);
	return 0;
}

void process_result_done(struct process_result *result)
{
	free(result->output);
	free(result->errors);
	*result = (struct process_result){ 0 };
}
