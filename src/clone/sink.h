/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink.h - what answers a clone's connections to the world: takes the message, records it, sends nothing.
 *
 * It runs inside the fence, started by the provider as `patchline sink`. Each connection becomes a line
 * of JSON in the record file as soon as a message or request has come whole, and another ("is_more") for what comes later. Nothing is ever forwarded, and nothing that a connection says is believed:
 * everything is limited in size and time. Layer: clone. Threads: sink_run() is one loop in one thread.
 */
#pragma once

#include "base/own.h"
#include "model/config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct jvalue;

struct sink_options {
	const char *record; /* path, appended to; borrowed */
	const struct fence_sink *ports;
	size_t count;
};

/**
 * Read "25=smtp".
 * @return 0, or -1 with err: ERR_USAGE.
 */
NODISCARD int sink_port_read(const char *text, struct fence_sink *out, struct error *err);

/* "smtp", "http", "tcp". Static. */
const char *sink_answer_name(enum fence_answer as);

/**
 * Listen on all ports, every address, and answer until SIGTERM or SIGINT.
 * @return 0 after a signal; -1 with err: ERR_CONFLICT (a port is taken), ERR_SYSTEM (the record cannot be written).
 */
NODISCARD int sink_run(const struct sink_options *options, struct error *err);

#define FENCE_ANSWER_COUNT (FENCE_AS_TCP + 1)

/* What a record holds. */
struct sink_tally {
	size_t connections[FENCE_ANSWER_COUNT];
	size_t messages; /* mails that were taken whole */
	size_t requests; /* of HTTP */
	struct jvalue *
		last; /* owned: array of the last entries, oldest first; never NULL after success */
};

/**
 * Read a record; a line that is being written, or is none of ours, is skipped.
 *
 * @param last  How many entries are wanted; 0: all.
 * @param out   sink_tally_done(). All zero when there is no such file. Untouched on failure.
 * @return 0, or -1 with err: ERR_SYSTEM.
 */
NODISCARD int sink_tally_read(
	const char *record, size_t last, struct sink_tally *out, struct error *err);

void sink_tally_done(struct sink_tally *t);
CLEANUP_DONE(struct sink_tally, sink_tally_done)
