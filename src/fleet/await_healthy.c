/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/await_healthy.h"

#include "base/clock.h"
#include "base/error.h"
#include "fleet/environment_scan.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "fleet/order.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/inventory.h"

#include <time.h>

#define PAUSE_MS        100
#define CONNECT_SECONDS 2 /* a host that is down often swallows packets */
#define PATIENCE        2 /* seconds that one look waits for a service on its way */

/* Nothing is asked about a set. */
static const char no_set[] = "0000000000000000000000000000000000000000000000000000000000000000";

static int judge_findings(const struct findings *found, struct error *err)
{
	for (size_t i = 0; i < findings_count(found); i++) {
		const struct finding *f = findings_at(found, i);

		if (f->severity == SEVERITY_ERROR)
			return error_set(err, ERR_SYSTEM, "%s: %s", f->check, f->what);
	}
	return 0;
}

static int look_healthy(
	struct session *s, const struct place *place, struct inventory **out, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;
	const struct order order = {
		.set = no_set,
		.platform = "any",
		.services = place->group->services,
		.health = place->group->health,
		.release_check = place->group->release_check,
		.patience = PATIENCE,
	};

	if (hoststep_verify(s, &order, &found, &inventory, err) < 0 ||
		judge_findings(found, err) < 0)
		return -1;
	*out = STEAL(&inventory);
	return 0;
}

int await_healthy(struct session_pool *pool, const struct place *place, int64_t limit_ms,
	struct inventory **out, struct error *err)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_MS * 1000000L };
	int64_t until = clock_monotonic_ms() + limit_ms;
	CLEANUP(session_close) struct session *s = session_new(pool, place->host);

	session_hurry(s, CONNECT_SECONDS);
	while (look_healthy(s, place, out, err) < 0) {
		if (err->kind == ERR_DENIED || err->kind == ERR_USAGE ||
			clock_monotonic_ms() > until)
			return error_wrap(err, "waiting for %s", place->host->name);
		nanosleep(&pause, NULL);
	}
	return 0;
}
