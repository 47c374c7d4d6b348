/* SPDX-License-Identifier: Apache-2.0 */
/* All of this is between fork() in a process of many threads and its end: async-signal-safe calls only. */
#include "base/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TERM_GRACE_S  5
#define END_ROUNDS    500 /* of 10 ms: what cannot be killed by then hangs in the kernel */
#define ROUND_NS      10000000L
#define CHILDREN_SIZE 4096

struct keeping {
	pid_t program;
	int status; /* as waitpid() tells it */
	bool has_ended;
};

/* Take what has ended. False when there is no child any more. */
static bool reap(struct keeping *k)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != k->program)
			continue;
		k->status = status;
		k->has_ended = true;
	}
	return pid == 0 || errno != ECHILD;
}

/* Kill those whom "12 345 " names; a number that is cut off at the end is left for the next round. */
static void kill_named(const char *numbers, size_t size)
{
	pid_t pid = 0;

	for (size_t i = 0; i < size; i++) {
		if (numbers[i] >= '0' && numbers[i] <= '9') {
			pid = pid * 10 + (numbers[i] - '0');
		} else if (pid > 0) {
			kill(pid, SIGKILL);
			pid = 0;
		}
	}
}

/* Killed children leave us theirs: once more until there is none. */
static void end_all(struct keeping *k)
{
	const struct timespec pause = { .tv_nsec = ROUND_NS };
	char numbers[CHILDREN_SIZE];

	for (int i = 0; i < END_ROUNDS && reap(k); i++) {
		int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
		ssize_t size = fd < 0 ? -1 : read(fd, numbers, sizeof numbers);

		if (size > 0)
			kill_named(numbers, (size_t)size);
		else
			kill(-k->program, SIGKILL); /* a kernel that does not tell */
		if (fd >= 0)
			close(fd);
		nanosleep(&pause, NULL);
	}
}

/* Until the program has ended, or is not to go on. */
static void await_end(struct keeping *k, const sigset_t *signals)
{
	const struct timespec grace = { .tv_sec = TERM_GRACE_S };
	bool is_termed = false;

	while (reap(k) && !k->has_ended) {
		int got = is_termed ? sigtimedwait(signals, NULL, &grace)
				    : sigwaitinfo(signals, NULL);

		if (got == KEEPER_END || (got < 0 && errno == EAGAIN))
			return;
		if (got == SIGTERM && !is_termed) {
			kill(k->program, SIGTERM);
			is_termed = true;
		}
	}
}

int keeper_begin(int kept_fd)
{
	struct keeping k = { 0 };
	sigset_t signals, before;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, KEEPER_END);
	sigprocmask(SIG_BLOCK, &signals, &before);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	k.program = fork();
	if (k.program < 0)
		return -1;
	if (k.program == 0) {
		setpgid(0, 0);
		sigprocmask(SIG_SETMASK, &before, NULL);
		return 0;
	}
	close_range(0, (unsigned)kept_fd - 1, 0);
	close_range((unsigned)kept_fd + 1, ~0U, 0);
	await_end(&k, &signals);
	end_all(&k);
	_exit(WIFSIGNALED(k.status) ? 128 + WTERMSIG(k.status) : WEXITSTATUS(k.status));
}
