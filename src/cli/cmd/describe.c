/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/str.h"
#include "cli/commands.h"
#include "cli/manual.h"

#include <stdio.h>

int cmd_describe(struct invocation *inv, struct error *err)
{
	const char *what = arg_at(inv, 0);

	if (str_equal(what, "manual"))
		manual_print(commands, stdout);
	else if (str_equal(what, "configuration"))
		manual_print_configuration(stdout);
	else if (str_equal(what, "completion"))
		completion_print(commands, stdout);
	else
		return error_set(err, ERR_USAGE,
			"'%.40s' is none of manual, configuration and completion", what);
	return 0;
}
