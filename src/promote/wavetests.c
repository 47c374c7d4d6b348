/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/wavetests.h"

#include "gate/testing.h"
#include "rollout/rollout.h"

#include <stdio.h>
#include <string.h>

/* Where the words go. */
struct hearing {
	char *words;
	size_t size;
};

static void hear(void *context, const struct test_told *told)
{
	struct hearing *h = context;
	size_t used = strlen(h->words);

	if (told->outcome == OUTCOME_PASSED)
		return;
	snprintf(h->words + used, h->size - used, "%s%s%s%s: %s", used ? "; " : "", told->suite,
		*told->host ? " on " : "", told->host, told->reason);
}

int wavetests_run(const struct rollout_request *r, const char *const *suites, char *words,
	size_t size, struct error *err)
{
	struct hearing hearing = { words, size };
	const struct testing_request request = {
		.config = r->config,
		.store = r->store,
		.environment = r->environment,
		.actor = r->actor,
		.only = suites,
		.on_end = hear,
		.context = &hearing,
	};
	struct testing_summary summary;

	*words = '\0';
	return testing_run(&request, &summary, err);
}
