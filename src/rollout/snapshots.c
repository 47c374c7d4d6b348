/* SPDX-License-Identifier: Apache-2.0 */
/* snapshots.c - snapshots that no rollout will go back to; declared in way_back_choose.h. */
#include "base/error.h"
#include "clone/provider.h"
#include "model/config.h"
#include "model/place.h"
#include "rollout/rollout.h"
#include "rollout/way_back.h"
#include "rollout/way_back_choose.h"
#include "store/rollout.h"

#include <stdlib.h>

/* The provider is asked only when there is something to drop. */
struct dropping {
	const struct rollout_request *request;
	struct provider_session *session;
};

static void dropping_done_p(struct dropping *d)
{
	provider_close(d->session);
}

static int snapshot_drop(struct dropping *d, const struct rollout_host_row *row,
	struct way_back *way, struct error *err)
{
	const struct rollout_request *r = d->request;
	const char *hosts[] = { row->host, NULL };
	const struct provider_target target = { NULL, r->environment, hosts };
	CLEANUP(free) char *text = NULL;

	if (!environment_find_host(r->environment, row->host, NULL))
		return 0; /* it is no longer known to anybody */
	if (!d->session && way_back_provider(r, &d->session, err) < 0)
		return -1;
	if (provider_forget(d->session, &target, way->snapshot, err) < 0)
		return error_wrap(
			err, "dropping the snapshot '%s' of '%s'", way->snapshot, row->host);
	way->is_forgotten = true;
	text = way_back_write(way);
	return store_rollout_host_way(r->store, row->rollout, row->host, text, r->actor, err);
}

int snapshots_forget(const struct rollout_request *r, int64_t rollout, struct error *err)
{
	CLEANUP(dropping_done) struct dropping d = { .request = r };
	CLEANUP(rollout_host_rows_done) struct rollout_host_rows rows = { 0 };

	if (store_rollout_hosts_with_snapshot(r->store, r->environment->name, rollout, &rows, err) <
		0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		CLEANUP(way_back_free) struct way_back *way = NULL;

		if (way_back_read(rows.items[i].way_back, &way, err) < 0 ||
			snapshot_drop(&d, &rows.items[i], way, err) < 0)
			return -1;
	}
	return 0;
}
