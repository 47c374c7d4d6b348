/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/talk.h"

#include "base/jvalue.h"
#include "base/mem.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_SIZE  ((size_t)8192)
#define HEADERS_MAX    ((size_t)64 * 1024)
#define RECIPIENTS_MAX 100
#define ENTRIES_MAX    64 /* mails or requests of one conversation that are kept */
#define FIRST_MAX      ((size_t)256)
#define HELLO_MAX      ((size_t)16384 + 5)
#define RECEIVED_MAX   ((size_t)64 * 1024 * 1024)
#define GREETING       "220 sink ESMTP\r\n"

/* What the next line or bytes are. */
enum phase {
	PHASE_COMMAND, /* SMTP */
	PHASE_SECRET,  /* a line of AUTH, not looked at */
	PHASE_MAIL,    /* lines up to a lone dot */
	PHASE_REQUEST, /* HTTP */
	PHASE_HEADER,
	PHASE_BODY, /* `left` bytes */
	PHASE_CHUNK_SIZE,
	PHASE_CHUNK,     /* `left` bytes */
	PHASE_CHUNK_END, /* the empty line behind it */
	PHASE_TRAILER,
	PHASE_RAW, /* bytes of no known kind */
};

struct talk {
	enum fence_answer as;
	enum phase phase;
	bool is_over;
	struct str line;           /* not yet whole */
	struct str first;          /* the first bytes of all */
	size_t received;           /* bytes of all */
	struct jvalue *entries;    /* mails or requests that ended */
	size_t entry_count;        /* of those too that were not kept */
	struct jvalue *entry;      /* the one under way; NULL for none */
	struct jvalue *recipients; /* of entry; borrowed */
	struct str kept;           /* its text or body, the beginning of it */
	size_t size;               /* of its text or body so far */
	unsigned secrets;          /* lines of AUTH still to come */
	uint64_t left;             /* bytes of body or chunk */
	size_t headers_size;
	bool is_chunked, closes, wants_continue;
	bool is_tls;
	char server_name[TALK_NAME_MAX];
};

/* ---- entries ---- */

/* Text for people: what cannot be shown is a '?'. */
static void set_text(struct jvalue *object, const char *name, const char *bytes, size_t size)
{
	CLEANUP(free) char *text = mem_new(size + 1, 1);

	for (size_t i = 0; i < size; i++)
		text[i] = (char)(bytes[i] ? bytes[i] : '?');
	jvalue_set_string(object, name, text);
}

static void entry_begin(struct talk *t)
{
	jvalue_free(t->entry);
	t->entry = jvalue_object();
	t->recipients = NULL;
	str_done(&t->kept);
	t->size = 0;
}

static void entry_keep(struct talk *t, const char *bytes, size_t size)
{
	size_t room = TALK_KEPT_MAX - t->kept.size;

	str_add_bytes(&t->kept, bytes, size < room ? size : room);
	t->size += size;
}

/* @param name  Of its text: "message", "body". */
static void entry_end(struct talk *t, const char *name)
{
	set_text(t->entry, name, str_text(&t->kept), t->kept.size);
	jvalue_set_integer(t->entry, "size", (int64_t)t->size);
	jvalue_set_bool(t->entry, "is_cut", t->size > t->kept.size);
	if (t->entry_count++ < ENTRIES_MAX)
		jvalue_add(t->entries, STEAL(&t->entry));
	jvalue_free(STEAL(&t->entry));
	t->recipients = NULL;
	str_done(&t->kept);
}

/* ---- SMTP ---- */

/* What stands between < and >; without them the first word. */
static char *path_of(const char *text)
{
	const char *open = strchr(text, '<'), *close = open ? strchr(open, '>') : NULL;

	if (close)
		return mem_strndup(open + 1, (size_t)(close - open - 1));
	text += strspn(text, " ");
	return mem_strndup(text, strcspn(text, " "));
}

static void smtp_hello(struct talk *t, const char *rest, struct str *reply)
{
	(void)t;
	(void)rest;
	str_add(reply, "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n"
		       "250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN\r\n");
}

static void smtp_helo(struct talk *t, const char *rest, struct str *reply)
{
	(void)t;
	(void)rest;
	str_add(reply, "250 sink\r\n");
}

static void smtp_mail(struct talk *t, const char *rest, struct str *reply)
{
	CLEANUP(free) char *from = path_of(rest);

	entry_begin(t);
	set_text(t->entry, "from", from, strlen(from));
	t->recipients = jvalue_array();
	jvalue_set(t->entry, "to", t->recipients);
	str_add(reply, "250 2.1.0 ok\r\n");
}

