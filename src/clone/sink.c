/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/sink.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/protocol.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS_MAX   200
#define BACKLOG       64
#define READ_SIZE     ((size_t)64 * 1024)
#define IDLE_MS       INT64_C(30000)
#define WHOLE_MS      INT64_C(600000)
#define POLL_SLICE_MS 1000
#define PORT_MAX      65535
#define ORIGINAL_DST                                                                               \
	80 /* SO_ORIGINAL_DST, IP6T_SO_ORIGINAL_DST: where it was going before the fence turned it */
#define LINE_MAX_SIZE ((size_t)16 * 1024 * 1024)

static const char *const answer_names[FENCE_ANSWER_COUNT] = {
	[FENCE_AS_SMTP] = "smtp",
	[FENCE_AS_HTTP] = "http",
	[FENCE_AS_TCP] = "tcp",
};

struct listener {
	int fd;
	enum fence_answer as;
};

/* One connection. */
struct client {
	int fd;
	enum fence_answer as;
	struct protocol *protocol;
	struct str unsent;
	struct sockaddr_storage from, to;
	int64_t at, started_ms, heard_ms;
	bool is_recorded; /* what came of it so far; a later line goes on with that */
	bool is_deaf;     /* it says nothing more */
};

struct sink {
	struct listener *listeners;
	size_t listener_count;
	struct client *clients;
	size_t client_count;
	int record;
	int signals;
	char *buffer;
};

const char *sink_answer_name(enum fence_answer as)
{
	return answer_names[as];
}

int sink_port_read(const char *text, struct fence_sink *out, struct error *err)
{
	const char *end = NULL;
	unsigned port = 0;

	if (!str_number(text, PORT_MAX, &port, &end) || !port || *end != '=')
		return error_set(
			err, ERR_USAGE, "'%.60s' is no port with its answer, like 25=smtp", text);
	for (int as = 0; as < FENCE_ANSWER_COUNT; as++) {
		if (str_equal(end + 1, answer_names[as])) {
			*out = (struct fence_sink){ (int)port, (enum fence_answer)as };
			return 0;
		}
	}
	return error_set(err, ERR_USAGE, "'%.60s': want smtp, http or tcp behind the =", text);
}

/* ---- doors ---- */

static int listen_on(const struct sockaddr *address, socklen_t size)
{
	int one = 1, fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (address->sa_family == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
		bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
		return fd;

	int cause = errno;

	fd_close(fd);
	errno = cause;
	return -1;
}

static void listener_add(struct sink *s, int fd, enum fence_answer as)
{
	s->listeners[s->listener_count++] = (struct listener){ fd, as };
}

/* IPv4 must work; a network without IPv6 is fine. */
static int open_port(struct sink *s, const struct fence_sink *port, struct error *err)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons((uint16_t)port->port) };
	int fd = listen_on((const struct sockaddr *)&v4, sizeof v4);

	if (fd < 0)
		return error_set(err, errno == EADDRINUSE ? ERR_CONFLICT : ERR_SYSTEM,
			"listening on port %d: %s", port->port, strerror(errno));
	listener_add(s, fd, port->as);
	fd = listen_on((const struct sockaddr *)&v6, sizeof v6);
	if (fd >= 0)
		listener_add(s, fd, port->as);
	return 0;
}

/* ---- guests ---- */

/* Where it wanted to go; before the fence turned it here, if it did. */
static void find_destination(
	int fd, const struct sockaddr_storage *from, struct sockaddr_storage *out)
{
	socklen_t size = sizeof *out;
	int level = from->ss_family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;

	if (getsockopt(fd, level, ORIGINAL_DST, out, &size) == 0)
		return;
	size = sizeof *out;
	if (getsockname(fd, (struct sockaddr *)out, &size) < 0)
		*out = (struct sockaddr_storage){ 0 };
}

