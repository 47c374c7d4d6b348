/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "model/config.h"
#include "policy/healthy.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"
#include "rollout/way_back_choose.h"
#include "store/debt.h"

static bool is_drained(const struct debt_rows *debts, const char *host)
{
	for (size_t i = 0; i < debts->count; i++) {
		if (debts->items[i].debt == DEBT_SERVICE && str_equal(debts->items[i].host, host))
			return true;
	}
	return false;
}

/* Those who are walked at the same time change while this looks: nothing of them is read but that they are. */
static size_t collect_siblings(
	const struct host_run *s, const struct debt_rows *debts, struct healthy_sibling *out)
{
	struct targets *targets = s->shared->targets;
	size_t count = 0;

	for (size_t i = 0; i < targets_count(targets); i++) {
		const struct rollout_target *m = targets_at(targets, i);
		bool is_together = m->wave == s->target->wave;

		if (m == s->target || m->place.group != s->target->place.group)
			continue;
		out[count++] = (struct healthy_sibling){
			.name = m->place.host->name,
			.is_in_wave = is_together,
			.verdict = is_together ? HOST_WAITING : m->verdict,
			.is_drained = is_drained(debts, m->place.host->name),
		};
	}
	return count;
}

/* Do enough others of its group serve while this one is patched? */
static int find_siblings(const struct host_run *s, struct findings *found, struct error *err)
{
	const struct rollout_request *r = s->shared->request;
	const struct group *group = s->target->place.group;
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	CLEANUP(free) struct healthy_sibling *siblings = NULL;
	char reason[HEALTHY_REASON_SIZE];

	if (!group->min_healthy)
		return 0;
	if (store_debts(r->store, r->environment->name, &debts, err) < 0)
		return -1;
	siblings = mem_new(targets_count(s->shared->targets), sizeof *siblings);

	const struct healthy_facts facts = { group->name, group->min_healthy, siblings,
		collect_siblings(s, &debts, siblings) };

	if (!healthy_is_enough(&facts, reason, sizeof reason))
		findings_add(found,
			&(struct finding){ "min-healthy", SEVERITY_ERROR, reason,
				"bring them back into service, or let the group have smaller waves" });
	return 0;
}

int host_run_examine(struct host_run *s, struct findings **out, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;

	if (hoststep_precheck(s->target->session, &s->order, &found, err) < 0 ||
		find_siblings(s, found, err) < 0)
		return -1;
	*out = STEAL(&found);
	return 0;
}

int host_run_precheck(struct host_run *s, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;

	if (host_run_examine(s, &found, err) < 0 || host_run_check_findings(s, found, err) < 0)
		return -1;
	return way_back_await(s->shared->run, s->target, err);
}
