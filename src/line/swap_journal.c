/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/original.h"
#include "line/swap_private.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>

/* ---- marks ---- */

static struct jvalue *batches_json(const struct batches *batches)
{
	struct jvalue *list = jvalue_array();

	for (size_t i = 0; i < batches->count; i++) {
		struct jvalue *one = jvalue_object(), *hosts = jvalue_array();

		for (size_t k = 0; k < batches->items[i].count; k++)
			jvalue_add_string(hosts, batches->items[i].hosts[k]);
		jvalue_set(one, "hosts", hosts);
		jvalue_set_bool(one, "interrupts", batches->items[i].interrupts);
		jvalue_add(list, one);
	}
	return list;
}

struct jvalue *swap_mark_json(const struct swap_mark *mark)
{
	struct jvalue *out = jvalue_object();
	struct jvalue *groups = jvalue_array();

	for (const char **group = mark->groups; group && *group; group++)
		jvalue_add_string(groups, *group);
	jvalue_set(out, "groups", groups);
	if (mark->batches.count)
		jvalue_set(out, "batches", batches_json(&mark->batches));
	jvalue_set_string(out, "status", environment_status_name(mark->status));
	jvalue_set_string(out, "set", mark->set);
	jvalue_set_string(out, "reason", mark->reason ? mark->reason : "");
	jvalue_set_bool(out, "asked", mark->is_asked);
	return out;
}

/* Names ended by NULL: the list is the caller's, the names are the JSON's. */
static const char **read_names(const struct jvalue *list)
{
	const char **names = mem_new(jvalue_count(list) + 1, sizeof *names);

	for (size_t i = 0; i < jvalue_count(list); i++)
		names[i] = jvalue_text(jvalue_at(list, i));
	return names;
}

static void read_batches(const struct jvalue *list, struct batches *out)
{
	out->items = mem_new(jvalue_count(list), sizeof *out->items);
	for (; out->count < jvalue_count(list); out->count++) {
		const struct jvalue *one = jvalue_at(list, out->count);
		const struct jvalue *hosts = jvalue_get(one, "hosts");

		out->items[out->count] = (struct batch){
			.hosts = read_names(hosts),
			.count = jvalue_count(hosts),
			.interrupts = jvalue_bool(one, "interrupts", false),
		};
	}
}

static int read_mark(const struct clone_action_row *row, struct swap_mark *out, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *json = NULL;
	struct swap_mark mark = { .seq = row->seq };

	if (jvalue_parse(row->details, strlen(row->details), &json, err) < 0 ||
		!jvalue_string(json, "status") ||
		!environment_status_from_name(jvalue_string(json, "status"), &mark.status))
		return error_set(err, ERR_CORRUPT, "entry %lld of the journal of '%s' is damaged",
			(long long)row->seq, row->clone);
	mark.groups = read_names(jvalue_get(json, "groups"));
	read_batches(jvalue_get(json, "batches"), &mark.batches);
	mark.set = mem_strdup(jvalue_string(json, "set"));
	mark.reason = mem_strdup(jvalue_string(json, "reason"));
	mark.is_asked = jvalue_bool(json, "asked", false);
	mark.json = STEAL(&json);
	*out = mark;
	return 0;
}

int swap_mark_find(struct store *store, const char *clone, const char *kind, struct swap_mark *out,
	struct error *err)
{
	CLEANUP(clone_action_rows_done) struct clone_action_rows rows = { 0 };

	if (store_clone_actions(store, clone, &rows, err) < 0)
		return -1;
	for (size_t i = rows.count; i > 0; i--) {
		const struct clone_action_row *row = &rows.items[i - 1];

		if (row->state == CLONE_ACTION_DONE && str_equal(row->action, kind))
			return read_mark(row, out, err);
	}
	*out = (struct swap_mark){ 0 };
	return 0;
}

void swap_mark_done(struct swap_mark *mark)
{
	free(mark->groups);
	batches_done(&mark->batches);
	jvalue_free(mark->json);
	free(mark->set);
	free(mark->reason);
	*mark = (struct swap_mark){ 0 };
}

