/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/topology.h"
#include "present/answer.h"
#include "rollout/drain.h"
#include "store/debt.h"
#include "store/lease.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MS     1000
#define MARGIN 120 /* seconds, beside what is waited for */

/* Whose load, and since when it is owed. */
struct owed {
	struct store *store; /* borrowed */
	struct drain_call call;
	int64_t since;
};

static int find_debt(struct owed *o, struct error *err)
{
	CLEANUP(debt_rows_done) struct debt_rows rows = { 0 };

	if (store_debts_of(o->store, o->call.host->name, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.items[i].debt != DEBT_SERVICE)
			continue;
		if (*rows.items[i].at_work)
			return error_set(err, ERR_REFUSED,
				"'%s' may still be at %s: 'patchline promote' asks it first, and gives "
				"load back once it is well",
				o->call.host->name, rows.items[i].at_work);
		o->since = rows.items[i].since;
		o->call.rollout = rows.items[i].rollout;
		return 0;
	}
	return error_set(err, ERR_REFUSED,
		"no load is owed to '%s': no rollout left it out of service", o->call.host->name);
}

static int find_host_debt(struct invocation *inv, struct owed *o, struct error *err)
{
	struct drain_call *call = &o->call;
	const struct topology *topology = NULL;
	struct place at = { 0 };

	if (need_topology(inv, &topology, err) < 0 || need_store(inv, &o->store, err) < 0)
		return -1;
	call->config = topology->config;
	if (!topology_find_host(topology, arg_at(inv, 0), &at))
		return error_set(err, ERR_NOT_FOUND,
			"there is no host '%.60s' in '%s'; 'patchline hosts' lists them",
			arg_at(inv, 0), call->config->path);
	call->environment = at.environment;
	call->group = at.group;
	call->host = at.host;
	call->candidate = "";
	call->is_by_hand = true;
	call->timeout_ms = (call->group->patience + call->group->drain.timeout + MARGIN) * MS;
	return find_debt(o, err);
}

static int pay(struct invocation *inv, const struct owed *o, struct error *err)
{
	const char *reason = option_value(inv, "reason");
	CLEANUP(free)
	char *how = mem_printf("by hand%s%s", reason ? ": " : "", reason ? reason : "");

	return store_debt_pay(o->store, o->call.host->name, DEBT_SERVICE, how, actor(inv), err);
}

/* No rollout may be at the host meanwhile. */
static int return_load(
	struct invocation *inv, struct owed *o, struct drain_told *told, struct error *err)
{
	CLEANUP(lease_free) struct lease *lease = NULL;
	CLEANUP(free) char *what = mem_printf("patchline undrain %s", o->call.host->name);

	if (lease_take(o->store, o->call.environment->name, what, actor(inv), &lease, err) < 0 ||
		find_debt(o, err) < 0)
		return -1;

	CLEANUP(session_pool_free)
	struct session_pool *pool = session_pool_new(&o->call.config->ssh, 0);

	o->call.pool = pool;
	if (drain_in(&o->call, told, err) < 0)
		return error_wrap(err, "'%s' is still owed its load", o->call.host->name);
	if (pay(inv, o, err) < 0)
		return -1;
	return lease_release(&lease, err);
}

static void tell_undrained(
	struct invocation *inv, const struct owed *o, const struct drain_told *told)
{
	bool is_done = !is_dry_run(inv);

	if (!wants_json(inv)) {
		if (told->log.size)
			fputs(str_text(&told->log), stdout);
		printf(is_done ? "%s has its load again.\n" : "%s would be given its load again.\n",
			o->call.host->name);
		return;
	}

	output_row(inv, &undrain_answer_view,
		&(struct undrain_answer){
			.host = o->call.host->name,
			.environment = o->call.environment->name,
			.log = str_text(&told->log),
			.rollout = o->call.rollout,
			.since = o->since,
			.is_done = is_done,
		});
}

int cmd_undrain(struct invocation *inv, struct error *err)
{
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	struct owed o = { 0 };

	if (find_host_debt(inv, &o, err) < 0)
		return -1;
	if (!is_dry_run(inv) && return_load(inv, &o, &told, err) < 0)
		return -1;
	tell_undrained(inv, &o, &told);
	return 0;
}
