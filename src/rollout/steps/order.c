/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/str.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/patchset.h"
#include "plan/plan.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"

#include <stdlib.h>

/* As the order has them. */
static const char *const restart_words[] = {
	[RESTART_AUTO] = "auto",
	[RESTART_NEVER] = "never",
};
static const char *const reboot_words[] = {
	[REBOOT_NEVER] = "never",
	[REBOOT_IF_NEEDED] = "if-needed",
	[REBOOT_ALWAYS] = "always",
};

enum reboot_policy host_run_reboot_policy(const struct host_run *s)
{
	const struct place *place = &s->target->place;

	for (const char *const *name = place->group->reboot_except; name && *name; name++) {
		if (str_equal(*name, host_plain_name(place->host)))
			return REBOOT_NEVER;
	}
	return place->group->reboot;
}

void host_run_done(struct host_run *s)
{
	for (size_t i = 0; s->ends && i < s->open.count; i++)
		session_step_result_done(&s->ends[i]);
	free(s->ends);
	step_rows_done(&s->open);
	free(s->changes);
	str_done(&s->log);
	str_done(&s->remarks);
}

void host_run_fill_order(struct host_run *s)
{
	const struct rollout_request *r = s->shared->request;
	const struct rollout_target *m = s->target;
	size_t changes = m->plan ? plan_change_count(m->plan) : 0;
	size_t kept = m->plan ? plan_kept_count(m->plan) : 0;

	s->changes = mem_new(changes + kept, sizeof *s->changes);
	s->order = (struct order){
		.set = patchset_digest(r->set),
		.platform = m->platform,
		.changes = s->changes,
		.change_count = changes + kept,
		.services = m->place.group->services,
		.health = m->place.group->health,
		.release_check = m->place.group->release_check,
		.restart = restart_words[m->place.group->restart],
		.restart_except = m->place.group->restart_except,
		.restart_by_reload = m->place.group->restart_by_reload,
		.reboot = reboot_words[host_run_reboot_policy(s)],
		.reboot_command = m->place.group->reboot_command,
		.patience = m->place.group->patience,
	};
	for (size_t i = 0; i < changes; i++) {
		const struct plan_change *c = plan_change_at(m->plan, i);
		s->changes[i] = (struct change){ c->is_new ? CHANGE_NEW : CHANGE_UPGRADE, c->name,
			c->architecture, c->from, c->to };
	}
	for (size_t i = 0; i < kept; i++) {
		const struct plan_kept *k = plan_kept_at(m->plan, i);

		s->changes[changes + i] =
			(struct change){ CHANGE_KEEP, k->name, k->architecture, "", k->installed };
	}
}
