/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/mem.h"
#include "content/changelog.h"
#include "model/patchset.h"
#include "model/patchset_draft.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whatever a changelog says, the ids that are read from it can be sealed. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(changelog_summary_done) struct changelog_summary summary = { 0 };
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = patchset_draft_new("1", 1);
	CLEANUP(free) char *text = NULL;
	char digest[DIGEST_HEX_SIZE];
	struct error err = { 0 };
	size_t text_size = 0;

	changelog_summarize((const char *)bytes, size, "", "9999:9", &summary);

	struct package p = {
		.platform = "p",
		.name = "n",
		.version = "1",
		.architecture = "all",
		.sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		.size = 1,
		.source = "s",
		.filename = "f",
		.advisories = summary.advisories,
	};

	patchset_draft_add_package(draft, &p);
	if (patchset_seal(draft, &text, &text_size, digest, &err) < 0)
		__builtin_trap();
	return 0;
}
