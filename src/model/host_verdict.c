/* SPDX-License-Identifier: Apache-2.0 */
#include "model/host_verdict.h"

static const char *const words[HOST_VERDICT_COUNT] = {
	[HOST_WAITING] = "waiting",
	[HOST_RUNNING] = "running",
	[HOST_DONE] = "done",
	[HOST_NOTHING_TO_DO] = "nothing-to-do",
	[HOST_FAILED] = "failed",
	[HOST_REVERTED] = "reverted",
	[HOST_UNWELL] = "unwell",
	[HOST_SKIPPED] = "skipped",
	[HOST_UNREACHABLE] = "unreachable",
};

const struct names host_verdict_names = { words, HOST_VERDICT_COUNT };

bool host_verdict_is_back(enum host_verdict value)
{
	return value == HOST_REVERTED || value == HOST_UNWELL;
}

const char *host_verdict_name(enum host_verdict value)
{
	return names_word(&host_verdict_names, (int)value);
}
