/* SPDX-License-Identifier: Apache-2.0 */
#include "base/child.h"

#include "base/error.h"
#include "base/file.h"
#include "base/keeper.h"
#include "base/mem.h"
#include "base/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

/* The pipes of a start: the streams, one on which it tells that it failed, and one that breaks when we end. */
enum { REPORT = STREAM_COUNT, LEASH, PIPE_COUNT };

/* What a child that could not become the program says about it. */
struct exec_failure {
	int cause;         /* errno */
	bool is_directory; /* the directory to run in was the trouble */
};

void child_done(struct child *c)
{
	fd_close(c->ended_fd);
	fd_close(c->leash);
	for (int i = 0; i < STREAM_COUNT; i++) {
		fd_close(c->fds[i]);
		str_done(&c->kept[i]);
	}
}

/*
 * In the child: SIGTERM when the last writer of the pipe is gone, which is this process's parent. A signal for the
 * parent's death would be one for the death of the thread that started us.
 */
static void hold_leash(int fd)
{
	fcntl(fd, F_SETOWN, getpid());
	fcntl(fd, F_SETSIG, SIGTERM);
	fcntl(fd, F_SETFL, O_ASYNC);
	fcntl(fd, F_SETFD, 0);
}

/*
 * In the child, on our memory: nothing but async-signal-safe calls, then the program. Tells its failure
 * through a pipe. The program is not to live on when we are killed.
 */
static void exec_child(
	const struct process_options *o, char *const *environment, int pipes[PIPE_COUNT][2])
{
	static const int targets[STREAM_COUNT] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	int ends[STREAM_COUNT] = { pipes[STREAM_IN][0], pipes[STREAM_OUT][1],
		o->merge_output ? pipes[STREAM_OUT][1] : pipes[STREAM_ERRORS][1] };

	struct exec_failure failure = { 0 };

	setpgid(0, 0);
	hold_leash(pipes[LEASH][0]);
	if (o->ends_all && keeper_begin(pipes[LEASH][0]) < 0)
		_exit(CHILD_EXEC_FAILED);
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (dup2(ends[i], targets[i]) < 0)
			_exit(CHILD_EXEC_FAILED);
	}
	if (o->directory && chdir(o->directory) < 0) {
		failure.is_directory = true;
	} else {
		signal(SIGPIPE, SIG_DFL);
		execvpe(o->argv[0], (char *const *)(uintptr_t)o->argv, environment);
	}
	failure.cause = errno;
	if (write(pipes[REPORT][1], &failure, sizeof failure) < 0)
		_exit(CHILD_EXEC_FAILED);
	_exit(CHILD_EXEC_FAILED);
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

static int open_pipes(int pipes[PIPE_COUNT][2], const struct process_options *o)
{
	for (int i = 0; i < PIPE_COUNT; i++) {
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

/*
 * fork() would copy the page tables of all that is known of thousands of hosts, for each program; a keeper wants memory of
 * its own. In a function of its own: no other's variables live in registers that the child shares.
 */
static pid_t start_program(
	const struct process_options *o, char *const *environment, int pipes[PIPE_COUNT][2])
{
	pid_t pid = o->ends_all ? fork() : vfork();

	if (pid == 0)
		exec_child(o, environment, pipes);
	return pid;
}

int child_start(struct child *c, const struct process_options *o, struct error *err)
{
	int pipes[PIPE_COUNT][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };
	CLEANUP(free) char **environment = merge_environment(o->environment);
	int result = -1;

	if (open_pipes(pipes, o) < 0 || (c->pid = start_program(o, environment, pipes)) < 0) {
		result = error_set(
			err, ERR_SYSTEM, "starting '%s': %s", o->argv[0], strerror(errno));
	} else {
		setpgid(c->pid, c->pid);
		fd_close(pipes[REPORT][1]);
		pipes[REPORT][1] = -1;
		result = await_exec(pipes[REPORT][0], c->pid, o, err);
		if (result == 0)
			c->ended_fd = pidfd_open(c->pid, 0);
	}
	c->fds[STREAM_IN] = pipes[STREAM_IN][1];
	c->fds[STREAM_OUT] = pipes[STREAM_OUT][0];
	c->fds[STREAM_ERRORS] = pipes[STREAM_ERRORS][0];
	c->leash = pipes[LEASH][1];
	fd_close(pipes[STREAM_IN][0]);
	fd_close(pipes[STREAM_OUT][1]);
	fd_close(pipes[STREAM_ERRORS][1]);
	fd_close(pipes[REPORT][0]);
	fd_close(pipes[REPORT][1]);
	fd_close(pipes[LEASH][0]);
	return result;
}

void child_shut(struct child *c, enum stream stream)
{
	fd_close(c->fds[stream]);
	c->fds[stream] = -1;
}

void child_kill(const struct child *c, const struct process_options *o)
{
	kill(o->ends_all ? c->pid : -c->pid, o->ends_all ? KEEPER_END : SIGKILL);
}

bool child_has_ended(struct child *c, int *status)
{
	if (waitpid(c->pid, status, WNOHANG) == 0)
		return false;
	fd_close(c->ended_fd);
	c->ended_fd = -1;
	return true;
}
