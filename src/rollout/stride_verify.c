/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "content/repository.h"
#include "fleet/census.h"
#include "fleet/finding.h"
#include "fleet/hoststep.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/inventory.h"
#include "plan/fit.h"
#include "rollout/rollout.h"
#include "rollout/roster.h"
#include "rollout/stride_private.h"
#include "rollout/walk.h"

#include <stdlib.h>

/* The host's own list of packages against the set: what the host program found is not enough. */
static int prove_state(struct stride *s, const struct inventory *inventory, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	CLEANUP(fits_free) struct fits *fits = NULL;
	CLEANUP(set_indexes_done) struct set_indexes indexes = { 0 };
	size_t size = 0;
	const char *text = inventory_state(inventory, &size);

	if (hoststate_read(text, size, &state, err) < 0 ||
		set_indexes_open(r->config->state, r->set, &indexes, err) < 0 ||
		fits_new(r->set, (const char *const *)indexes.paths,
			(const struct hoststate *const[]){ state }, 1, &fits, err) < 0)
		return -1;
	if (fits_verdict(fits, 0) != FIT_AT_SET)
		return error_set(err, ERR_REFUSED, "not at the set: %s", fits_words(fits, 0));
	return 0;
}

int stride_verify(struct stride *s, struct error *err)
{
	const struct rollout_request *r = s->walk->request;
	CLEANUP(findings_free) struct findings *found = NULL;
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	if (hoststep_verify(s->member->session, &s->order, &found, &inventory, err) < 0 ||
		census_record(r->store, &s->member->place, inventory, r->actor, err) < 0)
		return -1;
	free(s->member->state_after);
	s->member->state_after = mem_strdup(inventory_state_digest(inventory));
	if (stride_check_findings(s, found, err) < 0)
		return -1;
	return prove_state(s, inventory, err);
}
