/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/ask/confirm.h"

#include "base/error.h"
#include "cli/command.h"

#include <stdio.h>
#include <strings.h>
#include <unistd.h>

int confirm(const struct invocation *inv, const char *question, struct error *err)
{
	char answer[16] = "";

	if (option_is_set(inv, "yes"))
		return 0;
	if (!isatty(STDIN_FILENO))
		return error_set(
			err, ERR_USAGE, "nobody is there to be asked: --yes says that it is meant");
	fprintf(stderr, "%s? [y/N] ", question);
	fflush(stderr);
	if (fgets(answer, sizeof answer, stdin) &&
		(strcasecmp(answer, "y\n") == 0 || strcasecmp(answer, "yes\n") == 0))
		return 0;
	return error_set(err, ERR_REFUSED, "nothing was done");
}
