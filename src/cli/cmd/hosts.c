/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "model/topology.h"
#include "present/host.h"

int cmd_hosts(struct invocation *inv, struct error *err)
{
	CLEANUP(view_rows_done) struct view_rows hosts = { 0 };
	CLEANUP(host_rows_done) struct host_rows seen = { 0 };
	const char *only = arg_at(inv, 0);
	const struct environment *e = NULL;
	const struct topology *topology = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &topology, err) < 0 || need_store(inv, &store, err) < 0)
		return -1;
	e = only ? topology_environment(topology, only) : NULL;
	if (only && !e)
		return error_set(err, ERR_NOT_FOUND, "there is no environment '%.60s' in '%s'",
			only, topology->config->path);
	if (host_items_read(topology, e, store, &seen, &hosts, err) < 0)
		return -1;
	output_rows(
		inv, &host_item_view, hosts.items, hosts.count, "The configuration has no hosts");
	return 0;
}
