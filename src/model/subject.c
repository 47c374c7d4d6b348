/* SPDX-License-Identifier: Apache-2.0 */
#include "model/subject.h"

static const char *const words[SUBJECT_COUNT] = {
	[SUBJECT_SOURCE] = "source",
	[SUBJECT_HOST] = "host",
	[SUBJECT_SET] = "set",
	[SUBJECT_CANDIDATE] = "candidate",
	[SUBJECT_ENVIRONMENT] = "environment",
	[SUBJECT_ROLLOUT] = "rollout",
	[SUBJECT_CLONE] = "clone",
	[SUBJECT_REHEARSAL] = "rehearsal",
	[SUBJECT_POOL] = "pool",
};

const struct names subject_names = { words, SUBJECT_COUNT };

const char *subject_name(enum subject value)
{
	return names_word(&subject_names, (int)value);
}
