/* SPDX-License-Identifier: Apache-2.0 */
/* host.h - what is told of hosts: as configured, and as last seen. Layer: present. Threads: one. */
#pragma once

#include "base/own.h"
#include "model/place.h"
#include "present/view.h"
#include "store/host.h"

struct topology;

/* A host of the configuration. */
struct host_item {
	struct place at;             /* borrowed */
	const struct host_row *seen; /* of the items' rows; NULL: never */
	int64_t reboot_required;     /* NOTHING: not known */
};
extern const struct view host_item_view;

struct host_items {
	struct host_rows rows;
	struct host_item *items; /* owned */
	size_t count;
};

/**
 * The hosts of an environment, or of the whole line when it is NULL, in their order.
 * @param t  Borrowed; outlives the items.
 * @return 0, or -1 with err: as store_hosts(). host_items_done().
 */
NODISCARD int host_items_read(const struct topology *t, const struct environment *e,
	struct store *store, struct host_items *out, struct error *err);

void host_items_done(struct host_items *h);
CLEANUP_DONE(struct host_items, host_items_done)
