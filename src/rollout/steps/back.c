/* SPDX-License-Identifier: Apache-2.0 */
/* host_run_back.c - a host is made fit to go back, and goes back; declared in host_run_private.h. */
#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/mem.h"
#include "clone/original.h"
#include "clone/provider.h"
#include "content/setfile.h"
#include "fleet/await_healthy.h"
#include "fleet/environment_scan.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "model/patchset.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/set_files.h"
#include "rollout/targets.h"
#include "rollout/way_back.h"
#include "rollout/way_back_choose.h"
#include "store/host.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MS           1000
#define LOOK_SECONDS 1 /* between two looks at a host that is coming up */

/* ---- snapshots ---- */

/* The provider's words for one host, and a conversation with it. */
struct handle {
	struct provider_session *session;
	const char *hosts[2];
	struct provider_target target;
};

static void handle_done_p(struct handle *h)
{
	provider_close(h->session);
}

static int handle_open(const struct host_run *s, struct handle *h, struct error *err)
{
	const struct rollout_request *r = s->shared->request;

	h->hosts[0] = s->target->place.host->name;
	h->target = (struct provider_target){ NULL, r->environment, h->hosts };
	return way_back_provider(r, &h->session, err);
}

/* One that an earlier attempt took and never needed is of another moment: it goes first. */
int host_run_snapshot(struct host_run *s, struct error *err)
{
	CLEANUP(handle_done) struct handle h = { 0 };
	const char *name = s->target->way->snapshot;

	if (handle_open(s, &h, err) < 0 || provider_forget(h.session, &h.target, name, err) < 0 ||
		provider_snapshot(h.session, &h.target, name, err) < 0)
		return -1;
	str_addf(&s->log, "snapshot %s of %s\n", name, provider_label(h.session));
	return 0;
}

/* ---- proof ---- */

/* What is not as it was, in words; an error already. */
static int tell_difference(const struct host_run *s, const struct hoststate *now, struct error *err)
{
	CLEANUP(differences_done) struct differences found = { 0 };
	CLEANUP(hoststate_free) struct hoststate *then = NULL;
	struct error unknown;

	if (store_state_read(
		    s->shared->request->store, s->target->way->state_before, &then, &unknown) == 0)
		packages_compare(s->target->place.host->name, then, now, &found);
	return error_set(err, ERR_REFUSED, "its packages are not what they were: %s",
		found.count ? found.items[0] : "what differs is not known any more");
}

/* The host's own list of packages must be the one of the moment before the rollout. */
static int back_prove(struct host_run *s, const struct inventory *inventory, struct error *err)
{
	const struct rollout_request *r = s->shared->request;
	CLEANUP(hoststate_free) struct hoststate *now = NULL;
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;
	const char *text = inventory_state(inventory, &size);

	if (environment_scan_record(r->store, &s->target->place, inventory, r->actor, err) < 0 ||
		hoststate_read(text, size, &now, err) < 0)
		return -1;
	free(s->target->state_after);
	s->target->state_after = mem_strdup(inventory_state_digest(inventory));
	if (strcmp(packages_digest(now, digest), s->target->way->packages_digest) != 0)
		return tell_difference(s, now, err);
	str_add(&s->log, "its packages are what they were\n");
	s->is_back = true;
	return 0;
}

/* ---- on the host ---- */

/*
 * Other updaters may be held off on it: by this attempt, or as the snapshot has it. Under a name of its own: the order
 * is another one by now.
 */
static int free_updaters(struct host_run *s, struct error *err)
{
	return host_run_run(s, "revert-free-updaters", hoststep_free_updaters, err);
}

/* ---- back to a snapshot ---- */

static int revert_disks(struct host_run *s, struct error *err)
{
	CLEANUP(handle_done) struct handle h = { 0 };
	CLEANUP(machines_done) struct machines machines = { 0 };
	const char *name = s->target->way->snapshot;

	session_disconnect(s->target->session);
	if (handle_open(s, &h, err) < 0 || provider_revert(h.session, &h.target, name, err) < 0)
		return -1;
	str_addf(&s->log, "disks are at the snapshot %s\n", name);
	return provider_start(h.session, &h.target, NULL, &machines, err);
}

/* When to give up waiting for a host that was started. */
static int64_t patience_of(const struct host_run *s)
{
	int64_t limit = s->target->place.group->reboot_timeout * MS, left = host_run_left_ms(s);

	return limit < left ? limit : left;
}