static void client_add(struct sink *s, const struct listener *listener)
{
	struct sockaddr_storage from = { 0 };
	socklen_t size = sizeof from;
	int fd = accept4(
		listener->fd, (struct sockaddr *)&from, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;

	struct client *g = &s->clients[s->client_count++];

	*g = (struct client){ .fd = fd,
		.as = listener->as,
		.from = from,
		.at = clock_now(),
		.started_ms = clock_monotonic_ms(),
		.heard_ms = clock_monotonic_ms() };
	find_destination(fd, &from, &g->to);
	g->protocol = protocol_new(g->as, &g->unsent);
}

static void client_done(struct client *g)
{
	fd_close(g->fd);
	protocol_free(g->protocol);
	str_done(&g->unsent);
}

static void set_address(struct jvalue *json, const char *name, const char *port_name,
	const struct sockaddr_storage *a)
{
	char text[INET6_ADDRSTRLEN] = "";
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
	bool is_v6 = a->ss_family == AF_INET6;

	inet_ntop(is_v6 ? AF_INET6 : AF_INET,
		is_v6 ? (const void *)&v6->sin6_addr : (const void *)&v4->sin_addr, text,
		sizeof text);
	jvalue_set_string(json, name, text);
	if (port_name)
		jvalue_set_integer(json, port_name, ntohs(is_v6 ? v6->sin6_port : v4->sin_port));
}

/* One write, so that lines of several sinks never mix. */
static void put_record(const struct sink *s, struct client *g)
{
	CLEANUP(jvalue_free) struct jvalue *json = jvalue_object();

	if (g->is_recorded && !protocol_has_news(g->protocol))
		return;
	if (g->is_recorded)
		jvalue_set_bool(json, "is_more", true);
	jvalue_set_time(json, "at", g->at);
	jvalue_set_string(json, "as", answer_names[g->as]);
	set_address(json, "from", NULL, &g->from);
	set_address(json, "to", "port", &g->to);
	protocol_record(g->protocol, json);

	CLEANUP(free) char *text = jvalue_write(json);
	CLEANUP(free) char *line = mem_printf("%s\n", text);

	if (write(s->record, line, strlen(line)) < (ssize_t)strlen(line))
		fprintf(stderr, "patchline sink: writing the record: %s\n", strerror(errno));
	protocol_forget(g->protocol);
	g->is_recorded = true;
}

/* False when the connection is of no more use. */
static bool client_speak(struct client *g)
{
	ssize_t put = send(g->fd, g->unsent.text, g->unsent.size, MSG_NOSIGNAL);

	if (put < 0)
		return errno == EAGAIN || errno == EINTR;
	memmove(g->unsent.text, g->unsent.text + put, g->unsent.size - (size_t)put + 1);
	g->unsent.size -= (size_t)put;
	return true;
}

static bool client_listen(struct sink *s, struct client *g)
{
	ssize_t got = recv(g->fd, s->buffer, READ_SIZE, 0);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	g->is_deaf = got == 0;
	g->heard_ms = clock_monotonic_ms();
	protocol_receive(g->protocol, s->buffer, (size_t)got, &g->unsent);
	return true;
}

static bool is_late(const struct client *g)
{
	int64_t now = clock_monotonic_ms();

	return now - g->heard_ms > IDLE_MS || now - g->started_ms > WHOLE_MS;
}

/* False when it has gone, or is to go. */
static bool client_serve(struct sink *s, struct client *g, short events)
{
	bool is_there = true;

	if (events & (POLLIN | POLLHUP | POLLERR))
		is_there = client_listen(s, g);
	if (is_there && g->unsent.size)
		is_there = client_speak(g);
	if (!is_there || is_late(g))
		return false;
	return g->unsent.size || !(protocol_is_over(g->protocol) || g->is_deaf);
}

/* ---- the loop ---- */

static size_t fill_polls(const struct sink *s, struct pollfd *polls)
{
	size_t count = 0;

	polls[count++] = (struct pollfd){ .fd = s->signals, .events = POLLIN };
	for (size_t i = 0; i < s->listener_count; i++)
		polls[count++] =
			(struct pollfd){ .fd = s->client_count < CLIENTS_MAX ? s->listeners[i].fd
									     : -1,
				.events = POLLIN };
	for (size_t i = 0; i < s->client_count; i++) {
		const struct client *g = &s->clients[i];
		short events = g->unsent.size ? POLLOUT : POLLIN;

		polls[count++] = (struct pollfd){ .fd = g->fd, .events = events };
	}
	return count;
}

static void serve_clients(struct sink *s, const struct pollfd *polls)
{
	size_t left = 0;

	for (size_t i = 0; i < s->client_count; i++) {
		struct client *g = &s->clients[i];

		if (client_serve(s, g, polls[i].revents)) {
			if (protocol_has_whole(g->protocol))
				put_record(s, g);
			s->clients[left++] = *g;
		} else {
			put_record(s, g);
			client_done(g);
		}
	}
	s->client_count = left;
}

static int serve(struct sink *s, struct error *err)
{
	CLEANUP(free)
	struct pollfd *polls = mem_new(1 + s->listener_count + CLIENTS_MAX, sizeof *polls);

	for (;;) {
		size_t count = fill_polls(s, polls);

		if (poll(polls, count, POLL_SLICE_MS) < 0 && errno != EINTR)
			return error_set(err, ERR_SYSTEM, "waiting: %s", strerror(errno));
		if (polls[0].revents)
			return 0;
		serve_clients(s, polls + 1 + s->listener_count);
		for (size_t i = 0; i < s->listener_count && s->client_count < CLIENTS_MAX; i++) {
			if (polls[1 + i].revents)
				client_add(s, &s->listeners[i]);
		}
	}
}

static int open_record(struct sink *s, const char *path, struct error *err)
{
	s->record = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (s->record < 0)
		return error_set(err, ERR_SYSTEM, "writing '%s': %s", path, strerror(errno));
	return 0;
}

static int await_signals(struct sink *s, struct error *err)
{
	sigset_t ends;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	if (sigprocmask(SIG_BLOCK, &ends, NULL) < 0 ||
		(s->signals = signalfd(-1, &ends, SFD_CLOEXEC)) < 0)
		return error_set(err, ERR_SYSTEM, "waiting for signals: %s", strerror(errno));
	return 0;
}

static void sink_done(struct sink *s)
{
	for (size_t i = 0; i < s->client_count; i++) {
		put_record(s, &s->clients[i]);
		client_done(&s->clients[i]);
	}
	for (size_t i = 0; i < s->listener_count; i++)
		fd_close(s->listeners[i].fd);
	fd_close(s->record);
	fd_close(s->signals);
	free(s->listeners);
	free(s->clients);
	free(s->buffer);
}
CLEANUP_DONE(struct sink, sink_done)

int sink_run(const struct sink_options *options, struct error *err)
{
	CLEANUP(sink_done) struct sink s = { .record = -1, .signals = -1 };

	s.listeners = mem_new(options->count * 2, sizeof *s.listeners);
	s.clients = mem_new(CLIENTS_MAX, sizeof *s.clients);
	s.buffer = mem_new(1, READ_SIZE);
	if (open_record(&s, options->record, err) < 0 || await_signals(&s, err) < 0)
		return -1;
	for (size_t i = 0; i < options->count; i++) {
		if (open_port(&s, &options->ports[i], err) < 0)
			return -1;
	}
	return serve(&s, err);
}

/* ---- reading a record ---- */

static void count_entry(struct sink_tally *t, const struct jvalue *entry)
{
	const char *as = jvalue_string(entry, "as");
	int64_t count = jvalue_integer(entry, "count", 0);

	for (int i = 0; i < FENCE_ANSWER_COUNT; i++)
		t->connections[i] +=
			str_equal(as, answer_names[i]) && !jvalue_bool(entry, "is_more", false);
	*(str_equal(as, answer_names[FENCE_AS_SMTP]) ? &t->messages : &t->requests) +=
		count > 0 ? (size_t)count : 0;
}

static void read_entry(struct sink_tally *t, const char *line, size_t size, bool is_wanted)
{
	struct jvalue *entry = NULL;
	struct error ignored;

	if (size > LINE_MAX_SIZE || jvalue_parse(line, size, &entry, &ignored) < 0)
		return;
	count_entry(t, entry);
	if (is_wanted)
		jvalue_add(t->last, entry);
	else
		jvalue_free(entry);
}

static size_t count_lines(FILE *in)
{
	size_t lines = 0;

	for (int c; (c = getc_unlocked(in)) != EOF;)
		lines += c == '\n';
	rewind(in);
	return lines;
}

int sink_tally_read(const char *record, size_t last, struct sink_tally *out, struct error *err)
{
	CLEANUP(stream_close) FILE *in = fopen(record, "re");
	CLEANUP(sink_tally_done) struct sink_tally t = { .last = jvalue_array() };
	CLEANUP(free) char *line = NULL;
	size_t capacity = 0, lines = in ? count_lines(in) : 0;
	ssize_t size;

	if (!in && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", record, strerror(errno));
	for (size_t i = 0; in && (size = getline(&line, &capacity, in)) > 0; i++)
		read_entry(&t, line, (size_t)size, !last || i + last >= lines);
	if (in && ferror(in))
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", record, strerror(errno));
	*out = STEAL(&t);
	return 0;
}

void sink_tally_done(struct sink_tally *t)
{
	jvalue_free(t->last);
	*t = (struct sink_tally){ 0 };
}
