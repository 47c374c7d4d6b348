/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "content/pool.h"
#include "content/repository.h"
#include "content/setfile.h"
#include "model/config.h"
#include "model/patchset.h"
#include "model/patchset_diff.h"
#include "model/patchset_draft.h"
#include "pending/freeze_private.h"
#include "pending/last_seen.h"
#include "plan/plan.h"
#include "store/candidate.h"
#include "store/index.h"
#include "store/set.h"
#include "store/store.h"

#include <stdlib.h>

/* ---- what was left out, and why ---- */

static const char *const cause_words[KEPT_CAUSE_COUNT] = {
	[KEPT_HELD] = "held on",
	[KEPT_PINNED] = "pinned on",
	[KEPT_HALTED] = "halted by its archive; pending on",
	[KEPT_CONFLICT] = "does not resolve on",
	[KEPT_EXCLUDED] = "excluded by --except; pending on",
	[KEPT_NOT_ASKED] = "not asked for; pending on",
	[KEPT_NOT_SECURITY] = "not a security fix; pending on",
};

/* The same package kept for the same cause is told once, with all hosts; conflicts say why. */
struct left_out_package {
	const struct plan_kept *kept;
	size_t platform;
	struct str words;
};

static struct left_out_package *find_left_out(
	struct left_out_package *list, size_t count, size_t platform, const struct plan_kept *k)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].platform == platform && list[i].kept->version == k->version &&
			list[i].kept->cause == k->cause)
			return &list[i];
	}
	return NULL;
}

struct left_out_list {
	struct left_out_package *list;
	size_t count, capacity;
};

static void left_out_list_done_p(struct left_out_list *o)
{
	for (size_t i = 0; i < o->count; i++)
		str_done(&o->list[i].words);
	free(o->list);
}

static void note_left_out(
	struct left_out_list *o, size_t platform, const struct plan_kept *k, const char *host)
{
	struct left_out_package *known = find_left_out(o->list, o->count, platform, k);

	if (known) {
		str_addf(&known->words, ", %s", host);
		return;
	}
	o->list = mem_room(o->list, o->count, &o->capacity, sizeof *o->list);
	o->list[o->count] = (struct left_out_package){ .kept = k, .platform = platform };
	str_addf(&o->list[o->count++].words, "%s %s", cause_words[k->cause], host);
}

static void add_left_out(const struct freeze *f, struct patchset_draft *draft)
{
	CLEANUP(left_out_list_done) struct left_out_list o = { 0 };

	for (size_t i = 0; i < pending_plan_host_count(f->pending_plan); i++) {
		size_t state = pending_plan_state_of(f->pending_plan, i);

		if (state == PENDING_PLAN_NONE)
			continue;

		struct pending_plan_state s = pending_plan_state_at(f->pending_plan, state);

		for (size_t k = 0; k < plan_kept_count(s.plan); k++)
			note_left_out(&o, s.platform, plan_kept_at(s.plan, k),
				pending_plan_host_at(f->pending_plan, i)->name);
	}
	for (size_t i = 0; i < o.count; i++) {
		const struct plan_kept *k = o.list[i].kept;

		if (k->cause == KEPT_CONFLICT)
			str_addf(&o.list[i].words, ": %s", k->reason);
		patchset_draft_add_left_out(
			draft, &(struct left_out){
				       pending_plan_platform_at(f->pending_plan, o.list[i].platform)
					       .platform->name,
				       k->name, k->candidate, k->architecture,
				       str_text(&o.list[i].words) });
	}
}

static void add_unplanned(const struct freeze *f, struct patchset_draft *draft)
{
	const struct seen_host *row = NULL;

	for (size_t at = 0; (row = freeze_unplanned_next(f, &at));)
		patchset_draft_add_unplanned(draft,
			&(struct unplanned){ row->name, row->environment, last_seen_why(row) });
}

/* ---- sealing ---- */

static char *narrowing(const struct freeze_request *r)
{
	struct str words = { 0 };

	if (r->environment)
		str_addf(&words, "for=%s", r->environment->name);
	if (r->is_security_only)
		str_addf(&words, "%ssecurity-only", words.size ? " " : "");
	for (size_t i = 0; r->fixes && r->fixes[i]; i++)
		str_addf(&words, "%sfix=%s", words.size ? " " : "", r->fixes[i]);
	for (size_t i = 0; r->only && r->only[i]; i++)
		str_addf(&words, "%sonly=%s", words.size ? " " : "", r->only[i]);
	for (size_t i = 0; r->except && r->except[i]; i++)
		str_addf(&words, "%sexcept=%s", words.size ? " " : "", r->except[i]);
	return str_take(&words);
}

