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
	const struct host_row *seen; /* borrowed; NULL: never */
	int64_t reboot_required;     /* NOTHING: not known */
};
extern const struct view host_item_view;

/**
 * The hosts of an environment, or of the whole line when it is NULL, in their order.
 * @param t     Borrowed; outlives the items.
 * @param seen  What the store has of hosts; outlives the items; host_rows_done().
 * @param out   view_rows_done().
 * @return 0, or -1 with err: as store_hosts(). Both are untouched on failure.
 */
NODISCARD int host_items_read(const struct topology *t, const struct environment *e,
	struct store *store, struct host_rows *seen, struct view_rows *out, struct error *err);
