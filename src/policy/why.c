/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/why.h"

#include "base/clock.h"
#include "base/mem.h"
#include "model/package_manager.h"

#include <inttypes.h>
#include <stdlib.h>

/* One reason: when it holds, how it is told, what to do. In the order of duty. */
struct reason {
	const char *name;
	enum why_kind kind;
	bool ends; /* nothing further down means anything while this holds */
	bool (*holds)(const struct why_facts *f);
	char *(*what)(const struct why_facts *f);
	char *(*todo)(const struct why_facts *f);
};

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Also where the words themselves say what to do. */
static char *do_nothing(const struct why_facts *f)
{
	(void)f;
	return mem_strdup("");
}

static bool is_not_configured(const struct why_facts *f)
{
	return !f->environment;
}

static char *tell_not_configured(const struct why_facts *f)
{
	return mem_printf("%s is in no group of the configuration", f->host);
}

static char *do_configure(const struct why_facts *f)
{
	return mem_printf(
		"add it to a group of an environment in patchline.yaml, or to the inventory "
		"that a group names; then: patchline scan %s",
		f->host);
}

static bool is_unreachable(const struct why_facts *f)
{
	return f->error && f->is_unreachable;
}

static char *tell_unreachable(const struct why_facts *f)
{
	return mem_printf("it cannot be reached: %s", f->error);
}

static char *do_reach(const struct why_facts *f)
{
	return mem_printf(
		"bring it back, or mend the way to it (patchline check tries every host); "
		"then: patchline scan %s",
		f->host);
}

static bool has_scan_failed(const struct why_facts *f)
{
	return f->error && !f->is_unreachable;
}

static char *tell_scan_failed(const struct why_facts *f)
{
	return mem_printf("its last scan failed: %s", f->error);
}

static char *do_scan(const struct why_facts *f)
{
	return mem_printf("patchline scan %s", f->host);
}

static bool is_never_scanned(const struct why_facts *f)
{
	return !f->scanned_at && !f->error;
}

static char *tell_never_scanned(const struct why_facts *f)
{
	return mem_printf("%s was never scanned, so nothing is known of it", f->host);
}

static bool is_broken(const struct why_facts *f)
{
	return f->broken;
}

static char *tell_broken(const struct why_facts *f)
{
	return mem_printf(
		"its packages are not consistent, so nothing is planned for it: %s", f->broken);
}

static char *do_repair(const struct why_facts *f)
{
	return mem_printf(
		"on %s: %s; then: patchline scan %s", f->host, f->packages->repair, f->host);
}

static bool is_rolling(const struct why_facts *f)
{
	return f->is_rolling;
}

static char *tell_rolling(const struct why_facts *f)
{
	return mem_printf("rollout-%lld is under way in %s", (long long)f->rollout, f->environment);
}

static char *do_look_at_rollout(const struct why_facts *f)
{
	return mem_printf("patchline show rollout-%lld", (long long)f->rollout);
}

static bool is_environment_held(const struct why_facts *f)
{
	return f->env_held && !f->is_rolling;
}

static char *tell_environment_held(const struct why_facts *f)
{
	return mem_printf("%s is held by %s: %s", f->environment, f->env_held_by, f->env_held);
}

static char *do_lift(const struct why_facts *f)
{
	return mem_printf("look at what went wrong there; then: patchline lift %s --reason TEXT",
		f->environment);
}

static bool has_failed(const struct why_facts *f)
{
	return f->rollout_failure && !f->is_rolling;
}

static char *tell_failed(const struct why_facts *f)
{
	return mem_printf(
		"rollout-%lld failed on it: %s", (long long)f->rollout, f->rollout_failure);
}

static char *do_after_failure(const struct why_facts *f)
{
	return mem_printf(
		"read patchline show rollout-%lld --log %s and mend what it says; then %s",
		(long long)f->rollout, f->host, f->way_on);
}

static bool is_at_work(const struct why_facts *f)
{
	return f->at_work && !f->is_rolling;
}

static char *tell_at_work(const struct why_facts *f)
{
	return mem_printf("it may still be at %s: nothing else is done to it until that has ended",
		f->at_work);
}

static char *do_ask(const struct why_facts *f)
{
	return mem_printf("it is asked first: %s", f->way_on);
}

static bool is_out_of_service(const struct why_facts *f)
{
	return f->drained_at && !f->is_rolling && !f->at_work;
}

