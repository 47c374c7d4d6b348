/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/planner.h"

#include "base/error.h"
#include "base/mem.h"
#include "plan/plan_private.h"
#include "plan/planner_private.h"
#include "plan/solver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS_MAX 20

void rows_add(struct rows *r, uint32_t row)
{
	r->items = mem_room(r->items, r->count, &r->capacity, sizeof *r->items);
	r->items[r->count++] = row;
}

void rows_done(struct rows *r)
{
	free(r->items);
	*r = (struct rows){ 0 };
}

/* Mark every slot of the named packages. */
static int mark_names(
	const struct universe *u, const char *const *names, uint8_t *marks, struct error *err)
{
	for (; names && *names; names++) {
		uint32_t name = intern_find(&u->strings, *names, strlen(*names));
		bool is_known = false;

		for (uint32_t arch = 0; arch < u->architectures.count; arch++) {
			uint32_t key[2] = { name, arch };
			uint32_t slot = intern_find(&u->slots, key, sizeof key);

			if (slot == INTERN_NONE)
				continue;
			marks[slot] = true;
			is_known = true;
		}
		if (!is_known)
			return error_set(err, ERR_USAGE,
				"no source and no host knows a package '%s'", *names);
	}
	return 0;
}

/*
 * As apt chooses: the highest priority wins, then the newest; what is older than what is installed (UNIVERSE_NONE: nothing)
 * does not count, and what is installed has PRIORITY_INSTALLED at least.
 */
static bool is_for(const struct universe *u, uint32_t row, uint32_t installed)
{
	const struct row *r = row_at(u, row);
	bool is_new = installed == UNIVERSE_NONE;
	struct span span = u->slot_spans[r->slot];

	if (!is_new && (!is_newer(u, row, installed) || r->priority < PRIORITY_INSTALLED))
		return false;
	if (r->above != INTERN_NONE &&
		(is_new || version_compare(u->order, intern_at(&u->strings, r->above),
				   universe_at(u, installed).version) >= 0))
		return false;
	for (uint32_t at = span.at; at < span.at + span.count; at++) {
		const struct row *w = row_at(u, u->slot_rows[at]);

		if (row_is_open(w) && w->priority > r->priority &&
			(is_new || w->rank >= row_at(u, installed)->rank))
			return false;
	}
	return true;
}

/* What is best for a slot where that is installed. */
static void find_newest(struct planner *p, uint32_t slot, uint32_t installed)
{
	const struct universe *u = p->u;
	struct span span = u->slot_spans[slot];

	p->newest[slot] = p->wanted[slot] = UNIVERSE_NONE;
	for (uint32_t at = span.at + span.count; at > span.at; at--) {
		uint32_t row = u->slot_rows[at - 1];
		const struct row *r = row_at(u, row);

		if (!row_is_open(r) || (p->is_pinned && !p->is_pinned[row]) ||
			(!p->is_plain[slot] && !is_for(u, row, installed)))
			continue;
		p->newest[slot] = row;
		if (!p->is_security_only || r->is_security)
			p->wanted[slot] = row;
	}
}

static bool slot_is_plain(const struct universe *u, uint32_t slot)
{
	struct span span = u->slot_spans[slot];
	int priority = 0;

	for (uint32_t at = span.at; at < span.at + span.count; at++) {
		const struct row *r = row_at(u, u->slot_rows[at]);

		if (r->feed == FEED_NONE)
			continue;
		if (!r->phase || r->priority < PRIORITY_INSTALLED || r->above != INTERN_NONE ||
			(priority && priority != r->priority))
			return false;
		priority = r->priority;
	}
	return true;
}

/* The newest version of each slot that a feed, and the pinned set if there is one, has; of a host that has none of it. */
static void find_all_newest(struct planner *p, const struct plan_options *o)
{
	const struct universe *u = p->u;

	p->is_security_only = o->is_security_only;
	p->is_pinned = o->pinned ? mem_new(u->count, 1) : NULL;
	for (size_t i = 0; o->pinned && i < o->pinned_count; i++) {
		assert(o->pinned[i] < u->count);
		p->is_pinned[o->pinned[i]] = true;
	}
	for (uint32_t slot = 0; slot < u->slots.count; slot++) {
		p->is_plain[slot] = slot_is_plain(u, slot);
		find_newest(p, slot, UNIVERSE_NONE);
	}
}

