/* SPDX-License-Identifier: Apache-2.0 */
#include "model/package_manager.h"
#include "model/version.h"

const struct package_manager package_managers[] = {
	{
		.name = "apt",
		.versions = &version_order_dpkg,
		.error_line = "dpkg: error",
		.refuse_line = "E: ",
		.repeat_line = "E: Sub-process ",
		.audit = "dpkg --audit",
		.repair = "dpkg --configure -a && apt-get -f install",
		.unhold = "apt-mark unhold",
	},
};

const size_t package_managers_count = sizeof package_managers / sizeof *package_managers;
