/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/workers.h"
#include "clone/original.h"
#include "clone/topology_read.h"
#include "fleet/await_healthy.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "rehearse/cloning_private.h"
#include "store/host.h"
#include "store/store.h"

#include <stdlib.h>

#define START_LIMIT_MS   INT64_C(120000) /* until the hosts of a clone answer */
#define DIFFERENCES_TOLD 5

/* ---- starting ---- */

/* A clone that was started, as an environment of a topology that has its addresses. */
struct started {
	const struct cloning *cloning;
	struct topology *topology;
	struct environment_scan
		scan; /* of its hosts; a target has an inventory once its host is up whole */
};

static void started_done_p(struct started *s)
{
	environment_scan_done(&s->scan);
	topology_free(s->topology);
}

static int see_started(
	const struct cloning *k, struct clone *c, struct started *s, struct error *err)
{
	struct environment_scan_options options = { .config = k->config, .actor = k->actor };

	s->cloning = k;
	if (topology_read(k->config, k->store, &s->topology, err) < 0)
		return -1;
	options.environment = topology_environment(s->topology, clone_name(c));
	if (!options.environment)
		return error_set(err, ERR_NOT_FOUND, "there is no clone '%s'", clone_name(c));
	return environment_scan_prepare(&options, &s->scan, err);
}

/* What a host says of itself when it is up is its inventory, too: it need not be asked again. */
static void wait_one(void *context, size_t index)
{
	struct environment_scan *scan = context;
	struct scan_target *target = &scan->targets[index];

	(void)!await_healthy(scan->pool, &scan->places[index], START_LIMIT_MS, &target->inventory,
		&target->error);
	if (target->inventory)
		target->error.kind = ERR_NONE;
}

/* Fail for a host that cannot be reached; a service that does not come up is for the tests to judge. */
static int judge_wait(
	const struct environment_scan *scan, struct clone_trace *trace, struct error *err)
{
	struct jvalue *problems = jvalue_array();

	trace->details = jvalue_object();
	jvalue_set(trace->details, "problems", problems);
	for (size_t i = 0; i < scan->count; i++) {
		const struct error *e = &scan->targets[i].error;

		if (e->kind && e->kind != ERR_SYSTEM) {
			*err = *e;
			return -1;
		}
		if (e->kind)
			jvalue_add_string(problems, e->text);
	}
	return 0;
}

static int act_wait(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct started *s = context;

	(void)c;
	workers_run(s->scan.count, session_pool_limit(s->scan.pool), wait_one, &s->scan);
	return judge_wait(&s->scan, trace, err);
}

static int copies_start(
	const struct cloning *k, struct clone *c, struct started *out, struct error *err)
{
	if (clone_start(c, err) < 0 || see_started(k, c, out, err) < 0)
		return -1;
	return clone_do(c, "wait", "", act_wait, out, err);
}

/* ---- proving ---- */

static const struct original_host *find_original(const struct original *o, const char *name)
{
	for (size_t i = 0; i < original_count(o); i++) {
		if (str_equal(original_at(o, i)->name, name))
			return original_at(o, i);
	}
	return NULL;
}

static int copy_compare(struct store *store, const struct original *o, const struct place *place,
	const struct scan_target *target, struct differences *out, struct error *err)
{
	const char *name = host_plain_name(place->host);
	const struct original_host *then = find_original(o, name);
	CLEANUP(hoststate_free) struct hoststate *a = NULL;
	CLEANUP(hoststate_free) struct hoststate *b = NULL;

	if (!target->inventory)
		return error_set(err, ERR_UNREACHABLE, "%s", target->error.text);
	if (!then) {
		differences_add(out, "%s was not there when the clone was taken", name);
		return 0;
	}
	if (store_state_read(store, then->state, &a, err) < 0 ||
		store_state_read(store, inventory_state_digest(target->inventory), &b, err) < 0)
		return error_wrap(err, "'%s'", name);
	packages_compare(name, a, b, out);
	return 0;
}