static char *tell_out_of_service(const struct why_facts *f)
{
	char age[CLOCK_TEXT_SIZE];

	return mem_printf("it is out of service since %s ago: rollout-%" PRId64
			  " took its load, and it was not sound afterwards",
		clock_format_age(f->now - f->drained_at, age), f->drained_by);
}

static char *do_undrain(const struct why_facts *f)
{
	return mem_printf("put it right, then %s; or give load back by hand: patchline undrain %s",
		f->way_on, f->host);
}

static bool is_mixed(const struct why_facts *f)
{
	return f->mixed_reason && !f->rollout_failure && !f->is_rolling;
}

static char *tell_mixed(const struct why_facts *f)
{
	return mem_printf("rollout-%lld stopped before it came to %s: %s", (long long)f->rollout,
		f->host, f->mixed_reason);
}

static char *do_go_on(const struct why_facts *f)
{
	return mem_printf("see patchline show rollout-%lld, mend what failed, then %s",
		(long long)f->rollout, f->way_on);
}

static bool has_drift(const struct why_facts *f)
{
	return f->drift && !f->is_rolling;
}

static char *tell_drift(const struct why_facts *f)
{
	return mem_printf("it is not as its environment is said to be: %s", f->drift);
}

static char *do_undo_drift(const struct why_facts *f)
{
	return mem_printf(
		"take the change back on %s, or freeze it into a new set; then: patchline scan "
		"%s",
		f->host, f->host);
}

static bool is_pending_unknown(const struct why_facts *f)
{
	return f->pending_problem && f->scanned_at;
}

static char *tell_pending_unknown(const struct why_facts *f)
{
	return mem_printf("it is not known what is pending: %s", f->pending_problem);
}

static bool has_gate(const struct why_facts *f)
{
	return f->candidate && f->candidate_at && f->gate_missing;
}

static char *tell_gate(const struct why_facts *f)
{
	return mem_printf("%zu package%s wait%s in %s, which is in %s; its gate still wants: %s",
		f->pending, plural(f->pending), f->pending == 1 ? "s" : "", f->candidate,
		f->candidate_at, f->gate_missing);
}

static char *do_gate(const struct why_facts *f)
{
	return mem_printf(
		"meet the gate (patchline evidence %s), then: patchline promote %s --to %s",
		f->candidate_at, f->candidate, f->candidate_next);
}

static bool is_not_promoted(const struct why_facts *f)
{
	return f->candidate && !(f->candidate_at && f->gate_missing) && !f->is_rolling &&
	       !f->rollout_failure && !f->mixed_reason;
}

static char *tell_not_promoted(const struct why_facts *f)
{
	return mem_printf("%zu package%s wait%s in %s, which nothing keeps from entering %s",
		f->pending, plural(f->pending), f->pending == 1 ? "s" : "", f->candidate,
		f->candidate_next);
}

static char *do_promote(const struct why_facts *f)
{
	return mem_printf("patchline promote %s --to %s", f->candidate, f->candidate_next);
}

static bool has_held(const struct why_facts *f)
{
	return f->held > 0;
}

static char *tell_held(const struct why_facts *f)
{
	return mem_printf("%zu package%s with newer versions %s held on it: %s", f->held,
		plural(f->held), f->held == 1 ? "is" : "are", f->held_names);
}

static char *do_unhold(const struct why_facts *f)
{
	return mem_printf(
		"if the hold or pin has had its day: %s, or take the pin away, on %s; then patchline scan %s and freeze again",
		f->packages->unhold, f->host, f->host);
}

static bool has_halted(const struct why_facts *f)
{
	return f->halted > 0;
}

static char *tell_halted(const struct why_facts *f)
{
	return mem_printf("%zu package%s %s a newer version that its archive has halted: %s",
		f->halted, plural(f->halted), f->halted == 1 ? "has" : "have", f->halted_names);
}

static bool has_unresolved(const struct why_facts *f)
{
	return f->unresolved > 0;
}

static char *tell_unresolved(const struct why_facts *f)
{
	return mem_printf("%zu package%s cannot be brought to %s newer version%s: %s",
		f->unresolved, plural(f->unresolved), f->unresolved == 1 ? "its" : "their",
		plural(f->unresolved), f->unresolved_reason);
}

static char *do_resolve(const struct why_facts *f)
{
	return mem_printf(
		"make what is missing known to a source of its platform, or remove what stands "
		"in the way on %s; then freeze again",
		f->host);
}

static bool has_unfrozen(const struct why_facts *f)
{
	return f->unfrozen > 0;
}

static char *tell_unfrozen(const struct why_facts *f)
{
	return mem_printf("%zu pending package%s %s in no patch set: %s", f->unfrozen,
		plural(f->unfrozen), f->unfrozen == 1 ? "is" : "are", f->unfrozen_names);
}

