/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talk.h - one conversation with something inside a clone that believes it speaks to the world.
 *
 * Bytes in, bytes out: enough of SMTP (RFC 5321) and HTTP/1.1 that a real client finishes and is content.
 * What was said is kept, its beginnings where it is long; passwords are not. No I/O.
 * Layer: clone. Threads: one at a time per talk.
 */
#pragma once

#include "base/own.h"
#include "base/str.h"
#include "model/config.h"

#include <stdbool.h>
#include <stddef.h>

struct jvalue;
struct talk;

#define TALK_KEPT_MAX ((size_t)64 * 1024) /* of one message or body */
#define TALK_NAME_MAX 256

/* A new conversation; what is to be said first is appended to `reply`. talk_free(). */
struct talk *talk_new(enum fence_answer as, struct str *reply);

/* Hear bytes; what is to be said to them is appended to `reply`. After talk_is_over() they are dropped. */
void talk_hear(struct talk *t, const char *bytes, size_t size, struct str *reply);

/* True when nothing more is to be heard: say what is left, and close. */
bool talk_is_over(const struct talk *t);

/*
 * Put what was said into an object: "received_bytes"; of SMTP "messages" (from, to, message, size, is_cut) and
 * their "count"; of HTTP "requests" (method, target, host, body, size, is_cut) and "count"; "is_unfinished" when the
 * last one was cut off; of TLS "server_name"; of other bytes "first_bytes".
 */
void talk_tell(const struct talk *t, struct jvalue *out);

void talk_free(struct talk *t);
CLEANUP_FUNC(struct talk *, talk_free)

/**
 * The server that a TLS client asks for.
 * @param out  Its name; "" when the ClientHello names none. Untouched unless 1.
 * @return 1: it is a ClientHello; 0: it may become one, more bytes are wanted; -1: it is none.
 */
int hello_server_name(const unsigned char *bytes, size_t size, char out[TALK_NAME_MAX]);
