/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "content/repository.h"
#include "fleet/environment_scan.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "plan/compliance.h"
#include "rollout/host_run.h"
#include "rollout/host_run_private.h"
#include "rollout/rollout.h"
#include "rollout/targets.h"

#include <stdlib.h>

/* The host's own list of packages against the set: what the host program found is not enough. */
static int prove_state(struct host_run *s, const struct inventory *inventory, struct error *err)
{
	const struct rollout_request *r = s->shared->request;
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	CLEANUP(compliances_free) struct compliances *compliances = NULL;
	CLEANUP(set_indexes_done) struct set_indexes indexes = { 0 };
	size_t size = 0;
	const char *text = inventory_state(inventory, &size);

	if (hoststate_read(text, size, &state, err) < 0 ||
		set_indexes_open(r->config->state, r->set, &indexes, err) < 0 ||
		compliances_new(r->set, (const char *const *)indexes.paths,
			(const struct hoststate *const[]){ state }, 1, &compliances, err) < 0)
		return -1;
	if (compliances_verdict(compliances, 0) != COMPLIANCE_AT_SET)
		return error_set(
			err, ERR_REFUSED, "not at the set: %s", compliances_words(compliances, 0));
	return 0;
}

int host_run_verify(struct host_run *s, struct error *err)
{
	const struct rollout_request *r = s->shared->request;
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	if (hoststep_verify(s->target->session, &s->order, &found, &inventory, err) < 0 ||
		environment_scan_record(r->store, &s->target->place, inventory, r->actor, err) < 0)
		return -1;
	free(s->target->state_after);
	s->target->state_after = mem_strdup(inventory_state_digest(inventory));
	if (host_run_check_findings(s, found, err) < 0)
		return -1;
	return prove_state(s, inventory, err);
}
