/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/sink.h"

#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"

#include <stdlib.h>

int cmd_sink(struct invocation *inv, struct error *err)
{
	CLEANUP(free) struct fence_sink *ports = NULL;
	size_t capacity = 0;
	struct sink_options options = { .record = option_value(inv, "record") };

	if (!options.record || !option_is_set(inv, "listen"))
		return error_set(err, ERR_USAGE, "--record PATH and --listen PORT=AS are needed");
	for (const char *text; (text = option_value_at(inv, "listen", options.count));) {
		ports = mem_room(ports, options.count, &capacity, sizeof *ports);
		if (sink_port_read(text, &ports[options.count], err) < 0)
			return error_wrap(err, "--listen");
		options.count++;
	}
	options.ports = ports;
	return sink_run(&options, err);
}
