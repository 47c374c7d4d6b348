/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/environment_scan.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/inventory.h"
#include "model/topology.h"
#include "store/host.h"
#include "store/store.h"

#include <stdlib.h>

static struct jvalue *libraries_json(const struct facts *f)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < f->deleted_library_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "unit", f->deleted_libraries[i].unit);
		jvalue_set_integer(one, "pid", f->deleted_libraries[i].pid);
		jvalue_set_string(one, "path", f->deleted_libraries[i].path);
		jvalue_add(list, one);
	}
	return list;
}

static struct jvalue *updaters_json(const struct facts *f)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < f->updater_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "name", f->updaters[i].name);
		jvalue_set_bool(one, "enabled", f->updaters[i].is_enabled);
		jvalue_set_bool(one, "active", f->updaters[i].is_active);
		jvalue_add(list, one);
	}
	return list;
}

static struct jvalue *disks_json(const struct facts *f)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < f->disk_count; i++) {
		struct jvalue *one = jvalue_object();

		jvalue_set_string(one, "path", f->disks[i].path);
		jvalue_set_string(one, "mount", f->disks[i].mount);
		jvalue_set_integer(one, "size", (int64_t)f->disks[i].size);
		jvalue_set_integer(one, "free", (int64_t)f->disks[i].free);
		jvalue_add(list, one);
	}
	return list;
}

static char *facts_json(const struct facts *f)
{
	CLEANUP(jvalue_free) struct jvalue *facts = jvalue_object();

	jvalue_set_string(facts, "hostname", f->hostname);
	jvalue_set_string(facts, "kernel_running", f->kernel_running);
	jvalue_set_string(facts, "kernel_newest", f->kernel_newest);
	jvalue_set_string(facts, "boot_id", f->boot_id);
	jvalue_set_bool(facts, "reboot_required", f->is_reboot_required);
	jvalue_set_string(facts, "reboot_reasons", f->reboot_reasons);
	jvalue_set(facts, "deleted_libraries", libraries_json(f));
	jvalue_set(facts, "updaters", updaters_json(f));
	jvalue_set(facts, "disks", disks_json(f));
	jvalue_set_string(facts, "audit", f->audit);
	jvalue_set_string(facts, "kept_files", f->kept_files);
	jvalue_set_string(facts, "lock_owner", f->lock_owner);
	jvalue_set_integer(facts, "release_status", f->release_status);
	return jvalue_write(facts);
}

int environment_scan_record(struct store *store, const struct place *place,
	const struct inventory *inventory, const char *actor, struct error *err)
{
	const struct facts *f = inventory_facts(inventory);
	CLEANUP(free) char *facts = facts_json(f);
	struct host_row row = {
		.name = place->host->name,
		.environment = place->environment->name,
		.group = place->group->name,
		.platform = f->platform,
		.address = place->host->address,
		.state = inventory_state_digest(inventory),
		.facts = facts,
		.release = f->release_status == 0 && *f->release ? f->release : NULL,
	};

	if (store_state_put(store, row.state, f->platform, inventory_state(inventory, NULL), err) <
		0)
		return -1;
	return store_host_scanned(store, &row, actor, err);
}

static int record_target(struct store *store, const struct place *place,
	const struct scan_target *target, const char *actor, struct error *err)
{
	struct host_row row = {
		.name = place->host->name,
		.environment = place->environment->name,
		.group = place->group->name,
		.platform = "",
		.address = place->host->address,
	};

	if (target->inventory)
		return environment_scan_record(store, place, target->inventory, actor, err);
	return store_host_failed(store, &row, &target->error, actor, err);
}

static bool is_named(const char *const *names, const char *name)
{
	for (; names && *names; names++) {
		if (str_equal(*names, name))
			return true;
	}
	return !names;
}

static void add_target(struct environment_scan *c, size_t *capacity, const struct place *place)
{
	c->places = mem_room(c->places, c->count, capacity, sizeof *c->places);
	c->places[c->count++] = *place;
}

static void add_environment_targets(struct environment_scan *c, size_t *capacity,
	const struct environment *e, const char *const *names)
{
	for (struct place at = { 0 }; environment_next_host(e, &at);) {
		if (is_named(names, at.host->name))
			add_target(c, capacity, &at);
	}
}

