/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/entry.h"

#include "base/error.h"
#include "base/str.h"
#include "gate/admission.h"
#include "gate/hold.h"
#include "model/config.h"
#include "store/candidate.h"

int entry_check_lifted(const struct admission *asked, const struct candidate_row *candidate,
	const char *actor, const char *release, struct error *err)
{
	const struct environment *e = asked->target;

	if (candidate->lane == LANE_SNAPSHOT && !e->original)
		return error_set(err, ERR_REFUSED,
			"candidate %s is of the snapshot lane: it enters '%s' through a clone on which it was "
			"approved, by 'patchline promote %s/clone-N --patch-original'",
			candidate->id, e->name, e->name);
	if (candidate->closed_at)
		return error_set(err, ERR_REFUSED, "candidate %s was closed: %s", candidate->id,
			candidate->closed_reason ? candidate->closed_reason : "no reason told");
	if (admission_check(asked, actor, err) < 0)
		return -1;
	if (e->order == ORDER_CODE_FIRST && !str_equal(release, candidate->release))
		return error_set(err, ERR_WAITING,
			"'%s' takes the code first, and runs release %s: deploy %s there, then 'patchline deployed "
			"%s --to %s' brings the patches",
			e->name, release ? release : "unknown", candidate->release,
			candidate->release, e->name);
	return 0;
}

int entry_check(const struct admission *asked, const struct candidate_row *candidate,
	const char *actor, const char *release, struct error *err)
{
	if (hold_check(asked->store, asked->target, err) < 0)
		return -1;
	return entry_check_lifted(asked, candidate, actor, release, err);
}
