/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "model/config.h"
#include "policy/healthy.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"
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
static size_t collect_mates(
	const struct stride *s, const struct debt_rows *debts, struct healthy_mate *out)
{
	struct roster *roster = s->walk->roster;
	size_t count = 0;

	for (size_t i = 0; i < roster_count(roster); i++) {
		const struct member *m = roster_at(roster, i);
		bool is_together = m->wave == s->member->wave;

		if (m == s->member || m->place.group != s->member->place.group)
			continue;
		out[count++] = (struct healthy_mate){
			.name = m->place.host->name,
			.is_in_wave = is_together,
			.verdict = is_together ? HOST_WAITING : m->verdict,
			.is_drained = is_drained(debts, m->place.host->name),
		};
	}
	return count;
}

/* Do enough others of its group serve while this one is patched? */
static int find_mates(const struct stride *s, struct findings *found, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	const struct group *group = s->member->place.group;
	CLEANUP(debt_rows_done) struct debt_rows debts = { 0 };
	CLEANUP(free) struct healthy_mate *mates = NULL;
	char reason[HEALTHY_REASON_SIZE];

	if (!group->min_healthy)
		return 0;
	if (store_debts(r->store, r->environment->name, &debts, err) < 0)
		return -1;
	mates = mem_new(roster_count(s->walk->roster), sizeof *mates);

	const struct healthy_facts facts = { group->name, group->min_healthy, mates,
		collect_mates(s, &debts, mates) };

	if (!healthy_is_enough(&facts, reason, sizeof reason))
		findings_add(found,
			&(struct finding){ "min-healthy", SEVERITY_ERROR, reason,
				"bring them back into service, or let the group have smaller waves" });
	return 0;
}

int stride_examine(struct stride *s, struct findings **out, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;

	if (hoststep_precheck(s->member->session, &s->order, &found, err) < 0 ||
		find_mates(s, found, err) < 0)
		return -1;
	*out = STEAL(&found);
	return 0;
}

int stride_precheck(struct stride *s, struct error *err)
{
	CLEANUP(findings_free) struct findings *found = NULL;

	if (stride_examine(s, &found, err) < 0)
		return -1;
	return stride_check_findings(s, found, err);
}
