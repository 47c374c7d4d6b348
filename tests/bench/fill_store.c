/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fill_store - a store as if all hosts of a configuration had been scanned, and how long reading the configuration takes.
 *
 *	fill_store hosts CONFIG STATES PACKAGES   each host in one of so many states, which have so many packages
 *	fill_store claim CONFIG SET               each environment is clean with that set
 *	fill_store read CONFIG                    milliseconds of processor that reading it takes, the best of five
 *
 * A state is what tests/bench/sim_host.c would answer. One in thirty has its first ten packages at 1.0-1, the others
 * at 1.1-1, and each lacks one package that no other state lacks.
 */
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/place.h"
#include "store/environment.h"
#include "store/host.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PLATFORM "debian-12-amd64"
#define COMMON   10
#define OLD      30
#define ROUNDS   5
#define FACTS                                                                                                \
	"{\"hostname\":\"host\",\"kernel_running\":\"6.1.0-40-amd64\",\"kernel_newest\":\"6.1.0-40-amd64\"," \
	"\"boot_id\":\"4c1c7a9e-6f4b-4f6c-9f0a-3d0a4b0b6a11\",\"reboot_required\":false,\"audit\":\"\","     \
	"\"disks\":[{\"path\":\"/\",\"mount\":\"/\",\"size\":20000000000,\"free\":10000000000},"             \
	"{\"path\":\"/var\",\"mount\":\"/var\",\"size\":20000000000,\"free\":10000000000}],"                 \
	"\"updaters\":[\"apt-daily-upgrade.timer\"],\"deleted\":[]}"

struct known_state {
	char digest[DIGEST_HEX_SIZE];
};

static void write_state(struct str *out, size_t number, size_t packages)
{
	const char *version = number % OLD ? "1.1-1" : "1.0-1";

	str_add(out, "Platform: " PLATFORM "\nArchitectures: amd64\n\n");
	for (size_t i = 1; i <= packages; i++) {
		if (i == COMMON + 1 + number)
			continue;
		str_addf(out,
			"Package: pkg-%03zu\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n",
			i, i <= COMMON ? version : "1.0-1");
		if (i > COMMON)
			str_addf(out, "Depends: pkg-%03zu (>= 1.0)\n", i % COMMON + 1);
		str_add(out, "\n");
	}
}

static int put_states(struct store *store, struct known_state *states, size_t count,
	size_t packages, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		CLEANUP(str_done) struct str text = { 0 };

		write_state(&text, i, packages);
		digest_bytes(str_text(&text), text.size, states[i].digest);
		if (store_state_put(store, states[i].digest, PLATFORM, str_text(&text), err) < 0)
			return -1;
	}
	return 0;
}

static int put_hosts(const struct config *config, struct store *store,
	const struct known_state *states, size_t count, struct error *err)
{
	size_t number = 0;

	for (struct place at = { 0 }; config_next_host(config, &at); number++) {
		const struct host_row row = {
			.name = at.host->name,
			.environment = at.environment->name,
			.group = at.group->name,
			.platform = PLATFORM,
			.address = at.host->address,
			.state = states[number % count].digest,
			.facts = FACTS,
		};

		if (store_host_scanned(store, &row, "bench", err) < 0)
			return -1;
	}
	return 0;
}

static int fill_hosts(
	const struct config *config, struct store *store, char **words, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	size_t count = strtoul(words[0], NULL, 10), packages = strtoul(words[1], NULL, 10);
	CLEANUP(free) struct known_state *states = mem_new(count, sizeof *states);

	if (transaction_begin(&transaction, store, err) < 0 ||
		put_states(store, states, count, packages, err) < 0 ||
		put_hosts(config, store, states, count, err) < 0)
		return -1;
	return transaction_commit(&transaction, err);
}

static int claim(
	const struct config *config, struct store *store, const char *set, struct error *err)
{
	for (size_t i = 0; i < config->environment_count; i++) {
		CLEANUP(environment_row_done) struct environment_row row = { 0 };

		if (store_environment_find(store, config->environments[i].name, &row, err) < 0 ||
			store_environment_settled(
				store, &row, ENVIRONMENT_CLEAN, set, "bench", err) < 0)
			return -1;
	}
	return 0;
}

static double processor_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int read_often(const char *path, struct error *err)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		CLEANUP(config_free) struct config *config = NULL;
		double began = processor_ms(), took = 0;

		if (config_read(path, NULL, &config, err) < 0)
			return -1;
		took = processor_ms() - began;
		if (!round || took < best)
			best = took;
	}
	printf("%.0f\n", best);
	return 0;
}

static int run(int count, char **words, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *store = NULL;

	if (count == 3 && str_equal(words[1], "read"))
		return read_often(words[2], err);
	if (count < 4)
		return error_set(err, ERR_USAGE, "want hosts, claim or read");
	if (config_read(words[2], NULL, &config, err) < 0 ||
		store_open(config->state, &store, err) < 0)
		return -1;
	if (count == 5 && str_equal(words[1], "hosts"))
		return fill_hosts(config, store, words + 3, err);
	return claim(config, store, words[3], err);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	if (run(argc, argv, &err) == 0)
		return 0;
	fprintf(stderr, "fill_store: %s\n", err.text);
	return 1;
}