static int tell_differences(const struct differences *d, struct error *err)
{
	CLEANUP(str_done) struct str text = { 0 };

	for (size_t i = 0; i < d->count && i < DIFFERENCES_TOLD; i++)
		str_addf(&text, "%s%s", i ? "; " : "", d->items[i]);
	if (d->count > DIFFERENCES_TOLD)
		str_addf(&text, "; and %zu more", d->count - DIFFERENCES_TOLD);
	return error_set(err, ERR_REFUSED,
		"the copies are not what their originals were: %s; remove the clone and make a new one",
		str_text(&text));
}

/* A host whose services are not all up has said nothing yet: it is asked, and written down. */
static int look_at_rest(struct started *s, struct error *err)
{
	for (size_t i = 0; i < s->scan.count; i++) {
		if (!s->scan.targets[i].inventory &&
			environment_scan_look(
				s->cloning->store, &s->scan, i, s->cloning->actor, err) < 0)
			return -1;
	}
	return 0;
}

/* Write down what the hosts said. */
static int started_record(struct started *s, struct error *err)
{
	const struct cloning *k = s->cloning;
	CLEANUP(transaction_done) struct transaction transaction = { 0 };

	if (transaction_begin(&transaction, k->store, err) < 0)
		return -1;
	for (size_t i = 0; i < s->scan.count; i++) {
		const struct inventory *seen = s->scan.targets[i].inventory;

		if (seen && environment_scan_record(
				    k->store, &s->scan.places[i], seen, k->actor, err) < 0)
			return -1;
	}
	return transaction_commit(&transaction, err) < 0 ? -1 : look_at_rest(s, err);
}

/* Each copy has the packages that its original had when it was taken. */
static int act_prove(struct clone *c, void *context, struct clone_trace *trace, struct error *err)
{
	struct started *s = context;
	CLEANUP(original_free) struct original *o = NULL;
	CLEANUP(differences_done) struct differences d = { 0 };

	(void)trace;
	if (started_record(s, err) < 0 || original_read(clone_row_of(c)->original, &o, err) < 0)
		return -1;
	for (size_t i = 0; i < s->scan.count; i++) {
		if (copy_compare(s->cloning->store, o, &s->scan.places[i], &s->scan.targets[i], &d,
			    err) < 0)
			return -1;
	}
	return d.count ? tell_differences(&d, err) : 0;
}

/* Write down that the clone's environment runs what its original ran, unless that is written down already. */
static int environment_settle(
	const struct cloning *k, const struct clone_row *row, struct error *err)
{
	CLEANUP(environment_row_done) struct environment_row seen = { 0 };
	CLEANUP(environment_row_done) struct environment_row told = { 0 };

	if (store_environment_find(k->store, row->name, &seen, err) < 0)
		return -1;
	if (row->release && !str_equal(seen.release, row->release) &&
		store_environment_deployed(k->store, &seen, row->release, k->actor, err) < 0)
		return -1;
	if (store_environment_find(k->store, row->name, &told, err) < 0)
		return -1;
	if (told.status == ENVIRONMENT_CLEAN && (!row->set || str_equal(told.set, row->set)))
		return 0;
	return store_environment_settled(
		k->store, &told, ENVIRONMENT_CLEAN, row->set, k->actor, err);
}

/* ---- both ---- */

int cloning_bring_up(const struct cloning *k, struct clone *c, struct error *err)
{
	CLEANUP(started_done) struct started started = { 0 };

	if (copies_start(k, c, &started, err) < 0 ||
		clone_do(c, "prove", "", act_prove, &started, err) < 0 ||
		environment_settle(k, clone_row_of(c), err) < 0)
		return -1;
	return clone_move(c, CLONE_RUNNING, NULL, err);
}

int cloning_bring_up_again(const struct cloning *k, struct clone *c, struct error *err)
{
	CLEANUP(started_done) struct started started = { 0 };

	return copies_start(k, c, &started, err) < 0 ? -1 : started_record(&started, err);
}