static void collect_hosts(struct environment_scan *c, const struct environment_scan_options *o)
{
	const struct config *config = o->config;
	const struct topology *t = o->topology;
	size_t capacity = 0;

	if (o->environment)
		add_environment_targets(c, &capacity, o->environment, o->names);
	for (size_t i = 0; i < config->environment_count && !o->environment; i++)
		add_environment_targets(c, &capacity, &config->environments[i], o->names);
	for (size_t i = 0; t && i < t->clone_count && !o->environment && o->names; i++)
		add_environment_targets(c, &capacity, t->clones[i], o->names);
}

static bool is_host(const struct environment_scan_options *o, const char *name)
{
	if (o->environment)
		return environment_find_host(o->environment, name, NULL);
	return o->topology ? topology_find_host(o->topology, name, NULL)
			   : config_find_host(o->config, name, NULL);
}

static int check_host_names(const struct environment_scan_options *o, struct error *err)
{
	for (const char *const *name = o->names; name && *name; name++) {
		if (!is_host(o, *name))
			return error_set(err, ERR_NOT_FOUND, "there is no host '%s' in '%s'", *name,
				o->config->path);
	}
	return 0;
}

/* Between scan_run() and the caller's callback: which place a target belongs to. */
struct relay {
	const struct environment_scan *scan;
	const struct environment_scan_options *options;
};

static void relay(void *context, const struct scan_target *target, size_t done, size_t count)
{
	const struct relay *r = context;

	if (r->options->on_host)
		r->options->on_host(r->options->context,
			&r->scan->places[target - r->scan->targets], target, done, count);
}

/* All or nothing: a scan that cannot be written down did not happen. */
static int record_all(
	struct store *store, const struct environment_scan *c, const char *actor, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, store, err) < 0)
		return -1;
	for (size_t i = 0; i < c->count; i++) {
		if (record_target(store, &c->places[i], &c->targets[i], actor, err) < 0)
			return error_wrap(err, "recording host '%s'", c->places[i].host->name);
	}
	return transaction_commit(&transaction, err);
}

int environment_scan_prepare(const struct environment_scan_options *options,
	struct environment_scan *out, struct error *err)
{
	struct environment_scan c = { 0 };

	if (check_host_names(options, err) < 0)
		return -1;
	collect_hosts(&c, options);
	c.pool = session_pool_new(&options->config->ssh, 0);
	c.targets = mem_new(c.count, sizeof *c.targets);
	for (size_t i = 0; i < c.count; i++) {
		c.targets[i].session = session_new(c.pool, c.places[i].host);
		c.targets[i].release_check = c.places[i].group->release_check;
	}
	*out = c;
	return 0;
}

int environment_scan_run(struct store *store, const struct environment_scan_options *options,
	struct environment_scan *c, struct error *err)
{
	struct relay to = { c, options };
	struct scan_options scan = {
		.on_done = relay,
		.context = &to,
	};

	c->failed = scan_run(c->pool, c->targets, c->count, &scan);
	return record_all(store, c, options->actor, err);
}

int environment_scan_look(struct store *store, struct environment_scan *c, size_t index,
	const char *actor, struct error *err)
{
	struct scan_target *t = &c->targets[index];

	inventory_free(STEAL(&t->inventory));
	(void)!error_settle(
		scan_host(t->session, t->release_check, 0, &t->inventory, &t->error), &t->error);
	if (record_target(store, &c->places[index], t, actor, err) < 0)
		return error_wrap(err, "recording host '%s'", c->places[index].host->name);
	return 0;
}

int environment_scan_take(struct store *store, const struct environment_scan_options *options,
	struct environment_scan *out, struct error *err)
{
	CLEANUP(environment_scan_done) struct environment_scan c = { 0 };

	if (environment_scan_prepare(options, &c, err) < 0 ||
		environment_scan_run(store, options, &c, err) < 0)
		return -1;
	*out = STEAL(&c);
	return 0;
}

void environment_scan_done(struct environment_scan *c)
{
	if (c->targets)
		scan_targets_done(c->targets, c->count);
	session_pool_free(c->pool);
	free(c->targets);
	free(c->places);
	*c = (struct environment_scan){ 0 };
}
