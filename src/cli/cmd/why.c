/* SPDX-License-Identifier: Apache-2.0 */
#include "gate/why.h"

#include "base/error.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "model/config.h"
#include "model/topology.h"
#include "present/why.h"
#include "store/host.h"

#include <stdio.h>

static void print_answers(const char *host, const struct why_answers *answers)
{
	printf("%s: ", host);
	for (size_t i = 0; i < answers->count; i++) {
		const struct why_answer *a = &answers->items[i];

		if (i)
			printf("\n%s", i == 1 ? "Then:\n\n" : "");
		printf("%s\n", a->what);
		if (*a->todo)
			printf("  -> %s\n", a->todo);
	}
}

/* A host that has left the configuration still has an answer; one that nobody ever knew has none. */
static int check_known(
	const struct topology *t, struct store *store, const char *host, struct error *err)
{
	CLEANUP(host_row_done) struct host_row row = { 0 };

	if (topology_find_host(t, host, NULL) || store_host_find(store, host, &row, err) == 0)
		return 0;
	if (err->kind == ERR_NOT_FOUND)
		return error_set(err, ERR_NOT_FOUND,
			"there is no host '%.60s' in '%s'; 'patchline hosts' lists them", host,
			t->config->path);
	return -1;
}

int cmd_why(struct invocation *inv, struct error *err)
{
	CLEANUP(why_answers_done) struct why_answers answers = { 0 };
	const char *host = arg_at(inv, 0);
	struct place at = { 0 };
	const struct topology *t = NULL;
	struct store *store = NULL;

	if (need_topology(inv, &t, err) < 0 || need_store(inv, &store, err) < 0 ||
		check_known(t, store, host, err) < 0 || why_ask(t, store, host, &answers, err) < 0)
		return -1;
	if (!wants_json(inv)) {
		print_answers(host, &answers);
		return 0;
	}

	topology_find_host(t, host, &at);
	output_row(inv, &why_card_view,
		&(struct why_card){ host, at.environment ? at.environment->name : NULL,
			answers.items, answers.count });
	return 0;
}
