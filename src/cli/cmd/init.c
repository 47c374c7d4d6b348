/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "cli/cmd/config_template.h"
#include "cli/commands.h"
#include "cli/term/output.h"
#include "present/answer.h"

#include <stdio.h>
#include <string.h>

#define CONFIG_MODE 0644

static const char *path_to_write(const struct invocation *inv)
{
	if (arg_at(inv, 0))
		return arg_at(inv, 0);
	return option_value(inv, "config") ? option_value(inv, "config") : "patchline.yaml";
}

int cmd_init(struct invocation *inv, struct error *err)
{
	const char *path = path_to_write(inv);

	if (is_dry_run(inv)) {
		fputs(config_template, stdout);
		return 0;
	}
	if (file_exists(path))
		return error_set(err, ERR_CONFLICT,
			"'%s' is there already and is not overwritten; move it away, or name another "
			"file: patchline init FILE",
			path);
	if (file_write(path, config_template, strlen(config_template), CONFIG_MODE, err) < 0)
		return -1;
	if (wants_json(inv)) {
		output_row(inv, &init_answer_view, &(struct init_answer){ path });
	} else {
		printf("Wrote %s. Put your mirror, hosts and tests into it, then: patchline check\n",
			path);
	}
	return 0;
}
