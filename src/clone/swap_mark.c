/* SPDX-License-Identifier: Apache-2.0 */
#include "clone/swap_mark.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "store/clone.h"

#include <stdlib.h>
#include <string.h>

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
	int status = -1;

	if (jvalue_parse(row->details, strlen(row->details), &json, err) == 0)
		status = names_find(&environment_status_names, jvalue_string(json, "status"));
	if (status < 0)
		return error_set(err, ERR_CORRUPT, "entry %lld of the journal of '%s' is damaged",
			(long long)row->seq, row->clone);
	mark.status = (enum environment_status)status;
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
