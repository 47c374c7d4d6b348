/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/scan.h"

#include "base/clock.h"
#include "base/workers.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/inventory.h"

#include <pthread.h>
#include <string.h>

#define TIMEOUT_MS INT64_C(120000)

/* A scan under way; the lock guards what follows it. */
struct scan {
	struct scan_target *targets;
	size_t count;
	const struct scan_options *options;
	pthread_mutex_t lock;
	size_t done, failed;
};

int scan_host(struct session *s, const char *release_check, int64_t timeout_ms,
	struct inventory **out, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };
	const char *args[] = { release_check ? release_check : "", NULL };

	if (session_run(s,
		    &(struct session_call){
			    .program = "inventory",
			    .args = args,
			    .output_limit = INVENTORY_SIZE_MAX,
			    .timeout_ms = timeout_ms ? timeout_ms : TIMEOUT_MS,
		    },
		    &r, err) < 0)
		return -1;
	if (r.exit_status != 0)
		return session_failed(s, "inventory", &r, err);
	if (r.is_truncated)
		return error_set(err, ERR_CORRUPT, "%s: inventory is larger than %zu bytes",
			session_name(s), INVENTORY_SIZE_MAX);
	if (inventory_read(r.output, r.output_size, out, err) < 0)
		return error_wrap(err, "%s", session_name(s));
	return 0;
}

static void scan_one(void *context, size_t index)
{
	struct scan *s = context;
	struct scan_target *t = &s->targets[index];
	int64_t started = clock_monotonic_ms();
	int result = 0;

	inventory_free(STEAL(&t->inventory));
	result = error_settle(scan_host(t->session, t->release_check, s->options->timeout_ms,
				      &t->inventory, &t->error),
		&t->error);
	t->elapsed_ms = clock_monotonic_ms() - started;

	pthread_mutex_lock(&s->lock);
	s->done++;
	s->failed += result < 0;
	if (s->options->on_done)
		s->options->on_done(s->options->context, t, s->done, s->count);
	pthread_mutex_unlock(&s->lock);
}

size_t scan_run(const struct session_pool *pool, struct scan_target *targets, size_t count,
	const struct scan_options *options)
{
	struct scan s = { .targets = targets,
		.count = count,
		.options = options,
		.lock = PTHREAD_MUTEX_INITIALIZER };

	workers_run(count, session_pool_limit(pool), scan_one, &s);
	pthread_mutex_destroy(&s.lock);
	return s.failed;
}

void scan_targets_done(struct scan_target *targets, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		inventory_free(STEAL(&targets[i].inventory));
		session_close(STEAL(&targets[i].session));
	}
}