static void smtp_recipient(struct talk *t, const char *rest, struct str *reply)
{
	CLEANUP(free) char *to = path_of(rest);

	if (!t->recipients) {
		str_add(reply, "503 5.5.1 MAIL first\r\n");
	} else if (jvalue_count(t->recipients) >= RECIPIENTS_MAX) {
		str_add(reply, "452 4.5.3 too many recipients\r\n");
	} else {
		jvalue_add_string(t->recipients, to);
		str_add(reply, "250 2.1.5 ok\r\n");
	}
}

static void smtp_data(struct talk *t, const char *rest, struct str *reply)
{
	(void)rest;
	if (!t->recipients || !jvalue_count(t->recipients)) {
		str_add(reply, "503 5.5.1 RCPT first\r\n");
		return;
	}
	t->phase = PHASE_MAIL;
	str_add(reply, "354 go on\r\n");
}

static void smtp_reset(struct talk *t, const char *rest, struct str *reply)
{
	(void)rest;
	jvalue_free(STEAL(&t->entry));
	t->recipients = NULL;
	str_add(reply, "250 2.0.0 ok\r\n");
}

static void smtp_fine(struct talk *t, const char *rest, struct str *reply)
{
	(void)t;
	(void)rest;
	str_add(reply, "250 2.0.0 ok\r\n");
}

static void smtp_quit(struct talk *t, const char *rest, struct str *reply)
{
	(void)rest;
	t->is_over = true;
	str_add(reply, "221 2.0.0 bye\r\n");
}

/* Whoever signs in is welcome; how, is nobody's business. */
static void smtp_auth(struct talk *t, const char *rest, struct str *reply)
{
	bool is_login = strncasecmp(rest, "LOGIN", 5) == 0;
	bool has_first = strchr(rest + strspn(rest, " "), ' ') != NULL;

	t->secrets = (is_login ? 2U : 1U) - (has_first ? 1U : 0U);
	t->phase = t->secrets ? PHASE_SECRET : PHASE_COMMAND;
	str_add(reply, t->secrets ? "334 \r\n" : "235 2.7.0 ok\r\n");
}

static const struct {
	const char *word;
	void (*run)(struct talk *t, const char *rest, struct str *reply);
} smtp_commands[] = {
	{ "EHLO", smtp_hello },
	{ "HELO", smtp_helo },
	{ "MAIL FROM:", smtp_mail },
	{ "RCPT TO:", smtp_recipient },
	{ "DATA", smtp_data },
	{ "RSET", smtp_reset },
	{ "NOOP", smtp_fine },
	{ "VRFY", smtp_fine },
	{ "AUTH ", smtp_auth },
	{ "QUIT", smtp_quit },
};

static void smtp_command(struct talk *t, const char *line, struct str *reply)
{
	for (size_t i = 0; i < sizeof smtp_commands / sizeof *smtp_commands; i++) {
		size_t size = strlen(smtp_commands[i].word);

		if (strncasecmp(line, smtp_commands[i].word, size) == 0) {
			smtp_commands[i].run(t, line + size, reply);
			return;
		}
	}
	str_add(reply, "502 5.5.1 not here\r\n");
}

static void smtp_secret(struct talk *t, struct str *reply)
{
	t->secrets--;
	t->phase = t->secrets ? PHASE_SECRET : PHASE_COMMAND;
	str_add(reply, t->secrets ? "334 \r\n" : "235 2.7.0 ok\r\n");
}

static void smtp_line_of_mail(struct talk *t, const char *line, size_t size, struct str *reply)
{
	if (size == 1 && *line == '.') {
		entry_end(t, "message");
		t->phase = PHASE_COMMAND;
		str_add(reply, "250 2.0.0 taken\r\n");
		return;
	}
	if (size && *line == '.') {
		line++;
		size--;
	}
	entry_keep(t, line, size);
	entry_keep(t, "\n", 1);
}

/* ---- HTTP ---- */

