/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dialog.h"

#include "base/child.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define READ_SIZE     ((size_t)64 * 1024)
#define WORDS_KEPT    ((size_t)2000) /* of standard error */
#define POLL_SLICE_MS 100
#define PATIENCE_MS   INT64_C(2000)

struct dialog {
	struct child
		child; /* kept[STREAM_OUT]: not yet taken; kept[STREAM_ERRORS]: the last words */
	struct str unsent;
	char *name; /* of the program, for messages */
	char *buffer;
	bool has_ended;
	int status;
};

static void dialog_free(struct dialog *c)
{
	if (!c)
		return;
	child_done(&c->child);
	str_done(&c->unsent);
	free(c->name);
	free(c->buffer);
	free(c);
}
CLEANUP_FUNC(struct dialog *, dialog_free)

int dialog_open(const char *const *argv, struct dialog **out, struct error *err)
{
	CLEANUP(dialog_free) struct dialog *c = mem_new(1, sizeof *c);
	struct process_options options = { .argv = argv, .input = "" };

	c->child = (struct child)CHILD_NONE;
	c->name = mem_strdup(argv[0]);
	c->buffer = mem_new(1, READ_SIZE);
	if (child_start(&c->child, &options, err) < 0)
		return -1;
	for (int i = 0; i < STREAM_COUNT; i++) {
		if (fcntl(c->child.fds[i], F_SETFL, O_NONBLOCK) < 0)
			return error_set(err, ERR_SYSTEM, "speaking with '%s': %s", argv[0],
				strerror(errno));
	}
	*out = STEAL(&c);
	return 0;
}

void dialog_send(struct dialog *c, const char *line)
{
	str_add(&c->unsent, line);
	str_add(&c->unsent, "\n");
}

/* Drop the first bytes of a text. */
static void drop_bytes(struct str *s, size_t size)
{
	memmove(s->text, s->text + size, s->size - size + 1);
	s->size -= size;
}

static void feed(struct dialog *c)
{
	ssize_t put = write(c->child.fds[STREAM_IN], c->unsent.text, c->unsent.size);

	if (put > 0)
		drop_bytes(&c->unsent, (size_t)put);
	else if (put < 0 && errno != EINTR && errno != EAGAIN)
		child_shut(&c->child, STREAM_IN); /* it reads no more: what it answers decides */
}

/* Take in what is there. False when there was nothing. */
static bool drain(struct dialog *c, enum stream stream)
{
	struct str *kept = &c->child.kept[stream];
	ssize_t got = read(c->child.fds[stream], c->buffer, READ_SIZE);

	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return false;
	if (got <= 0) {
		child_shut(&c->child, stream);
		return false;
	}
	str_add_bytes(kept, c->buffer, (size_t)got);
	if (stream == STREAM_ERRORS && kept->size > WORDS_KEPT)
		drop_bytes(kept, kept->size - WORDS_KEPT);
	return true;
}

/* Wait for something to happen, and see to it. False when nothing came from the program. */
static bool pump(struct dialog *c, int wait_ms)
{
	struct pollfd polls[STREAM_COUNT + 1] = {
		[STREAM_IN] = { .fd = c->unsent.size ? c->child.fds[STREAM_IN] : -1,
			.events = POLLOUT },
		[STREAM_OUT] = { .fd = c->child.fds[STREAM_OUT], .events = POLLIN },
		[STREAM_ERRORS] = { .fd = c->child.fds[STREAM_ERRORS], .events = POLLIN },
		[STREAM_COUNT] = { .fd = c->child.ended_fd, .events = POLLIN },
	};
	bool has_come = false;

	if (poll(polls, STREAM_COUNT + 1, wait_ms) <= 0)
		return false;
	if (polls[STREAM_IN].revents)
		feed(c);
	for (enum stream s = STREAM_OUT; s <= STREAM_ERRORS; s++) {
		if (polls[s].revents)
			has_come = drain(c, s) || has_come;
	}
	return has_come;
}

static bool has_ended(struct dialog *c)
{
	c->has_ended = c->has_ended || child_has_ended(&c->child, &c->status);
	return c->has_ended;
}

/* Take the first whole line of what has come. @return 1, or 0 (there is none yet), or -1 with err. */
static int take_line(struct dialog *c, size_t limit, char **out, struct error *err)
{
	struct str *kept = &c->child.kept[STREAM_OUT];
	const char *end = kept->size ? memchr(kept->text, '\n', kept->size) : NULL;
	size_t size = end ? (size_t)(end - kept->text) : kept->size;

	if (size > limit)
		return error_set(
			err, ERR_CORRUPT, "'%s' sent a line of over %zu bytes", c->name, limit);
	if (!end)
		return 0;
	if (memchr(kept->text, '\0', size))
		return error_set(err, ERR_CORRUPT, "'%s' sent a line that is no text", c->name);
	*out = mem_strndup(kept->text, size);
	drop_bytes(kept, size + 1);
	return 1;
}

static int ended_error(struct dialog *c, struct error *err)
{
	const char *words = dialog_last_words(c);
	int code = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : WEXITSTATUS(c->status);

	return error_set(err, ERR_UNCERTAIN, "'%s' ended without an answer (%s %d)%s%s", c->name,
		WIFSIGNALED(c->status) ? "signal" : "exit status", code, *words ? ": " : "", words);
}

int dialog_receive(
	struct dialog *c, size_t limit, int64_t timeout_ms, char **out, struct error *err)
{
	int64_t deadline = timeout_ms ? clock_monotonic_ms() + timeout_ms : INT64_MAX;

	for (;;) {
		int taken = take_line(c, limit, out, err);

		if (taken)
			return taken < 0 ? -1 : 0;

		bool was_over = has_ended(c);

		/* Once it is gone, what its pipes still hold is all there will be. */
		if (!pump(c, was_over ? 0 : POLL_SLICE_MS) && was_over)
			return ended_error(c, err);
		if (clock_monotonic_ms() > deadline)
			return error_set(err, ERR_UNCERTAIN,
				"'%s' has not answered in %lld seconds", c->name,
				(long long)(timeout_ms / 1000));
	}
}

const char *dialog_last_words(struct dialog *c)
{
	struct str *kept = &c->child.kept[STREAM_ERRORS];

	if (!kept->size)
		return "";

	char *words = str_trim(kept->text);

	kept->size = strlen(kept->text);
	return words;
}

static bool await_exit(struct dialog *c, int64_t patience_ms)
{
	int64_t deadline = clock_monotonic_ms() + patience_ms;

	while (!has_ended(c) && clock_monotonic_ms() < deadline) {
		pump(c, POLL_SLICE_MS);
		str_done(&c->child.kept[STREAM_OUT]); /* nobody listens any more */
	}
	return has_ended(c);
}

void dialog_end(struct dialog *c, int64_t patience_ms)
{
	CLEANUP(dialog_free) struct dialog *ending = c;

	if (!ending)
		return;
	str_done(&c->unsent);
	child_shut(&c->child, STREAM_IN);
	if (await_exit(c, patience_ms))
		return;
	kill(-c->child.pid, SIGTERM);
	if (await_exit(c, patience_ms))
		return;
	kill(-c->child.pid, SIGKILL);
	while (!has_ended(c))
		pump(c, POLL_SLICE_MS);
}

void dialog_close(struct dialog *c)
{
	dialog_end(c, PATIENCE_MS);
}
