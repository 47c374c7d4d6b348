/* SPDX-License-Identifier: Apache-2.0 */
/* The table of src/model/package_managers.c with one row more; where this is linked, that is not. */
#include "model/package_manager.h"

static const char *const fakes[] = { "fake", NULL };

const struct package_manager package_managers[] = {
	{ "fake", fakes, "fake: error", "cat fake", "vi fake", "vi fake" },
	{ "apt", NULL, "dpkg: error", "dpkg --audit", "dpkg --configure -a", "apt-mark unhold" },
};

const size_t package_managers_count = sizeof package_managers / sizeof *package_managers;
