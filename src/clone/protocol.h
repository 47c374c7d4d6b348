/* SPDX-License-Identifier: Apache-2.0 */
/*
 * protocol.h - SMTP and HTTP as the sink speaks them to a client inside a clone.
 *
 * Bytes in, bytes out: enough of SMTP (RFC 5321) and HTTP/1.1 that a real client finishes and is content.
 * Messages and requests are kept, their beginnings where they are long; passwords are not. No I/O.
 * Layer: clone. Threads: one at a time per connection.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"
#include "model/config.h"

#include <stdbool.h>
#include <stddef.h>

struct jvalue;
struct protocol;

#define PROTOCOL_KEPT_MAX ((size_t)64 * 1024) /* of one message or body */
#define SERVER_NAME_MAX   256

/* A new connection; a greeting is appended to `reply`. protocol_free(). */
struct protocol *protocol_new(enum fence_answer as, struct str *reply);

/* Take bytes of the client; the answer is appended to `reply`. After protocol_is_over() bytes are dropped. */
void protocol_receive(struct protocol *p, const char *bytes, size_t size, struct str *reply);

/* True when no more bytes are wanted: send what is left, and close. */
bool protocol_is_over(const struct protocol *p);

/*
 * Put what the client sent into an object: "received_bytes"; of SMTP "messages" (from, to, message, size, is_cut) and
 * their "count"; of HTTP "requests" (method, target, host, body, size, is_cut) and "count"; "is_unfinished" when the
 * last one was cut off; of TLS "server_name"; of other bytes "first_bytes".
 */
void protocol_record(const struct protocol *p, struct jvalue *out);

/* True when a message or request has come whole that was not recorded; has_news: or is under way. */
bool protocol_has_whole(const struct protocol *p);
bool protocol_has_news(const struct protocol *p);

/* What protocol_record() told was kept: it is not told again; "count" is of what came since. */
void protocol_forget(struct protocol *p);

void protocol_free(struct protocol *p);
CLEANUP_FUNC(struct protocol *, protocol_free)

/**
 * The server that a TLS client asks for.
 * @param out  Its name; "" when the ClientHello names none. Untouched unless 1.
 * @return 1: it is a ClientHello; 0: it may become one, more bytes are wanted; -1: it is none.
 */
int hello_server_name(const unsigned char *bytes, size_t size, char out[SERVER_NAME_MAX]);
