/* SPDX-License-Identifier: Apache-2.0 */
#include "base/process.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_LIMIT  ((size_t)16 * 1024 * 1024)
#define READ_SIZE     ((size_t)64 * 1024)
#define POLL_SLICE_MS 50

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

/* Ends when the program has ended and its pipes are empty; a grandchild that keeps a pipe open
 * (a daemon it left behind) does not hold us: once the program is gone, empty pipes are enough,
 * and so is one that never empties. */
static int child_await(struct child *c, const struct process_options *o, bool *is_timed_out)
{
	CLEANUP(free) char *buffer = mem_new(1, READ_SIZE);
	int64_t deadline = o->timeout_ms ? clock_monotonic_ms() + o->timeout_ms : INT64_MAX;
	int status = W_EXITCODE(CHILD_EXEC_FAILED, 0);
	bool has_ended = false;

	while (!has_ended || c->fds[STREAM_OUT] >= 0 || c->fds[STREAM_ERRORS] >= 0) {
		bool is_busy = child_poll(c, o, buffer, has_ended ? 0 : POLL_SLICE_MS);

		if (has_ended && (!is_busy || c->is_truncated))
			break;
		has_ended = has_ended || child_has_ended(c, &status);
		if (!has_ended && clock_monotonic_ms() > deadline) {
			*is_timed_out = true;
			child_kill(c, o);
			deadline = INT64_MAX;
		}
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int process_run(
	const struct process_options *options, struct process_result *result, struct error *err)
{
	CLEANUP(child_done) struct child c = CHILD_NONE;
	int64_t started = clock_monotonic_ms();
	bool is_timed_out = false;

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
