/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fence.h - what a clone's network lets out, and what it answers itself, as patchline.yaml has it.
 *
 * Plain data, as config.h says. Layer: model. Threads: any number may read.
 */
#pragma once

#include <stddef.h>

enum fence_protocol { FENCE_TCP, FENCE_UDP };

/* A way out of a clone's network. */
struct fence_exit {
	const char *address; /* numeric, IPv4 or IPv6 */
	int port;
	enum fence_protocol protocol;
};

enum fence_answer { FENCE_AS_SMTP, FENCE_AS_HTTP, FENCE_AS_TCP };

/* A port that is answered inside the fence, whatever the address. */
struct fence_sink {
	int port;
	enum fence_answer as;
};

/* The network of a clone: nothing leaves it but by an exit. */
struct fence {
	struct fence_exit *exits;
	size_t exit_count;
	struct fence_sink *sinks;
	size_t sink_count;
};
