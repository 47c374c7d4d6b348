/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/protocol.h"

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
#define ENTRIES_MAX    64 /* mails or requests of one connection that are kept */
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

struct protocol {
	enum fence_answer as;
	enum phase phase;
	bool is_over;
	struct str line;           /* not yet whole */
	struct str first;          /* the first bytes of all */
	size_t received;           /* bytes of all */
	struct jvalue *entries;    /* mails or requests that ended */
	size_t entry_count;        /* of those too that were not kept */
	size_t told_count;         /* of them, recorded already */
	struct jvalue *entry;      /* the one under way; NULL for none */
	struct jvalue *recipients; /* of entry; borrowed */
	struct str kept;           /* its text or body, the beginning of it */
	size_t size;               /* of its text or body so far */
	unsigned secrets;          /* lines of AUTH still to come */
	uint64_t left;             /* bytes of body or chunk */
	size_t headers_size;
	bool is_chunked, closes, wants_continue;
	bool is_tls;
	char server_name[SERVER_NAME_MAX];
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

static void entry_begin(struct protocol *p)
{
	jvalue_free(p->entry);
	p->entry = jvalue_object();
	p->recipients = NULL;
	str_done(&p->kept);
	p->size = 0;
}

static void entry_keep(struct protocol *p, const char *bytes, size_t size)
{
	size_t room = PROTOCOL_KEPT_MAX - p->kept.size;

	str_add_bytes(&p->kept, bytes, size < room ? size : room);
	p->size += size;
}

/* @param name  Of its text: "message", "body". */
static void entry_end(struct protocol *p, const char *name)
{
	set_text(p->entry, name, str_text(&p->kept), p->kept.size);
	jvalue_set_integer(p->entry, "size", (int64_t)p->size);
	jvalue_set_bool(p->entry, "is_cut", p->size > p->kept.size);
	if (p->entry_count++ < ENTRIES_MAX)
		jvalue_add(p->entries, STEAL(&p->entry));
	jvalue_free(STEAL(&p->entry));
	p->recipients = NULL;
	str_done(&p->kept);
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

static void smtp_hello(struct protocol *p, const char *rest, struct str *reply)
{
	(void)p;
	(void)rest;
	str_add(reply, "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n"
		       "250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN\r\n");
}

static void smtp_helo(struct protocol *p, const char *rest, struct str *reply)
{
	(void)p;
	(void)rest;
	str_add(reply, "250 sink\r\n");
}

static void smtp_mail(struct protocol *p, const char *rest, struct str *reply)
{
	CLEANUP(free) char *from = path_of(rest);

	entry_begin(p);
	set_text(p->entry, "from", from, strlen(from));
	p->recipients = jvalue_array();
	jvalue_set(p->entry, "to", p->recipients);
	str_add(reply, "250 2.1.0 ok\r\n");
}

static void smtp_recipient(struct protocol *p, const char *rest, struct str *reply)
{
	CLEANUP(free) char *to = path_of(rest);

	if (!p->recipients) {
		str_add(reply, "503 5.5.1 MAIL first\r\n");
	} else if (jvalue_count(p->recipients) >= RECIPIENTS_MAX) {
		str_add(reply, "452 4.5.3 too many recipients\r\n");
	} else {
		jvalue_add_string(p->recipients, to);
		str_add(reply, "250 2.1.5 ok\r\n");
	}
}

static void smtp_data(struct protocol *p, const char *rest, struct str *reply)
{
	(void)rest;
	if (!p->recipients || !jvalue_count(p->recipients)) {
		str_add(reply, "503 5.5.1 RCPT first\r\n");
		return;
	}
	p->phase = PHASE_MAIL;
	str_add(reply, "354 go on\r\n");
}

static void smtp_reset(struct protocol *p, const char *rest, struct str *reply)
{
	(void)rest;
	jvalue_free(STEAL(&p->entry));
	p->recipients = NULL;
	str_add(reply, "250 2.0.0 ok\r\n");
}

static void smtp_fine(struct protocol *p, const char *rest, struct str *reply)
{
	(void)p;
	(void)rest;
	str_add(reply, "250 2.0.0 ok\r\n");
}

static void smtp_quit(struct protocol *p, const char *rest, struct str *reply)
{
	(void)rest;
	p->is_over = true;
	str_add(reply, "221 2.0.0 bye\r\n");
}

/* Whoever signs in is welcome; how, is nobody's business. */
static void smtp_auth(struct protocol *p, const char *rest, struct str *reply)
{
	bool is_login = strncasecmp(rest, "LOGIN", 5) == 0;
	bool has_first = strchr(rest + strspn(rest, " "), ' ') != NULL;

	p->secrets = (is_login ? 2U : 1U) - (has_first ? 1U : 0U);
	p->phase = p->secrets ? PHASE_SECRET : PHASE_COMMAND;
	str_add(reply, p->secrets ? "334 \r\n" : "235 2.7.0 ok\r\n");
}

static const struct {
	const char *word;
	void (*run)(struct protocol *p, const char *rest, struct str *reply);
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

static void smtp_command(struct protocol *p, const char *line, struct str *reply)
{
	for (size_t i = 0; i < sizeof smtp_commands / sizeof *smtp_commands; i++) {
		size_t size = strlen(smtp_commands[i].word);

		if (strncasecmp(line, smtp_commands[i].word, size) == 0) {
			smtp_commands[i].run(p, line + size, reply);
			return;
		}
	}
	str_add(reply, "502 5.5.1 not here\r\n");
}

static void smtp_secret(struct protocol *p, struct str *reply)
{
	p->secrets--;
	p->phase = p->secrets ? PHASE_SECRET : PHASE_COMMAND;
	str_add(reply, p->secrets ? "334 \r\n" : "235 2.7.0 ok\r\n");
}

static void smtp_line_of_mail(struct protocol *p, const char *line, size_t size, struct str *reply)
{
	if (size == 1 && *line == '.') {
		entry_end(p, "message");
		p->phase = PHASE_COMMAND;
		str_add(reply, "250 2.0.0 taken\r\n");
		return;
	}
	if (size && *line == '.') {
		line++;
		size--;
	}
	entry_keep(p, line, size);
	entry_keep(p, "\n", 1);
}

/* ---- HTTP ---- */

static void http_end(struct protocol *p, struct str *reply)
{
	entry_end(p, "body");
	str_add(reply, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
	str_add(reply, p->closes ? "Connection: close\r\n\r\n" : "\r\n");
	p->is_over = p->closes;
	p->phase = PHASE_REQUEST;
}

static void http_request(struct protocol *p, const char *line, size_t size, struct str *reply)
{
	size_t method = strcspn(line, " ");
	const char *target = line + method + (line[method] == ' ');
	size_t length = strcspn(target, " ");

	if (!size)
		return; /* an empty line before a request is allowed */
	if (!method || !length || !strstr(target, " HTTP/1.")) {
		str_add(reply, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
			       "Content-Length: 0\r\n\r\n");
		p->is_over = true;
		return;
	}
	entry_begin(p);
	set_text(p->entry, "method", line, method);
	set_text(p->entry, "target", target, length);
	jvalue_set_string(p->entry, "host", "");
	p->closes = str_ends(line, "/1.0") || strncmp(line, "CONNECT ", 8) == 0;
	p->is_chunked = p->wants_continue = false;
	p->left = p->headers_size = 0;
	p->phase = PHASE_HEADER;
}

static void http_headers_end(struct protocol *p, struct str *reply)
{
	if (p->wants_continue)
		str_add(reply, "HTTP/1.1 100 Continue\r\n\r\n");
	if (p->is_chunked)
		p->phase = PHASE_CHUNK_SIZE;
	else if (p->left)
		p->phase = PHASE_BODY;
	else
		http_end(p, reply);
}

static void http_header(struct protocol *p, const char *line, size_t size, struct str *reply)
{
	const char *colon = strchr(line, ':');
	const char *value = colon ? colon + 1 + strspn(colon + 1, " \t") : "";
	size_t name = colon ? (size_t)(colon - line) : 0;

	p->headers_size += size;
	if (!size || p->headers_size > HEADERS_MAX)
		http_headers_end(p, reply);
	else if (name == 4 && strncasecmp(line, "Host", name) == 0)
		set_text(p->entry, "host", value, strlen(value));
	else if (name == 14 && strncasecmp(line, "Content-Length", name) == 0)
		p->left = strtoull(value, NULL, 10);
	else if (name == 17 && strncasecmp(line, "Transfer-Encoding", name) == 0)
		p->is_chunked = strcasestr(value, "chunked") != NULL;
	else if (name == 10 && strncasecmp(line, "Connection", name) == 0)
		p->closes = p->closes || strcasestr(value, "close") != NULL;
	else if (name == 6 && strncasecmp(line, "Expect", name) == 0)
		p->wants_continue = strcasestr(value, "100-continue") != NULL;
}

static void http_chunk_size(struct protocol *p, const char *line)
{
	p->left = isxdigit((unsigned char)*line) ? strtoull(line, NULL, 16) : 0;
	p->phase = p->left ? PHASE_CHUNK : PHASE_TRAILER;
}

/* Bytes of a body or chunk. @return How many were taken. */
static size_t http_bytes(struct protocol *p, const char *bytes, size_t size, struct str *reply)
{
	size_t taken = size < p->left ? size : (size_t)p->left;

	entry_keep(p, bytes, taken);
	p->left -= taken;
	if (!p->left && p->phase == PHASE_CHUNK)
		p->phase = PHASE_CHUNK_END;
	else if (!p->left)
		http_end(p, reply);
	return taken;
}

/* ---- hearing ---- */

static void hear_line(struct protocol *p, const char *line, size_t size, struct str *reply)
{
	switch (p->phase) {
	case PHASE_COMMAND:
		smtp_command(p, line, reply);
		return;
	case PHASE_SECRET:
		smtp_secret(p, reply);
		return;
	case PHASE_MAIL:
		smtp_line_of_mail(p, line, size, reply);
		return;
	case PHASE_REQUEST:
		http_request(p, line, size, reply);
		return;
	case PHASE_HEADER:
		http_header(p, line, size, reply);
		return;
	case PHASE_CHUNK_SIZE:
		http_chunk_size(p, line);
		return;
	case PHASE_CHUNK_END:
		p->phase = PHASE_CHUNK_SIZE;
		return;
	case PHASE_TRAILER:
		if (!size)
			http_end(p, reply);
		return;
	case PHASE_BODY:
	case PHASE_CHUNK:
	case PHASE_RAW:
		return;
	}
}

/* A line that is too long is heard in pieces; nobody who means well sends one. */
static size_t gather_line(struct protocol *p, const char *bytes, size_t size, struct str *reply)
{
	const char *end = memchr(bytes, '\n', size);
	size_t room = LINE_MAX_SIZE - p->line.size;
	size_t taken = end ? (size_t)(end - bytes) + 1 : size;

	if (taken > room)
		taken = room;
	str_add_bytes(&p->line, bytes, taken);

	bool is_whole = p->line.text[p->line.size - 1] == '\n';

	if (!is_whole && p->line.size < LINE_MAX_SIZE)
		return taken;
	if (is_whole)
		p->line.text[--p->line.size] = '\0';
	if (p->line.size && p->line.text[p->line.size - 1] == '\r')
		p->line.text[--p->line.size] = '\0';

	CLEANUP(str_done) struct str line = STEAL(&p->line);
	hear_line(p, str_text(&line), line.size, reply);
	return taken;
}

static void hear_raw(struct protocol *p)
{
	const unsigned char *bytes = (const unsigned char *)str_text(&p->first);
	int hello = hello_server_name(bytes, p->first.size, p->server_name);

	p->is_tls = hello > 0;
	p->is_over = hello != 0;
}

/* Clients of TLS come to every port: what they want to say first cannot be read, but whom they want. */
static void look_for_tls(struct protocol *p)
{
	if (p->received && (unsigned char)p->first.text[0] == 22)
		p->phase = PHASE_RAW;
}

struct protocol *protocol_new(enum fence_answer as, struct str *reply)
{
	static const enum phase starts[] = {
		[FENCE_AS_SMTP] = PHASE_COMMAND,
		[FENCE_AS_HTTP] = PHASE_REQUEST,
		[FENCE_AS_TCP] = PHASE_RAW,
	};
	struct protocol *p = mem_new(1, sizeof *p);

	p->as = as;
	p->phase = starts[as];
	p->entries = jvalue_array();
	if (as == FENCE_AS_SMTP)
		str_add(reply, GREETING);
	return p;
}

static void keep_first(struct protocol *p, const char *bytes, size_t size)
{
	size_t most = p->phase == PHASE_RAW || !p->received ? HELLO_MAX : FIRST_MAX;
	size_t room = most > p->first.size ? most - p->first.size : 0;

	str_add_bytes(&p->first, bytes, size < room ? size : room);
}

void protocol_receive(struct protocol *p, const char *bytes, size_t size, struct str *reply)
{
	bool is_beginning = !p->received;

	if (!size || p->is_over)
		return;
	keep_first(p, bytes, size);
	p->received += size;
	if (is_beginning)
		look_for_tls(p);
	while (size && !p->is_over && p->phase != PHASE_RAW) {
		bool has_length = p->phase == PHASE_BODY || p->phase == PHASE_CHUNK;
		size_t taken = has_length ? http_bytes(p, bytes, size, reply)
					  : gather_line(p, bytes, size, reply);

		bytes += taken;
		size -= taken;
	}
	if (p->phase == PHASE_RAW)
		hear_raw(p);
	p->is_over = p->is_over || p->received > RECEIVED_MAX;
}

bool protocol_is_over(const struct protocol *p)
{
	return p->is_over;
}

/* The first bytes as text, what is none as \xHH. */
static char *first_bytes(const struct protocol *p)
{
	CLEANUP(str_done) struct str s = { 0 };

	for (size_t i = 0; i < p->first.size && i < FIRST_MAX; i++) {
		unsigned char c = (unsigned char)p->first.text[i];

		if (c >= ' ' && c < 127 && c != '\\')
			str_add_bytes(&s, &c, 1);
		else
			str_addf(&s, "\\x%02x", c);
	}
	return str_take(&s);
}

bool protocol_has_whole(const struct protocol *p)
{
	return p->entry_count > p->told_count;
}

bool protocol_has_news(const struct protocol *p)
{
	return p->entry || protocol_has_whole(p);
}

void protocol_forget(struct protocol *p)
{
	jvalue_free(p->entries);
	p->entries = jvalue_array();
	p->told_count = p->entry_count;
}

void protocol_record(const struct protocol *p, struct jvalue *out)
{
	static const char *const names[] = {
		[FENCE_AS_SMTP] = "messages",
		[FENCE_AS_HTTP] = "requests",
		[FENCE_AS_TCP] = NULL,
	};

	jvalue_set_integer(out, "received_bytes", (int64_t)p->received);
	if (names[p->as]) {
		jvalue_set(out, names[p->as], jvalue_copy(p->entries));
		jvalue_set_integer(out, "count", (int64_t)(p->entry_count - p->told_count));
	}
	if (p->entry)
		jvalue_set_bool(out, "is_unfinished", true);
	if (p->is_tls)
		jvalue_set_string(out, "server_name", p->server_name);
	if (p->as == FENCE_AS_TCP && !p->is_tls) {
		CLEANUP(free) char *first = first_bytes(p);

		jvalue_set_string(out, "first_bytes", first);
	}
}

void protocol_free(struct protocol *p)
{
	if (!p)
		return;
	str_done(&p->line);
	str_done(&p->first);
	str_done(&p->kept);
	jvalue_free(p->entries);
	jvalue_free(p->entry);
	free(p);
}
