/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "rehearse/cloning_private.h"
#include "rehearse/quiesce.h"

#include <stdlib.h>
#include <string.h>

#define QUIESCE_GRACE_MS                                                                           \
	INT64_C(600000) /* past the provider's own limit, for the commands to end */

static int copies_take(void *context, struct error *err)
{
	struct making *m = context;

	return clone_take(m->clone, err);
}

static int quiesce_note_begin(struct making *m, int64_t *seqs, struct error *err)
{
	for (size_t i = 0; i < m->scan.count; i++) {
		const struct place *p = &m->scan.places[i];

		if (*p->group->quiesce &&
			clone_action_begin(m->clone, "quiesce", p->host->name, &seqs[i], err) < 0)
			return -1;
	}
	return 0;
}

static const struct quiesced *find_quiesced(
	const struct quiesced_list *list, const struct host *host)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].host == host)
			return &list->items[i];
	}
	return NULL;
}

/* cause: NULL when all held; else why not. */
static int quiesce_note_end(struct making *m, const int64_t *seqs, const struct quiesced_list *list,
	const struct error *cause, struct error *err)
{
	for (size_t i = 0; i < m->scan.count; i++) {
		const struct host *host = m->scan.places[i].host;
		const struct quiesced *q = find_quiesced(list, host);
		CLEANUP(clone_trace_done) struct clone_trace trace = { 0 };

		if (!seqs[i])
			continue;
		if (q && clone_keep_input(m->clone, host->name, q->output, err) < 0)
			return -1;
		trace.details = jvalue_object();
		jvalue_set_integer(trace.details, "held_ms", q ? q->held_ms : 0);
		jvalue_set_integer(
			trace.details, "printed_bytes", q ? (int64_t)strlen(q->output) : 0);
		if (clone_action_end(m->clone, seqs[i], cause, &trace, err) < 0)
			return -1;
	}
	return 0;
}

static int take_quiesced(struct making *m, struct error *err)
{
	const struct cloning *k = m->cloning;
	const struct provider *p = config_provider(k->config, clone_row_of(m->clone)->provider);
	CLEANUP(quiesced_list_done) struct quiesced_list list = { 0 };
	CLEANUP(free) int64_t *seqs = mem_new(m->scan.count, sizeof *seqs);
	const struct quiesce_request request = {
		.config = k->config,
		.scan = &m->scan,
		.limit_ms = p->timeout * 1000 + QUIESCE_GRACE_MS,
		.act = copies_take,
		.context = m,
	};
	struct error ignored;

	if (quiesce_note_begin(m, seqs, err) < 0)
		return -1;
	if (quiesce_around(&request, &list, err) < 0) {
		(void)!quiesce_note_end(m, seqs, &list, err, &ignored);
		return -1;
	}
	return quiesce_note_end(m, seqs, &list, NULL, err);
}

bool cloning_is_copied(struct making *m)
{
	if (str_equal(clone_row_of(m->clone)->taken, "{}"))
		return false;
	for (struct place at = { 0 }; environment_next_host(m->cloning->environment, &at);) {
		if (*at.group->quiesce && !clone_has_done(m->clone, "quiesce", at.host->name))
			return false;
	}
	return true;
}

int cloning_copy(struct making *m, struct error *err)
{
	if (quiesce_is_wanted(m->cloning->environment))
		return take_quiesced(m, err);
	return clone_take(m->clone, err);
}
