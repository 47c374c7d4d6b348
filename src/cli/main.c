/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"

#include <locale.h>

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, ""); /* tables show what the terminal can */
	return command_main(commands, argc, argv);
}