static char *do_freeze(const struct why_facts *f)
{
	(void)f;
	return mem_strdup("patchline freeze RELEASE");
}

static bool is_scan_old(const struct why_facts *f)
{
	return f->scanned_at && f->now - f->scanned_at > WHY_SCAN_OLD;
}

static char *tell_scan_old(const struct why_facts *f)
{
	char age[CLOCK_TEXT_SIZE];

	return mem_printf(
		"what is known of it is %s old", clock_format_age(f->now - f->scanned_at, age));
}

static bool is_always(const struct why_facts *f)
{
	(void)f;
	return true;
}

static char *tell_up_to_date(const struct why_facts *f)
{
	char age[CLOCK_TEXT_SIZE];

	return mem_printf(
		"nothing is pending: every package was the newest that the sources have, %s ago",
		clock_format_age(f->now - f->scanned_at, age));
}

static const struct reason reasons[] = {
	/* clang-format off */
	{ "not-configured", WHY_NOT_CONFIGURED, true,  is_not_configured, tell_not_configured, do_configure },
	{ "unreachable",    WHY_UNREACHABLE,    false, is_unreachable,    tell_unreachable,    do_reach },
	{ "scan-failed",    WHY_SCAN_FAILED,    false, has_scan_failed,   tell_scan_failed,    do_scan },
	{ "never-scanned",  WHY_NEVER_SCANNED,  true,  is_never_scanned,  tell_never_scanned,  do_scan },
	{ "broken",         WHY_BROKEN,         false, is_broken,         tell_broken,         do_repair },
	{ "rolling",        WHY_ROLLING,        false, is_rolling,        tell_rolling,        do_look_at_rollout },
	{ "environment-held", WHY_ENVIRONMENT_HELD, false, is_environment_held, tell_environment_held, do_lift },
	{ "rollout-failed", WHY_ROLLOUT_FAILED, false, has_failed,        tell_failed,         do_after_failure },
	{ "at-work",        WHY_AT_WORK,        false, is_at_work,        tell_at_work,        do_ask },
	{ "out-of-service", WHY_OUT_OF_SERVICE, false, is_out_of_service, tell_out_of_service, do_undrain },
	{ "mixed",          WHY_MIXED,          false, is_mixed,          tell_mixed,          do_go_on },
	{ "drift",          WHY_DRIFT,          false, has_drift,         tell_drift,          do_undo_drift },
	{ "pending-unknown", WHY_PENDING_UNKNOWN, false, is_pending_unknown, tell_pending_unknown, do_nothing },
	{ "gate",           WHY_GATE,           false, has_gate,          tell_gate,           do_gate },
	{ "not-promoted",   WHY_NOT_PROMOTED,   false, is_not_promoted,   tell_not_promoted,   do_promote },
	{ "held",           WHY_HELD,           false, has_held,          tell_held,           do_unhold },
	{ "halted",         WHY_HALTED,         false, has_halted,        tell_halted,         do_nothing },
	{ "unresolved",     WHY_UNRESOLVED,     false, has_unresolved,    tell_unresolved,     do_resolve },
	{ "not-frozen",     WHY_NOT_FROZEN,     false, has_unfrozen,      tell_unfrozen,       do_freeze },
	{ "scan-old",       WHY_SCAN_OLD_KIND,  false, is_scan_old,       tell_scan_old,       do_scan },
	{ "up-to-date",     WHY_UP_TO_DATE,     true,  is_always,         tell_up_to_date,     do_nothing },
	/* clang-format on */
};

/* Told only when there is nothing else to tell. */
static bool is_only_alone(enum why_kind kind)
{
	return kind == WHY_UP_TO_DATE;
}

void why_decide(const struct why_facts *facts, struct why_answers *out)
{
	struct why_answers answers = { 0 };

	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
		const struct reason *r = &reasons[i];

		if ((answers.count && is_only_alone(r->kind)) || !r->holds(facts))
			continue;
		answers.items[answers.count++] =
			(struct why_answer){ r->kind, r->what(facts), r->todo(facts) };
		if (r->ends)
			break;
	}
	*out = answers;
}

const char *why_kind_name(enum why_kind kind)
{
	return reasons[kind].name;
}

void why_answers_done(struct why_answers *answers)
{
	for (size_t i = 0; i < answers->count; i++) {
		free(answers->items[i].what);
		free(answers->items[i].todo);
	}
	*answers = (struct why_answers){ 0 };
}