int planner_new(const struct universe *u, const struct plan_options *options, struct planner **out,
	struct error *err)
{
	static const struct plan_options everything = { 0 };
	const struct plan_options *o = options ? options : &everything;
	CLEANUP(planner_free) struct planner *p = mem_new(1, sizeof *p);
	size_t slots = u->slots.count;

	p->u = u;
	p->newest = mem_new(slots, sizeof *p->newest);
	p->wanted = mem_new(slots, sizeof *p->wanted);
	p->is_plain = mem_new(slots, 1);
	p->excluded = mem_new(slots, 1);
	p->asked = mem_new(slots, 1);
	p->chosen = mem_new(slots, sizeof *p->chosen);
	p->seat_of = mem_new(slots, sizeof *p->seat_of);
	memset(p->chosen, 0xff, slots * sizeof *p->chosen);
	memset(p->seat_of, 0xff, slots * sizeof *p->seat_of);
	if (!o->only)
		memset(p->asked, true, slots);
	if (mark_names(u, o->only, p->asked, err) < 0 ||
		mark_names(u, o->except, p->excluded, err) < 0)
		return -1;
	find_all_newest(p, o);
	*out = STEAL(&p);
	return 0;
}

bool planner_may_install(const struct planner *p, uint32_t row)
{
	const struct row *r = row_at(p->u, row);
	uint32_t seat = p->seat_of[r->slot];

	if ((row != p->newest[r->slot] && row != p->wanted[r->slot]) || p->excluded[r->slot])
		return false;
	if (!(p->architectures & (uint32_t)1 << r->arch))
		return false;
	return seat == UNIVERSE_NONE ||
	       (!p->seats[seat].is_fixed && is_newer(p->u, row, p->seats[seat].row));
}

void planner_choose(struct planner *p, uint32_t row)
{
	uint32_t slot = row_at(p->u, row)->slot;

	if (p->seat_of[slot] == UNIVERSE_NONE)
		rows_add(&p->added, row);
	p->chosen[slot] = row;
}

void planner_reset(struct planner *p)
{
	for (size_t i = 0; i < p->added.count; i++)
		p->chosen[row_at(p->u, p->added.items[i])->slot] = UNIVERSE_NONE;
	p->added.count = 0;
	for (size_t i = 0; i < p->seat_count; i++)
		p->chosen[p->seats[i].slot] = p->seats[i].row;
}

/* Take the state off the table. */
static void clear(struct planner *p)
{
	planner_reset(p);
	for (size_t i = 0; i < p->seat_count; i++) {
		p->chosen[p->seats[i].slot] = UNIVERSE_NONE;
		p->seat_of[p->seats[i].slot] = UNIVERSE_NONE;
		if (!p->is_plain[p->seats[i].slot])
			find_newest(p, p->seats[i].slot, UNIVERSE_NONE);
	}
	p->seat_count = 0;
}

static void take_architectures(struct planner *p, const struct hoststate *state)
{
	p->architectures = 1 << NATIVE;
	for (const char *const *name = hoststate_architectures(state); *name; name++) {
		uint32_t arch = intern_find(&p->u->architectures, *name, strlen(*name));

		if (arch != INTERN_NONE)
			p->architectures |= (uint32_t)1 << arch;
	}
}

static int take_seat(
	struct planner *p, const struct installed *package, uint32_t row, struct error *err)
{
	uint32_t slot = row_at(p->u, row)->slot, wanted;
	struct seat seat = { .package = package, .slot = slot, .row = row };

