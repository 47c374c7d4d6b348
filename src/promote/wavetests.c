/* SPDX-License-Identifier: Apache-2.0 */
#include "promote/wavetests.h"

#include "gate/testing.h"
#include "rollout/rollout.h"

#include <stdio.h>
#include <string.h>

/* Where the words go. */
struct wavetests_progress {
	char *words;
	size_t size;
};

static void hear(void *context, const struct test_told *told)
{
	struct wavetests_progress *h = context;
	size_t used = strlen(h->words);

	if (told->outcome == OUTCOME_PASSED)
		return;
	snprintf(h->words + used, h->size - used, "%s%s%s%s: %s", used ? "; " : "", told->suite,
		*told->host ? " on " : "", told->host, told->reason);
}

int wavetests_run(const struct rollout_request *r, const char *const *suites, char *words,
	size_t size, struct error *err)
{
	struct wavetests_progress wavetests_progress = { words, size };
	const struct testing_request request = {
		.config = r->config,
		.store = r->store,
		.environment = r->environment,
		.actor = r->actor,
		.only = suites,
		.on_end = hear,
		.context = &wavetests_progress,
	};
	struct testing_summary summary;

	*words = '\0';
	return testing_run(&request, &summary, err);
}
