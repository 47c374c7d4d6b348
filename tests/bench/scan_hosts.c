/* SPDX-License-Identifier: Apache-2.0 */
/* scan_hosts.c - scan all hosts of a configuration twice, one scan behind the other. */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/scan.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/place.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>

static void collect(
	const struct config *config, struct session_pool *pool, struct scan_target *targets)
{
	size_t count = 0;

	for (struct place at = { 0 }; config_next_host(config, &at);)
		targets[count++].session = session_new(pool, at.host);
}

int main(int argc, char **argv)
{
	CLEANUP(config_free) struct config *config = NULL;
	struct error err = { 0 };
	size_t failed = 0;

	signal(SIGPIPE, SIG_IGN);
	if (argc != 2 || config_read(argv[1], NULL, &config, &err) < 0) {
		fprintf(stderr, "scan_hosts CONFIG: %s\n", err.text);
		return 2;
	}

	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&config->ssh, 0);
	size_t count = config_host_count(config);
	CLEANUP(free) struct scan_target *targets = mem_new(count + 1, sizeof *targets);
	struct scan_options options = { 0 };

	collect(config, pool, targets);
	for (int round = 0; round < 2; round++) {
		int64_t started = clock_monotonic_ms();

		failed += scan_run(pool, targets, count, &options);
		printf("%s %zu hosts %" PRId64 " ms\n", round ? "again" : "connect", count,
			clock_monotonic_ms() - started);
	}
	for (size_t i = 0; i < count; i++) {
		if (targets[i].error.kind != ERR_NONE)
			fprintf(stderr, "%s: %s\n", session_name(targets[i].session),
				targets[i].error.text);
	}
	scan_targets_done(targets, count);
	return failed > 0;
}
