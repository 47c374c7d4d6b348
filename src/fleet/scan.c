/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/scan.h"

#include "base/clock.h"
#include "base/workers.h"
#include "fleet/connection.h"
#include "fleet/remote.h"
#include "model/config.h"
#include "model/inventory.h"

#include <pthread.h>
#include <string.h>

#define TIMEOUT_MS    INT64_C(120000)
#define WORDS_OF_HOST 400

/* A scan under way; the lock guards what follows it. */
struct scan {
	struct scan_target *targets;
	size_t count;
	const struct scan_options *options;
	pthread_mutex_t lock;
	size_t done, failed;
};

int scan_connection(struct connection *c, const char *release_check, int64_t timeout_ms,
	struct inventory **out, struct error *err)
{
	CLEANUP(connection_result_done) struct connection_result r = { 0 };
	const char *args[] = { release_check ? release_check : "", NULL };

	if (remote_run(c,
		    &(struct remote_call){
			    .program = "inventory",
			    .args = args,
			    .output_limit = INVENTORY_SIZE_MAX,
			    .timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS,
		    },
		    &r, err) < 0)
		return -1;
	if (r.exit_status != 0)
		return error_set(err, ERR_SYSTEM, "%s: inventory ended with %d: %.*s",
			connection_address(c), r.exit_status, WORDS_OF_HOST, r.errors);
	if (r.is_truncated)
		return error_set(err, ERR_CORRUPT, "%s: inventory is larger than %zu bytes",
			connection_address(c), INVENTORY_SIZE_MAX);
	if (inventory_read(r.output, r.output_size, out, err) < 0)
		return error_wrap(err, "%s", connection_address(c));
	return 0;
}

static int scan_target(const struct scan *s, struct scan_target *t, struct error *err)
{
	if (t->connection && !connection_is_usable(t->connection))
		connection_close(STEAL(&t->connection));
	if (!t->connection &&
		connection_open(t->host, s->options->settings, &t->connection, err) < 0)
		return -1;
	return scan_connection(
		t->connection, t->release_check, s->options->timeout_ms, &t->inventory, err);
}

static void scan_one(void *context, size_t index)
{
	struct scan *s = context;
	struct scan_target *t = &s->targets[index];
	int64_t started = clock_monotonic_ms();
	int result = 0;

	inventory_free(STEAL(&t->inventory));
	t->error = (struct error){ 0 };
	result = scan_target(s, t, &t->error);
	if (t->connection &&
		(!s->options->keeps_connections || !connection_is_usable(t->connection)))
		connection_close(STEAL(&t->connection));
	t->elapsed_ms = clock_monotonic_ms() - started;

	pthread_mutex_lock(&s->lock);
	s->done++;
	s->failed += result < 0;
	if (s->options->on_done)
		s->options->on_done(s->options->context, t, s->done, s->count);
	pthread_mutex_unlock(&s->lock);
}

size_t scan_run(struct scan_target *targets, size_t count, const struct scan_options *options)
{
	struct scan s = { .targets = targets,
		.count = count,
		.options = options,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	unsigned parallel = options->settings->parallel;

	workers_run(count, parallel ? parallel : 1, scan_one, &s);
	pthread_mutex_destroy(&s.lock);
	return s.failed;
}

void scan_targets_done(struct scan_target *targets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		inventory_free(STEAL(&targets[i].inventory));
		connection_close(STEAL(&targets[i].connection));
	}
}