static int add_sources(
	struct patchset_draft *draft, const struct freeze_request *r, struct error *err)
{
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };

	if (store_indexes(r->store, NULL, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++) {
		const struct index_row *row = &rows.items[i], *before = i ? row - 1 : NULL;

		if (before && str_equal(before->source, row->source) &&
			str_equal(before->suite, row->suite))
			continue;
		patchset_draft_add_source(draft,
			&(struct set_source){ row->source, row->suite, row->inrelease_sha256 });
	}
	return 0;
}

/* Every platform that hosts have gets a repository, an empty one too: "nothing new" is an answer. */
static int add_repositories(struct patchset_draft *draft, const struct freeze *f,
	const struct pool *pool, const struct set_content *g, struct error *err)
{
	for (size_t k = 0; k < pending_plan_platform_count(f->pending_plan); k++) {
		const char *platform = pending_plan_platform_at(f->pending_plan, k).platform->name;
		struct repository_index index;
		size_t count = 0;

		CLEANUP(free)
		const struct package **mine = mem_new(g->count, sizeof(struct package *));

		for (size_t i = 0; i < g->count; i++) {
			if (f->entries[i].platform == k)
				mine[count++] = &g->packages[i];
		}
		if (repository_index(pool, platform, mine, count, &index, err) < 0)
			return -1;
		patchset_draft_add_repository(
			draft, &(struct repository){ platform, index.sha256, index.size });
	}
	return 0;
}

static int draft_set(const struct freeze *f, const struct freeze_request *r,
	const struct pool *pool, struct patchset_draft **out, struct error *err)
{
	CLEANUP(patchset_draft_free)
	struct patchset_draft *draft = patchset_draft_new(r->release, f->created_at);
	CLEANUP(set_content_done) struct set_content g = { 0 };
	CLEANUP(free) char *how = narrowing(r);

	set_content_fill(&g, f);
	patchset_draft_narrow(draft, how);
	for (size_t i = 0; i < g.count; i++)
		patchset_draft_add_package(draft, &g.packages[i]);
	add_left_out(f, draft);
	add_unplanned(f, draft);
	if (add_sources(draft, r, err) < 0 || add_repositories(draft, f, pool, &g, err) < 0)
		return -1;
	*out = STEAL(&draft);
	return 0;
}

/* ---- recording ---- */

static char *summary_json(const struct freeze *f)
{
	CLEANUP(jvalue_free) struct jvalue *summary = jvalue_object();
	size_t security = 0;

	for (size_t i = 0; i < f->count; i++)
		security += f->entries[i].frozen.is_security;
	jvalue_set_integer(summary, "security_packages", (int64_t)security);
	jvalue_set_integer(summary, "not_planned_for", (int64_t)patchset_unplanned_count(f->set));
	jvalue_set_integer(summary, "left_out", (int64_t)patchset_left_out_count(f->set));
	jvalue_set_string(summary, "narrowed_by", patchset_narrowed_by(f->set));
	return jvalue_write(summary);
}

static enum lane lane_of(const struct freeze_request *r)
{
	return r->environment ? LANE_SNAPSHOT : LANE_CODE_LINE;
}

static int record_set(struct freeze *f, const struct freeze_request *r, struct error *err)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	CLEANUP(candidate_row_done) struct candidate_row candidate = { 0 };
	CLEANUP(free) char *summary = summary_json(f);
	struct set_row row = {
		.digest = patchset_digest(f->set),
		.release = r->release,
		.package_count = (int64_t)f->count,
		.summary = summary,
	};

	const struct candidate_draft draft = { r->release, row.digest, lane_of(r) };

	for (size_t i = 0; i < f->count; i++)
		row.total_size += (int64_t)f->entries[i].frozen.size;
	if (transaction_begin(&transaction, r->store, err) < 0 ||
		store_set_add(r->store, &row, r->actor, err) < 0 ||
		store_candidate_add(r->store, &draft, r->actor, &candidate, err) < 0)
		return -1;
	f->candidate = mem_strdup(candidate.id);
	return transaction_commit(&transaction, err);
}