static bool is_of_group(const struct group *group, const char *sentence)
{
	for (size_t i = 0; i < group->host_count; i++) {
		size_t size = strlen(group->hosts[i].name);

		if (str_starts(sentence, group->hosts[i].name) &&
			strncmp(sentence + size, ": ", 2) == 0)
			return true;
	}
	return false;
}

static bool is_swapped_in(
	const struct swap_mark *mark, const struct environment *original, const char *sentence)
{
	for (const char **name = mark->groups; name && *name; name++) {
		const struct group *group = environment_group(original, *name);

		if (group && is_of_group(group, sentence))
			return true;
	}
	return false;
}

int swap_leave_out(struct store *store, const struct environment *clone, struct differences *list,
	struct error *err)
{
	CLEANUP(swap_mark_done) struct swap_mark mark = { 0 };
	size_t kept = 0;

	if (swap_mark_find(store, clone->name, SWAP_MARK, &mark, err) < 0)
		return -1;
	for (size_t i = 0; i < list->count; i++) {
		if (is_swapped_in(&mark, clone->original, list->items[i]))
			free(list->items[i]);
		else
			list->items[kept++] = list->items[i];
	}
	list->count = kept;
	return 0;
}

/* ---- what was done ---- */

int swap_read_journal(struct swap *s, struct error *err)
{
	struct clone_action_rows rows = { 0 };

	if (store_clone_actions(s->request->store, s->request->clone->name, &rows, err) < 0)
		return -1;
	clone_action_rows_done(&s->journal);
	s->journal = rows;
	return 0;
}

char *swap_target(size_t batch)
{
	return mem_printf("batch-%zu", batch + 1);
}

static bool has(const struct swap *s, int64_t after, const char *action, const char *target,
	bool wants_done)
{
	for (size_t i = 0; i < s->journal.count; i++) {
		const struct clone_action_row *row = &s->journal.items[i];

		if (row->seq > after && str_equal(row->action, action) &&
			str_equal(row->target, target) &&
			(!wants_done || row->state == CLONE_ACTION_DONE))
			return true;
	}
	return false;
}

bool swap_has_done(const struct swap *s, int64_t after, const char *action, const char *target)
{
	return has(s, after, action, target, true);
}

bool swap_has_begun(const struct swap *s, int64_t after, const char *action, const char *target)
{
	return has(s, after, action, target, false);
}

/* ---- how long ---- */

/* The moment that an act wrote down; one that was cut short left only when it began. */
static int64_t moment(const struct clone_action_row *row)
{
	CLEANUP(jvalue_free) struct jvalue *json = NULL;
	struct error ignored = { 0 };

	if (jvalue_parse(row->details, strlen(row->details), &json, &ignored) < 0)
		return row->started_at * 1000;
	return jvalue_integer(json, "at_ms", row->started_at * 1000);
}

/* A batch is out of service from when its machines are stopped until they answer. */
static int64_t measure_batch(const struct swap *s, const char *target, int64_t after)
{
	int64_t since = 0, sum = 0;

	for (size_t i = 0; i < s->journal.count; i++) {
		const struct clone_action_row *row = &s->journal.items[i];
		bool is_answer = str_equal(row->action, "answer");

		if (row->seq <= after || !str_equal(row->target, target))
			continue;
		if (!since && str_starts(row->action, "stop-"))
			since = moment(row);
		if (since && is_answer && row->state == CLONE_ACTION_DONE) {
			sum += moment(row) - since;
			since = 0;
		}
	}
	return sum;
}

void swap_measure(struct swap *s, int64_t after)
{
	s->summary.downtime_ms = 0;
	s->summary.longest_ms = 0;
	for (size_t i = 0; i < s->mark.batches.count; i++) {
		CLEANUP(free) char *target = swap_target(i);
		int64_t out = measure_batch(s, target, after);

		if (s->mark.batches.items[i].interrupts)
			s->summary.downtime_ms += out;
		if (out > s->summary.longest_ms)
			s->summary.longest_ms = out;
	}
}