	if (p->seat_of[slot] != UNIVERSE_NONE)
		return error_set(err, ERR_CORRUPT, "the host has '%s' twice", package->name);
	if (!p->is_plain[slot])
		find_newest(p, slot, row);
	wanted = p->wanted[slot];
	seat.is_fixed = package->is_held || package->is_pinned || p->excluded[slot];
	seat.wanted = UNIVERSE_NONE;
	if (wanted != UNIVERSE_NONE && p->asked[slot] && !seat.is_fixed &&
		is_newer(p->u, wanted, row))
		seat.wanted = wanted;
	p->seats = mem_room(p->seats, p->seat_count, &p->seat_capacity, sizeof *p->seats);
	p->seat_of[slot] = (uint32_t)p->seat_count;
	p->seats[p->seat_count++] = seat;
	return 0;
}

static int take_state(struct planner *p, const struct hoststate *state, struct error *err)
{
	const uint32_t *rows = universe_rows(p->u, state);

	if (!rows)
		return error_set(err, ERR_USAGE, "the state %.12s was not added to the universe",
			hoststate_digest(state));
	take_architectures(p, state);
	for (size_t i = 0; i < hoststate_count(state); i++) {
		if (take_seat(p, hoststate_at(state, i), rows[i], err) < 0)
			return -1;
	}
	planner_reset(p);
	return 0;
}

/* What the host has wrong before anything is done to it. */
static void find_problems(const struct planner *p, struct plan *plan)
{
	struct breach breaches[PROBLEMS_MAX];
	size_t count = verifier_check(p, breaches, PROBLEMS_MAX);

	for (size_t i = 0; i < p->seat_count; i++) {
		const struct installed *package = p->seats[i].package;

		if (package->is_broken)
			plan_add_problem(plan, mem_printf("%s %s is installed only in part",
						       package->name, package->version));
	}
	for (size_t i = 0; i < count; i++)
		plan_add_problem(plan, explain_breach(p, &breaches[i]));
}

static bool wants_anything(const struct planner *p)
{
	for (size_t i = 0; i < p->seat_count; i++) {
		if (p->seats[i].wanted != UNIVERSE_NONE)
			return true;
	}
	return false;
}

static void tell_change(
	const struct planner *p, const struct seat *seat, uint32_t row, struct plan *plan)
{
	struct known k = universe_at(p->u, row);

	plan_add_change(plan, &(struct plan_change){
				      .name = k.name,
				      .architecture = k.architecture,
				      .from = seat ? universe_at(p->u, seat->row).version : "",
				      .to = k.version,
				      .version = row,
				      .is_new = !seat,
				      .is_essential = seat && seat->package->is_essential,
			      });
}

/* The newest version that its archive has halted, and that is newer than what the seat has. */
static uint32_t find_halted(const struct planner *p, const struct seat *seat)
{
	struct span span = p->u->slot_spans[seat->slot];

	for (uint32_t at = span.at; at < span.at + span.count; at++) {
		uint32_t row = p->u->slot_rows[at];

		if (!is_newer(p->u, row, seat->row))
			break;
		if (row_at(p->u, row)->feed != FEED_NONE && !row_at(p->u, row)->phase &&
			(!p->is_pinned || p->is_pinned[row]))
			return row;
	}
	return UNIVERSE_NONE;
}

/* Why a package with a newer version stays; false when there is nothing to tell. */
static bool find_cause(const struct planner *p, const struct seat *seat, enum plan_cause *cause)
{
	uint32_t newest = p->newest[seat->slot], wanted = p->wanted[seat->slot];

	if (newest == UNIVERSE_NONE || !is_newer(p->u, newest, seat->row)) {
		*cause = KEPT_HALTED;
		return !p->is_plain[seat->slot] && find_halted(p, seat) != UNIVERSE_NONE;
	}
	if (p->excluded[seat->slot])
		*cause = KEPT_EXCLUDED;
	else if (!p->asked[seat->slot])
		*cause = KEPT_NOT_ASKED;
	else if (wanted == UNIVERSE_NONE || !is_newer(p->u, wanted, seat->row))
		*cause = KEPT_NOT_SECURITY;
	else
		*cause = seat->package->is_held     ? KEPT_HELD
			 : seat->package->is_pinned ? KEPT_PINNED
						    : KEPT_CONFLICT;
	return true;
}

