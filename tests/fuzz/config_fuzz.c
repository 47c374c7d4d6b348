/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "model/config.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Whatever comes in: a configuration in which every name leads somewhere, or an error that says something. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	if (config_parse("fuzz.yaml", (const char *)bytes, size, &c, &err) < 0) {
		assert(!c && err.kind == ERR_USAGE && err.text[0]);
		return 0;
	}
	assert(c->environment_count > 0 && c->ssh.parallel > 0);
	for (size_t i = 0; i < c->platform_count; i++) {
		for (const char *const *name = c->platforms[i].sources; *name; name++)
			assert(config_source(c, *name));
	}
	for (size_t i = 0; i < c->environment_count; i++) {
		const struct environment *e = &c->environments[i];

		for (const char *const *name = e->gate.tests; *name; name++)
			assert(config_suite(c, *name));
		if (!*e->clone.provider)
			continue;
		assert(config_provider(c, e->clone.provider));
		for (const char *const *name = e->clone.gate.tests; *name; name++)
			assert(config_suite(c, *name));
	}
	return 0;
}
