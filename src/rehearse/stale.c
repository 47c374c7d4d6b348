/* SPDX-License-Identifier: Apache-2.0 */
#include "rehearse/stale.h"

#include "base/error.h"
#include "base/jvalue.h"
#include "base/str.h"
#include "clone/original.h"
#include "clone/swap_mark.h"
#include "model/config.h"
#include "rehearse/fingerprint.h"
#include "store/clone.h"
#include "store/event.h"

#define WORDS_MAX 500 /* of an error's text that differences may take */

/* Hosts that the last swap of this clone put into the places of their originals are not compared. */
static int leave_swapped_out(struct store *store, const struct environment *clone,
	struct original *then, struct original *now, struct error *err)
{
	CLEANUP(swap_mark_done) struct swap_mark mark = { 0 };

	if (swap_mark_find(store, clone->name, SWAP_MARK, &mark, err) < 0)
		return -1;
	for (const char **name = mark.groups; name && *name; name++) {
		const struct group *group = environment_group(clone->original, *name);

		for (size_t i = 0; group && i < group->host_count; i++) {
			original_drop_host(then, group->hosts[i].name);
			original_drop_host(now, group->hosts[i].name);
		}
	}
	return 0;
}

/* Every difference between the original's hosts now and the fingerprint of the clone. Untouched on failure. */
static int stale_find(const struct config *config, struct store *store,
	const struct environment *clone, const char *actor, struct differences *out,
	struct error *err)
{
	CLEANUP(clone_row_done) struct clone_row row = { 0 };
	CLEANUP(original_free) struct original *then = NULL;
	CLEANUP(original_free) struct original *now = NULL;
	CLEANUP(differences_done) struct differences found = { 0 };

	if (clone->is_orphan)
		return error_set(err, ERR_REFUSED, "the original of '%s' is no longer in %s",
			clone->name, config->path);
	if (store_clone_find(store, clone->name, &row, err) < 0 ||
		original_read(row.original, &then, err) < 0 ||
		fingerprint_take(config, store, clone->original, actor, &now, err) < 0 ||
		(row.state == CLONE_SWAPPED &&
			leave_swapped_out(store, clone, then, now, err) < 0) ||
		original_compare(store, then, now, &found, err) < 0)
		return error_wrap(
			err, "comparing '%s' with what was cloned", clone->original->name);
	*out = STEAL(&found);
	return 0;
}

static int tell_stale(struct store *store, const struct environment *clone, const char *actor,
	const struct differences *found, struct error *err)
{
	CLEANUP(jvalue_free) struct jvalue *payload = jvalue_object();
	struct jvalue *list = jvalue_array();
	struct event_draft event = { actor, "clone.stale", SUBJECT_CLONE, clone->name, payload };

	for (size_t i = 0; i < found->count; i++)
		jvalue_add_string(list, found->items[i]);
	jvalue_set(payload, "differences", list);
	return store_event_add(store, &event, err);
}

static int stale_refuse(
	const struct environment *clone, const struct differences *found, struct error *err)
{
	CLEANUP(str_done) struct str words = { 0 };
	size_t told = 0;

	for (; told < found->count && words.size < WORDS_MAX; told++)
		str_addf(&words, "%s%s", told ? "; " : "", found->items[told]);
	if (told < found->count)
		str_addf(&words, "; and %zu more ('patchline log --subject %s' has all)",
			found->count - told, clone->name);
	return error_set(err, ERR_REFUSED,
		"what was seen on %s no longer speaks for '%s', which has changed since it was cloned "
		"(rehearse it anew): %s",
		clone->name, clone->original->name, str_text(&words));
}

int stale_check(const struct config *config, struct store *store, const struct environment *clone,
	const char *actor, bool leaves_trace, struct error *err)
{
	CLEANUP(differences_done) struct differences found = { 0 };

	if (stale_find(config, store, clone, actor, &found, err) < 0)
		return -1;
	if (!found.count)
		return 0;
	if (leaves_trace && tell_stale(store, clone, actor, &found, err) < 0)
		return -1;
	return stale_refuse(clone, &found, err);
}
