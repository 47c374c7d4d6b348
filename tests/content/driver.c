/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.c - content/ from the command line, for tests: driver COMMAND ARGS.
 *
 * Prints facts, one a line, words parted by spaces; on failure "KIND: text" and exit status 1.
 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "content/apt.h"
#include "content/fetch.h"
#include "content/pool.h"
#include "content/signature.h"
#include "model/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* apt CONFIG SOURCE [SUITE SECONDS]: sync; the Release in use of SUITE has that date. */
static int run_apt(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(apt_result_done) struct apt_result result = { 0 };
	struct apt_known known = { 0 };
	struct fetch_options fetch = { .retries = 1, .connect_timeout = 3, .stall_timeout = 3 };

	if (config_read(args[0], &config, err) < 0)
		return -1;

	const struct source *source = config_source(config, args[1]);
	struct apt_options options = {
		.state = config->state,
		.now = clock_now(),
		.known = &known,
		.fetch = &fetch,
	};

	if (!source)
		return error_set(err, ERR_NOT_FOUND, "no source '%s'", args[1]);
	if (args[2]) {
		known = (struct apt_known){ args[2], strtoll(args[3], NULL, 10) };
		options.known_count = 1;
	}
	if (apt_sync(source, &options, &result, err) < 0)
		return -1;
	for (size_t i = 0; i < result.release_count; i++) {
		const struct apt_release *r = &result.releases[i];

		printf("release %s %" PRId64 "%s%s\n", r->suite, r->date,
			r->is_security ? " security" : "", r->is_expired ? " expired" : "");
	}
	for (size_t i = 0; i < result.index_count; i++) {
		const struct apt_index *x = &result.indexes[i];

		printf("index %s %s %s %s %" PRIu64 "\n", result.releases[x->release].suite,
			x->component, x->architecture, x->sha256, x->size);
	}
	printf("fetched %zu\n", result.fetched);
	return 0;
}

/* fetch URL PATH [SHA256 SIZE] */
static int run_fetch(char **args, struct error *err)
{
	struct fetch_file file = { .url = args[0], .path = args[1], .size_limit = 1 << 20 };
	struct fetch_options options = { .retries = 2, .connect_timeout = 3, .stall_timeout = 3 };

	if (args[2]) {
		file.sha256 = args[2];
		file.size = strtoull(args[3], NULL, 10);
	} else {
		file.is_conditional = true;
	}
	if (fetch_files(&file, 1, &options, err) < 0)
		return -1;
	printf("%s\n", file.is_unchanged ? "unchanged" : "fetched");
	return 0;
}

/* put STATE FILE SHA256 */
static int run_put(char **args, struct error *err)
{
	CLEANUP(pool_free) struct pool *pool = NULL;

	if (pool_open(args[0], &pool, err) < 0 || pool_put(pool, args[1], args[2], err) < 0)
		return -1;
	printf("put\n");
	return 0;
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args, struct error *err);
} commands[] = {
	{ "apt", 2, run_apt },
	{ "fetch", 2, run_fetch },
	{ "put", 3, run_put },
};

int main(int argc, char **argv)
{
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (argc < 2 + commands[i].args || strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (commands[i].run(argv + 2, &err) == 0)
			return 0;
		fprintf(stderr, "%s: %s\n", error_kind_name(err.kind), err.text);
		return 1;
	}
	fprintf(stderr, "usage: driver COMMAND ARGS (see the source)\n");
	return 2;
}