/* A freeze, and for whom. */
struct recording {
	struct freeze *freeze;
	const struct freeze_request *request;
};

static int record_sealed(void *context, struct error *err)
{
	const struct recording *recording = context;

	return record_set(recording->freeze, recording->request, err);
}

/* The newest candidate of the release on this lane, and its set; on the snapshot lane, one frozen in the same way. */
static int find_newest_set(const struct candidate_rows *rows, const struct freeze *f,
	const struct freeze_request *r, struct patchset **set, const char **id, struct error *err)
{
	for (size_t i = 0; i < rows->count; i++) {
		const struct candidate_row *row = &rows->items[i];
		CLEANUP(patchset_free) struct patchset *one = NULL;

		if (row->lane != lane_of(r) || !str_equal(row->release, r->release) ||
			setfile_is_cleaned(r->config->state, row->set))
			continue;
		if (setfile_open(r->config->state, row->set, &one, err) < 0)
			return -1;
		/* On the line only the newest counts: what came after it has taken its place. */
		if (row->lane == LANE_SNAPSHOT &&
			!str_equal(patchset_narrowed_by(one), patchset_narrowed_by(f->set)))
			continue;
		*set = STEAL(&one);
		*id = row->id;
		return 0;
	}
	return 0;
}

static bool has_same_unplanned(const struct patchset *a, const struct patchset *b)
{
	size_t count = patchset_unplanned_count(a);

	for (size_t i = 0; i < count; i++) {
		if (!patchset_unplanned(b, patchset_unplanned_at(a, i)->host))
			return false;
	}
	return count == patchset_unplanned_count(b);
}

/* Of two sets with the same packages: are they for the same hosts, too? */
static bool has_same_limits(const struct patchset *a, const struct patchset *b)
{
	for (size_t i = 0; i < patchset_count(a); i++) {
		const struct package *x = patchset_at(a, i), *y = patchset_at(b, i);

		if (!str_equal(x->above, y->above) || !str_equal(x->passed_by, y->passed_by) ||
			x->raises_nothing != y->raises_nothing)
			return false;
	}
	return true;
}

/* When the newest set of its kind holds just these packages, sealing it again tells nothing new. */
static int reuse(struct freeze *f, const struct freeze_request *r, struct error *err)
{
	CLEANUP(candidate_rows_done) struct candidate_rows rows = { 0 };
	CLEANUP(patchset_free) struct patchset *newest = NULL;
	CLEANUP(free) struct difference *differences = NULL;
	const char *id = NULL;

	if (store_candidates(r->store, NULL, &rows, err) < 0 ||
		find_newest_set(&rows, f, r, &newest, &id, err) < 0)
		return -1;
	if (!newest || patchset_diff(newest, f->set, &differences) ||
		patchset_left_out_count(newest) != patchset_left_out_count(f->set) ||
		!has_same_limits(newest, f->set) || !has_same_unplanned(newest, f->set) ||
		!str_equal(patchset_narrowed_by(newest), patchset_narrowed_by(f->set)))
		return 0;
	f->is_unchanged = true;
	f->candidate = mem_strdup(id);
	patchset_free(f->set);
	f->set = STEAL(&newest);
	return 0;
}

static int seal(struct freeze *f, const struct freeze_request *r, const struct pool *pool,
	struct error *err)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = NULL;
	CLEANUP(free) char *text = NULL;
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;

	if (draft_set(f, r, pool, &draft, err) < 0 ||
		patchset_seal(draft, &text, &size, digest, err) < 0 ||
		patchset_read(text, size, digest, &f->set, err) < 0 || reuse(f, r, err) < 0)
		return -1;

	const struct sealing sealing = { r->config->state, f->set, text, size };
	struct recording recording = { f, r };

	return f->is_unchanged ? 0 : repository_seal(&sealing, record_sealed, &recording, err);
}

int freeze_seal(struct freeze *f, const struct freeze_request *request, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (pool_open(request->config->state, &pool, err) < 0 ||
		freeze_fetch(f, request, pool, err) < 0 ||
		freeze_read_changelogs(f, pool, CHANGELOG_NEWS, err) < 0)
		return -1;
	freeze_note_unread(f);
	return seal(f, request, pool, err);
}