/* Until it answers; its services may still be starting. */
static int await_up(struct host_run *s, struct error *err)
{
	int64_t until = clock_monotonic_ms() + patience_of(s);

	struct reboot_need now;

	while (hoststep_reboot_need(s->target->session, &s->order, false, &now, err) < 0) {
		struct timespec pause = { .tv_sec = LOOK_SECONDS };
		bool is_away = err->kind == ERR_UNREACHABLE || err->kind == ERR_UNCERTAIN;

		if (!is_away || clock_monotonic_ms() > until)
			return error_wrap(err, "started again");
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* It answers: are its packages what they were, whether it is well or not? */
static int back_prove_unwell(struct host_run *s, const struct error *unwell, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	if (hoststep_verify(s->target->session, &s->order, &found, &inventory, err) < 0 ||
		back_prove(s, inventory, err) < 0)
		return -1;
	*err = *unwell;
	return -1;
}

/* The host was started again. */
static int prove_snapshot(struct host_run *s, struct error *err)
{
	CLEANUP(inventory_free) struct inventory *inventory = NULL;
	struct error unwell = { 0 };

	if (await_healthy(targets_pool(s->shared->targets), &s->target->place, patience_of(s),
		    &inventory, &unwell) == 0)
		return back_prove(s, inventory, err);
	(void)!error_wrap(&unwell, "started again");
	if (unwell.kind == ERR_SYSTEM)
		return back_prove_unwell(s, &unwell, err);
	*err = unwell;
	return -1;
}

static int return_to_snapshot(struct host_run *s, struct error *err)
{
	if (s->target->way->is_forgotten)
		return error_set(err, ERR_NOT_FOUND, "its snapshot %s was dropped",
			s->target->way->snapshot);
	if (revert_disks(s, err) < 0 || await_up(s, err) < 0 || free_updaters(s, err) < 0)
		return -1;
	return prove_snapshot(s, err);
}

/* ---- back by downgrades ---- */

/* From here on the order leads back. */
static void turn_order(struct host_run *s)
{
	const struct way_back *way = s->target->way;

	free(s->changes);
	s->changes = mem_new(way->package_count, sizeof *s->changes);
	s->order.set = way->set;
	s->order.platform = way->platform;
	s->order.changes = s->changes;
	s->order.change_count = way->package_count;
	for (size_t i = 0; i < way->package_count; i++) {
		const struct way_back_package *p = &way->packages[i];

		s->changes[i] = (struct change){ *p->before ? CHANGE_DOWNGRADE : CHANGE_REMOVE,
			p->name, p->architecture, p->after, p->before };
	}
}

static int stage_return(struct host_run *s, struct error *err)
{
	const char *state = s->shared->request->config->state;
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(set_files_free) struct set_files *set_files = NULL;

	if (setfile_open(state, s->order.set, &set, err) < 0 ||
		set_files_new(state, set, &set_files, err) < 0)
		return -1;

	size_t count = patchset_count(set);
	CLEANUP(free) const struct package **packages = mem_new(count, sizeof(struct package *));

	for (size_t i = 0; i < count; i++)
		packages[i] = patchset_at(set, i);
	return host_run_stage_packages(s, set_files, packages, count, err);
}

/* What runs must be what is installed again. */
static int put_in_effect(struct host_run *s, struct error *err)
{
	const struct group *group = s->target->place.group;

	if (group->reboot != REBOOT_NEVER && host_run_reboot(s, err) < 0)
		return -1;
	if (group->restart != RESTART_AUTO)
		return 0;
	if (host_run_run(s, "revert-restart", hoststep_restart, err) < 0)
		return -1;
	session_disconnect(s->target->session); /* it ran on what was replaced */
	return 0;
}

static int prove_downgrade(struct host_run *s, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	if (hoststep_verify(s->target->session, &s->order, &found, &inventory, err) < 0 ||
		back_prove(s, inventory, err) < 0)
		return -1;
	return host_run_check_findings(s, found, err);
}

static int return_by_downgrade(struct host_run *s, struct error *err)
{
	turn_order(s);
	if (stage_return(s, err) < 0 || host_run_run(s, "revert", hoststep_apply, err) < 0 ||
		put_in_effect(s, err) < 0 || free_updaters(s, err) < 0)
		return -1;
	return prove_downgrade(s, err);
}

/* It is back, and was not well: it is looked at again, and nothing done to it. */
static int prove_again(struct host_run *s, struct error *err)
{
	if (s->target->way->kind == WAY_BACK_IS_SNAPSHOT)
		return prove_snapshot(s, err);
	turn_order(s);
	return prove_downgrade(s, err);
}

/* ---- */

static int back_refuse(struct host_run *s, struct error *err)
{
	CLEANUP(free) char *words = way_back_words(s->target->way);

	return error_set(err, ERR_REFUSED, "it has no way back: %s", words);
}

static int (*const returns[WAY_BACK_IS_KIND_COUNT])(struct host_run *s, struct error *err) = {
	[WAY_BACK_IS_NONE] = back_refuse,
	[WAY_BACK_IS_SNAPSHOT] = return_to_snapshot,
	[WAY_BACK_IS_DOWNGRADE] = return_by_downgrade,
};

int host_run_revert(struct host_run *s, struct error *err)
{
	if (!s->target->way)
		return error_set(err, ERR_REFUSED, "no way back was written down for it");
	return s->progress.before.is_changed ? returns[s->target->way->kind](s, err)
					     : prove_again(s, err);
}
