/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_store - what the store costs: bench_store [WHERE]
 *
 * Records a scan of 20,000 hosts that are new, then the same one again; then counts commits a second of one
 * thread, alone and beside another one that reads without a pause. The store is made in a directory of its own below WHERE, /var/tmp.
 */
#include "store/store.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/configuration.h"
#include "store/event.h"
#include "store/host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HOSTS    20000
#define STATES   300
#define PACKAGES 350
#define SLICE_MS 500
#define SLICES   10

struct state {
	char *text; /* owned */
	char digest[DIGEST_HEX_SIZE];
};

static void make_state(struct state *out, int number)
{
	struct str text = { 0 };

	str_addf(&text, "Platform: debian-12-amd64\nNumber: %d\n", number);
	for (int i = 0; i < PACKAGES; i++)
		str_addf(&text,
			"Package: package-%d\nVersion: 1.%d-1\nArchitecture: amd64\n"
			"Depends: libc6 (>= 2.36), package-%d (>= 1.0), zlib1g (>= 1:1.2)\n",
			i, number, i / 2);
	out->text = mem_strdup(str_text(&text));
	digest_bytes(out->text, strlen(out->text), out->digest);
	str_done(&text);
}

static int record(struct store *store, const struct state *state, int number, struct error *err)
{
	CLEANUP(free) char *name = mem_printf("host-%d", number);
	const struct host_row row = {
		.name = name,
		.environment = "production",
		.group = "web",
		.platform = "debian-12-amd64",
		.address = name,
		.state = state->digest,
	};

	if (store_state_put(store, state->digest, row.platform, state->text, err) < 0)
		return -1;
	return store_host_scanned(store, &row, "bench", err);
}

static int scan(
	struct store *store, const struct state *states, const char *what, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	int64_t start = clock_monotonic_ms();
	clock_t processor = clock();

	if (transaction_begin(&transaction, store, err) < 0)
		return -1;
	for (int i = 0; i < HOSTS; i++) {
		if (record(store, &states[i % STATES], i, err) < 0)
			return -1;
	}
	if (transaction_commit(&transaction, err) < 0)
		return -1;
	printf("| %d hosts, %s | %lld ms, of the processor %lld ms |\n", HOSTS, what,
		(long long)(clock_monotonic_ms() - start),
		(long long)(clock() - processor) * 1000 / CLOCKS_PER_SEC);
	return 0;
}

/* Commits of one event each, SLICE_MS long. */
static int commit_all_the_while(struct store *store, int64_t *commits, struct error *err)
{
	const struct event_draft event = { "bench", "bench.event", SUBJECT_HOST, "host-1", NULL };
	int64_t until = clock_monotonic_ms() + SLICE_MS;

	for (; clock_monotonic_ms() < until; ++*commits) {
		if (store_event_add(store, &event, err) < 0)
			return -1;
	}
	return 0;
}

struct reader {
	struct store *store;
	atomic_bool has_to_end;
	int64_t reads;
	int result;
	struct error error;
};

/* A host and its last events: what a board asks for. */
static int read_once(struct store *store, struct error *err)
{
	const struct event_filter filter = {
		.subject = SUBJECT_HOST, .subject_id = "host-7", .newest_first = true, .limit = 20
	};
	CLEANUP(event_rows_done) struct event_rows events = { 0 };
	CLEANUP(host_row_done) struct host_row host = { 0 };

	if (store_host_find(store, "host-7", &host, err) < 0)
		return -1;
	return store_events(store, &filter, &events, err);
}

static void *read_all_the_while(void *context)
{
	struct reader *r = context;

	while (r->result == 0 && !atomic_load(&r->has_to_end)) {
		r->result = read_once(r->store, &r->error);
		r->reads++;
	}
	return NULL;
}

static int commit_beside(struct reader *reader, int64_t *commits, struct error *err)
{
	pthread_t thread;

	atomic_store(&reader->has_to_end, false);
	if (pthread_create(&thread, NULL, read_all_the_while, reader) != 0)
		return error_set(err, ERR_SYSTEM, "no thread");

	int result = commit_all_the_while(reader->store, commits, err);

	atomic_store(&reader->has_to_end, true);
	pthread_join(thread, NULL);
	if (reader->result < 0)
		return error_set(err, reader->error.kind, "%s", reader->error.text);
	return result;
}

/* In turns, so that what else the machine does is the same for both. */
static int load(struct store *store, struct error *err)
{
	struct reader reader = { .store = store };
	int64_t alone = 0, beside = 0, ms = SLICES * SLICE_MS;

	for (int i = 0; i < SLICES; i++) {
		if (commit_all_the_while(store, &alone, err) < 0 ||
			commit_beside(&reader, &beside, err) < 0)
			return -1;
	}
	printf("| commits a second, a writer alone | %lld |\n", (long long)(alone * 1000 / ms));
	printf("| beside a reader without a pause | %lld (%lld%%) |\n",
		(long long)(beside * 1000 / ms), (long long)(beside * 100 / alone));
	printf("| reads a second of that reader | %lld |\n", (long long)(reader.reads * 1000 / ms));
	return 0;
}

static int run(const char *directory, const struct state *states, struct error *err)
{
	CLEANUP(store_close) struct store *store = NULL;

	if (store_open(directory, &store, err) < 0)
		return -1;
	store_configured(store, "state: bench\n");
	printf("| | |\n| --- | --- |\n");
	if (scan(store, states, "all new", err) < 0 || scan(store, states, "nothing new", err) < 0)
		return -1;
	return load(store, err);
}

int main(int argc, char **argv)
{
	CLEANUP(free)
	char *directory = mem_printf("%s/store-XXXXXX", argc > 1 ? argv[1] : "/var/tmp");
	struct state states[STATES] = { 0 };
	struct error err = { 0 };

	if (!mkdtemp(directory)) {
		fprintf(stderr, "bench_store: no directory '%s'\n", directory);
		return 1;
	}
	for (int i = 0; i < STATES; i++)
		make_state(&states[i], i);

	int result = run(directory, states, &err);

	for (int i = 0; i < STATES; i++)
		free(states[i].text);
	if (file_remove_all(directory, result < 0 ? &(struct error){ 0 } : &err) < 0 ||
		result < 0) {
		fprintf(stderr, "bench_store: %s\n", err.text);
		return 1;
	}
	return 0;
}
