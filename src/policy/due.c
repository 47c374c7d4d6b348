/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/due.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const verdict_names[DUE_VERDICT_COUNT] = {
	[DUE_NEVER] = "never",
	[DUE_LATER] = "later",
	[DUE_RESUME] = "resume",
	[DUE_RUN] = "run",
	[DUE_SKIPPED] = "skipped",
};

const char *due_verdict_name(enum due_verdict verdict)
{
	return verdict_names[verdict];
}

/* What a clone in each state means to the next rehearsal, and to the timetable's tidying up. */
static const struct {
	bool waits;      /* for people, when its rehearsal says so */
	bool is_passing; /* the original is being changed with it at this moment */
	bool is_loose;   /* nothing depends on it */
} clones[CLONE_COUNT] = {
	[CLONE_MAKING] = { .waits = true, .is_loose = true },
	[CLONE_MADE] = { .waits = true, .is_loose = true },
	[CLONE_RUNNING] = { .waits = true, .is_loose = true },
	[CLONE_STOPPED] = { .waits = true, .is_loose = true },
	[CLONE_ENTERING] = { .is_passing = true },
	[CLONE_SWAPPING] = { .is_passing = true },
	[CLONE_RETURNING] = { .is_passing = true },
};

static bool is_expired(const struct due_clone *c, int64_t now)
{
	return c->expires_at <= now;
}

bool due_may_remove(const struct due_clone *c, int64_t now)
{
	return clones[c->state].is_loose && c->origin == ORIGIN_DUE && !c->is_approved &&
	       is_expired(c, now) &&
	       (c->rehearsal == REHEARSAL_WAITING || c->rehearsal == REHEARSAL_FAILED);
}

static bool refuse_freeze(const struct due_facts *f, struct due_decision *out)
{
	char until[CLOCK_TEXT_SIZE];

	if (!f->freeze)
		return false;
	snprintf(out->reason, sizeof out->reason, "it falls into '%.100s', which lasts until %s",
		f->freeze, clock_format(f->freeze_until, until));
	snprintf(
		out->remedy, sizeof out->remedy, "patchline rehearse %.100s --all", f->environment);
	return true;
}

/* What went wrong there is to be looked at before anybody tries more. */
static bool refuse_hold(const struct due_facts *f, struct due_decision *out)
{
	if (!f->held)
		return false;
	snprintf(out->reason, sizeof out->reason, "%.60s is held: %.150s", f->environment, f->held);
	snprintf(out->remedy, sizeof out->remedy, "patchline lift %.100s --reason TEXT",
		f->environment);
	return true;
}

static bool refuse_unfinished(const struct due_facts *f, struct due_decision *out)
{
	if (!f->unfinished)
		return false;
	snprintf(out->reason, sizeof out->reason, "rehearsal-%" PRId64 " is not finished",
		f->unfinished);
	snprintf(out->remedy, sizeof out->remedy,
		"wait for it, or if its program died: patchline resume rehearsal-%" PRId64,
		f->unfinished);
	return true;
}

static bool refuse_clone(
	const struct due_facts *f, const struct due_clone *c, struct due_decision *out)
{
	if (clones[c->state].is_passing) {
		snprintf(out->reason, sizeof out->reason, "%.150s is %s", c->name,
			clone_state_name(c->state));
		snprintf(out->remedy, sizeof out->remedy,
			"wait for it, or if its program died: patchline resume %.150s", c->name);
		return true;
	}
	if (!clones[c->state].waits || is_expired(c, f->now))
		return false;
	if (c->rehearsal == REHEARSAL_WAITING)
		snprintf(out->reason, sizeof out->reason, "%.150s still waits %s", c->name,
			c->is_approved ? "to be taken up" : "for approval");
	else if (c->rehearsal == REHEARSAL_FAILED)
		snprintf(out->reason, sizeof out->reason,
			"%.150s failed and is kept for looking at", c->name);
	else
		return false;
	snprintf(out->remedy, sizeof out->remedy, "%s it, or: patchline clone remove %.150s",
		c->rehearsal == REHEARSAL_FAILED ? "look at"
		: c->is_approved                 ? "promote"
						 : "approve",
		c->name);
	return true;
}

static bool refuse_clones(const struct due_facts *f, struct due_decision *out)
{
	for (size_t i = 0; i < f->clone_count; i++) {
		if (refuse_clone(f, &f->clones[i], out))
			return true;
	}
	return false;
}

static bool refuse_release(const struct due_facts *f, struct due_decision *out)
{
	if (f->release)
		return false;
	snprintf(out->reason, sizeof out->reason, "nobody told which release %.100s runs",
		f->environment);
	snprintf(out->remedy, sizeof out->remedy, "patchline deployed RELEASE --to %.100s",
		f->environment);
	return true;
}

/* What stands in the way; the first one found is told. */
static bool (*const refusals[])(const struct due_facts *, struct due_decision *) = {
	refuse_freeze,
	refuse_hold,
	refuse_unfinished,
	refuse_clones,
	refuse_release,
};

static enum due_verdict judge_facts(const struct due_facts *f, struct due_decision *out)
{
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		if (refusals[i](f, out))
			return DUE_SKIPPED;
	}
	return DUE_RUN;
}

void due_decide(const struct due_facts *f, struct due_decision *out)
{
	*out = (struct due_decision){ 0 };
	if (f->unfinished && f->begun_by == ORIGIN_DUE && !f->is_alive) {
		out->verdict = DUE_RESUME;
		snprintf(out->reason, sizeof out->reason, "rehearsal-%" PRId64 " is not finished",
			f->unfinished);
		return;
	}
	if (!f->last_at || f->answered_at >= f->last_at) {
		out->verdict = f->next_at ? DUE_LATER : DUE_NEVER;
		return;
	}
	out->occurrence_at = f->last_at;
	out->verdict = judge_facts(f, out);
}
