/* SPDX-License-Identifier: Apache-2.0 */
/* scan_hosts.c - scan all hosts of a configuration twice, connecting first and then over kept connections. */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/scan.h"
#include "model/config.h"
#include "model/place.h"

#include <inttypes.h>
#include <stdio.h>

static void collect(const struct config *config, struct scan_target *targets)
{
	size_t count = 0;

	for (struct place at = { 0 }; config_next_host(config, &at);)
		targets[count++].host = at.host;
}

int main(int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	struct error err = { 0 };
	size_t failed = 0;

	if (argc != 2 || config_read(argv[1], &config, &err) < 0) {
		fprintf(stderr, "scan_hosts CONFIG: %s\n", err.text);
		return 2;
	}

	size_t count = config_host_count(config);
	CLEANUP(free) struct scan_target *targets = mem_new(count + 1, sizeof *targets);
	struct scan_options options = { .settings = &config->ssh, .keeps_connections = true };

	collect(config, targets);
	for (int round = 0; round < 2; round++) {
		int64_t started = clock_monotonic_ms();

		failed += scan_run(targets, count, &options);
		printf("%s %zu hosts %" PRId64 " ms\n", round ? "kept" : "connect", count,
			clock_monotonic_ms() - started);
	}
	for (size_t i = 0; i < count; i++) {
		if (targets[i].error.kind != ERR_NONE)
			fprintf(stderr, "%s: %s\n", targets[i].host->name, targets[i].error.text);
	}
	scan_targets_done(targets, count);
	return failed > 0;
}