static void http_end(struct talk *t, struct str *reply)
{
	entry_end(t, "body");
	str_add(reply, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
	str_add(reply, t->closes ? "Connection: close\r\n\r\n" : "\r\n");
	t->is_over = t->closes;
	t->phase = PHASE_REQUEST;
}

static void http_request(struct talk *t, const char *line, size_t size, struct str *reply)
{
	size_t method = strcspn(line, " ");
	const char *target = line + method + (line[method] == ' ');
	size_t length = strcspn(target, " ");

	if (!size)
		return; /* an empty line before a request is allowed */
	if (!method || !length || !strstr(target, " HTTP/1.")) {
		str_add(reply, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
			       "Content-Length: 0\r\n\r\n");
		t->is_over = true;
		return;
	}
	entry_begin(t);
	set_text(t->entry, "method", line, method);
	set_text(t->entry, "target", target, length);
	jvalue_set_string(t->entry, "host", "");
	t->closes = str_ends(line, "/1.0") || strncmp(line, "CONNECT ", 8) == 0;
	t->is_chunked = t->wants_continue = false;
	t->left = t->headers_size = 0;
	t->phase = PHASE_HEADER;
}

static void http_headers_end(struct talk *t, struct str *reply)
{
	if (t->wants_continue)
		str_add(reply, "HTTP/1.1 100 Continue\r\n\r\n");
	if (t->is_chunked)
		t->phase = PHASE_CHUNK_SIZE;
	else if (t->left)
		t->phase = PHASE_BODY;
	else
		http_end(t, reply);
}

static void http_header(struct talk *t, const char *line, size_t size, struct str *reply)
{
	const char *colon = strchr(line, ':');
	const char *value = colon ? colon + 1 + strspn(colon + 1, " \t") : "";
	size_t name = colon ? (size_t)(colon - line) : 0;

	t->headers_size += size;
	if (!size || t->headers_size > HEADERS_MAX)
		http_headers_end(t, reply);
	else if (name == 4 && strncasecmp(line, "Host", name) == 0)
		set_text(t->entry, "host", value, strlen(value));
	else if (name == 14 && strncasecmp(line, "Content-Length", name) == 0)
		t->left = strtoull(value, NULL, 10);
	else if (name == 17 && strncasecmp(line, "Transfer-Encoding", name) == 0)
		t->is_chunked = strcasestr(value, "chunked") != NULL;
	else if (name == 10 && strncasecmp(line, "Connection", name) == 0)
		t->closes = t->closes || strcasestr(value, "close") != NULL;
	else if (name == 6 && strncasecmp(line, "Expect", name) == 0)
		t->wants_continue = strcasestr(value, "100-continue") != NULL;
}

static void http_chunk_size(struct talk *t, const char *line)
{
	t->left = isxdigit((unsigned char)*line) ? strtoull(line, NULL, 16) : 0;
	t->phase = t->left ? PHASE_CHUNK : PHASE_TRAILER;
}

/* Bytes of a body or chunk. @return How many were taken. */
static size_t http_bytes(struct talk *t, const char *bytes, size_t size, struct str *reply)
{
	size_t taken = size < t->left ? size : (size_t)t->left;

	entry_keep(t, bytes, taken);
	t->left -= taken;
	if (!t->left && t->phase == PHASE_CHUNK)
		t->phase = PHASE_CHUNK_END;
	else if (!t->left)
		http_end(t, reply);
	return taken;
}

/* ---- hearing ---- */

static void hear_line(struct talk *t, const char *line, size_t size, struct str *reply)
{
	switch (t->phase) {
	case PHASE_COMMAND:
		smtp_command(t, line, reply);
		return;
	case PHASE_SECRET:
		smtp_secret(t, reply);
		return;
	case PHASE_MAIL:
		smtp_line_of_mail(t, line, size, reply);
		return;
	case PHASE_REQUEST:
		http_request(t, line, size, reply);
		return;
	case PHASE_HEADER:
		http_header(t, line, size, reply);
		return;
	case PHASE_CHUNK_SIZE:
		http_chunk_size(t, line);
		return;
	case PHASE_CHUNK_END:
		t->phase = PHASE_CHUNK_SIZE;
		return;
	case PHASE_TRAILER:
		if (!size)
			http_end(t, reply);
		return;
	case PHASE_BODY:
	case PHASE_CHUNK:
	case PHASE_RAW:
		return;
	}
}

/* A line that is too long is heard in pieces; nobody who means well sends one. */
static size_t gather_line(struct talk *t, const char *bytes, size_t size, struct str *reply)
{
	const char *end = memchr(bytes, '\n', size);
	size_t room = LINE_MAX_SIZE - t->line.size;
	size_t taken = end ? (size_t)(end - bytes) + 1 : size;

	if (taken > room)
		taken = room;
	str_add_bytes(&t->line, bytes, taken);

	bool is_whole = t->line.text[t->line.size - 1] == '\n';

	if (!is_whole && t->line.size < LINE_MAX_SIZE)
		return taken;
	if (is_whole)
		t->line.text[--t->line.size] = '\0';
	if (t->line.size && t->line.text[t->line.size - 1] == '\r')
		t->line.text[--t->line.size] = '\0';

	CLEANUP(str_done) struct str line = t->line;

	t->line = (struct str){ 0 };
	hear_line(t, str_text(&line), line.size, reply);
	return taken;
}

static void hear_raw(struct talk *t)
{
	const unsigned char *bytes = (const unsigned char *)str_text(&t->first);
	int hello = hello_server_name(bytes, t->first.size, t->server_name);

	t->is_tls = hello > 0;
	t->is_over = hello != 0;
}

/* Clients of TLS come to every port: what they want to say first cannot be read, but whom they want. */
static void look_for_tls(struct talk *t)
{
	if (t->received && (unsigned char)t->first.text[0] == 22)
		t->phase = PHASE_RAW;
}

struct talk *talk_new(enum fence_answer as, struct str *reply)
{
	static const enum phase starts[] = {
		[FENCE_AS_SMTP] = PHASE_COMMAND,
		[FENCE_AS_HTTP] = PHASE_REQUEST,
		[FENCE_AS_TCP] = PHASE_RAW,
	};
	struct talk *t = mem_new(1, sizeof *t);

	t->as = as;
	t->phase = starts[as];
	t->entries = jvalue_array();
	if (as == FENCE_AS_SMTP)
		str_add(reply, GREETING);
	return t;
}

static void keep_first(struct talk *t, const char *bytes, size_t size)
{
	size_t most = t->phase == PHASE_RAW || !t->received ? HELLO_MAX : FIRST_MAX;
	size_t room = most > t->first.size ? most - t->first.size : 0;

	str_add_bytes(&t->first, bytes, size < room ? size : room);
}

void talk_hear(struct talk *t, const char *bytes, size_t size, struct str *reply)
{
	bool is_beginning = !t->received;

	if (!size || t->is_over)
		return;
	keep_first(t, bytes, size);
	t->received += size;
	if (is_beginning)
		look_for_tls(t);
	while (size && !t->is_over && t->phase != PHASE_RAW) {
		bool has_length = t->phase == PHASE_BODY || t->phase == PHASE_CHUNK;
		size_t taken = has_length ? http_bytes(t, bytes, size, reply)
					  : gather_line(t, bytes, size, reply);

		bytes += taken;
		size -= taken;
	}
	if (t->phase == PHASE_RAW)
		hear_raw(t);
	t->is_over = t->is_over || t->received > RECEIVED_MAX;
}

bool talk_is_over(const struct talk *t)
{
	return t->is_over;
}

/* The first bytes as text, what is none as \xHH. */
static char *first_bytes(const struct talk *t)
{
	CLEANUP(str_done) struct str s = { 0 };

	for (size_t i = 0; i < t->first.size && i < FIRST_MAX; i++) {
		unsigned char c = (unsigned char)t->first.text[i];

		if (c >= ' ' && c < 127 && c != '\\')
			str_add_bytes(&s, &c, 1);
		else
			str_addf(&s, "\\x%02x", c);
	}
	return str_take(&s);
}

void talk_tell(const struct talk *t, struct jvalue *out)
{
	static const char *const names[] = {
		[FENCE_AS_SMTP] = "messages",
		[FENCE_AS_HTTP] = "requests",
		[FENCE_AS_TCP] = NULL,
	};

	jvalue_set_integer(out, "received_bytes", (int64_t)t->received);
	if (names[t->as]) {
		jvalue_set(out, names[t->as], jvalue_copy(t->entries));
		jvalue_set_integer(out, "count", (int64_t)t->entry_count);
	}
	if (t->entry)
		jvalue_set_bool(out, "is_unfinished", true);
	if (t->is_tls)
		jvalue_set_string(out, "server_name", t->server_name);
	if (t->as == FENCE_AS_TCP && !t->is_tls) {
		CLEANUP(free) char *first = first_bytes(t);

		jvalue_set_string(out, "first_bytes", first);
	}
}

void talk_free(struct talk *t)
{
	if (!t)
		return;
	str_done(&t->line);
	str_done(&t->first);
	str_done(&t->kept);
	jvalue_free(t->entries);
	jvalue_free(t->entry);
	free(t);
}
