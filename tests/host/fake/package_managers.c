/* SPDX-License-Identifier: Apache-2.0 */
/* The table of src/model/package_managers.c with one row more; where this is linked, that is not. */
#include "model/package_manager.h"
#include "model/version.h"

#include <string.h>

static const char *const fakes[] = { "fake", NULL };

/* As the alphabet has it: "9" is newer than "10". */
static bool is_any(const char *version)
{
	return *version && !strchr(version, ' ');
}

static const struct version_order alphabet = { strcmp, is_any };

const struct package_manager package_managers[] = {
	{ "fake", fakes, &alphabet, "fake: error", "fake: ", "fake: ", "cat fake", "vi fake",
		"vi fake" },
	{ "apt", NULL, &version_order_dpkg, "dpkg: error", "E: ", "E: Sub-process ", "dpkg --audit",
		"dpkg --configure -a", "apt-mark unhold" },
};

const size_t package_managers_count = sizeof package_managers / sizeof *package_managers;