static void tell_kept(
	const struct planner *p, const struct seat *seat, const char *conflict, struct plan *plan)
{
	static const char *const some_reasons[KEPT_CAUSE_COUNT] = {
		[KEPT_HELD] = "held on this host",
		[KEPT_PINNED] = "pinned on this host",
		[KEPT_HALTED] = "halted by its archive",
		[KEPT_EXCLUDED] = "excluded",
		[KEPT_NOT_ASKED] = "not asked for",
		[KEPT_NOT_SECURITY] = "newer, but not a security update",
	};
	enum plan_cause cause = KEPT_CAUSE_COUNT;

	if (!find_cause(p, seat, &cause))
		return;

	bool is_asked = cause == KEPT_HELD || cause == KEPT_PINNED || cause == KEPT_CONFLICT;
	uint32_t row = cause == KEPT_HALTED ? find_halted(p, seat)
		       : is_asked           ? p->wanted[seat->slot]
					    : p->newest[seat->slot];
	struct known installed = universe_at(p->u, seat->row), k = universe_at(p->u, row);

	plan_add_kept(
		plan, &(struct plan_kept){
			      .name = installed.name,
			      .architecture = installed.architecture,
			      .installed = installed.version,
			      .candidate = k.version,
			      .version = row,
			      .cause = cause,
			      .reason = cause == KEPT_CONFLICT ? conflict : some_reasons[cause],
		      });
}

/* The plain way first; what it cannot settle is the solver's. *reasons: by seat, NULL without solver. */
static int choose_versions(struct planner *p, struct plan *plan, char ***reasons, struct error *err)
{
	struct breach breach;

	if (!wants_anything(p))
		return 0;
	if (direct_choose(p) && verifier_check(p, &breach, 1) == 0)
		return 0;
	planner_reset(p);
	plan->is_solved = true;
	*reasons = mem_new(p->seat_count + 1, sizeof **reasons);
	solver_choose(p, *reasons);
	if (verifier_check(p, &breach, 1) != 0) {
		CLEANUP(free) char *text = explain_breach(p, &breach);

		return error_set(err, ERR_CORRUPT, "the solver's answer does not hold: %s", text);
	}
	return 0;
}

static void tell(const struct planner *p, char *const *reasons, struct plan *plan)
{
	for (size_t i = 0; i < p->seat_count; i++) {
		const struct seat *seat = &p->seats[i];
		uint32_t row = p->chosen[seat->slot];

		if (row != seat->row)
			tell_change(p, seat, row, plan);
		else
			tell_kept(p, seat, reasons && reasons[i] ? reasons[i] : "", plan);
	}
	for (size_t i = 0; i < p->added.count; i++)
		tell_change(p, NULL, p->added.items[i], plan);
	plan_finish(plan);
}

static int make(struct planner *p, struct plan *plan, struct error *err)
{
	char **reasons = NULL;

	find_problems(p, plan);
	if (plan->problem_count) {
		plan_finish(plan);
		return 0;
	}

	int result = choose_versions(p, plan, &reasons, err);

	if (result == 0)
		tell(p, reasons, plan);
	for (size_t i = 0; reasons && i < p->seat_count; i++)
		free(reasons[i]);
	free(reasons);
	return result;
}

int planner_plan(
	struct planner *p, const struct hoststate *state, struct plan **out, struct error *err)
{
	CLEANUP(plan_free) struct plan *plan = mem_new(1, sizeof *plan);
	int result = take_state(p, state, err);

	if (result == 0)
		result = make(p, plan, err);
	clear(p);
	if (result == 0)
		*out = STEAL(&plan);
	return result;
}

void planner_free(struct planner *p)
{
	if (!p)
		return;
	free(p->newest);
	free(p->wanted);
	free(p->is_pinned);
	free(p->is_plain);
	free(p->excluded);
	free(p->asked);
	free(p->chosen);
	free(p->seat_of);
	free(p->seats);
	rows_done(&p->added);
	free(p);
}
