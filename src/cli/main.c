/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/terminal.h"

#include <locale.h>

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, ""); /* tables show what the terminal can */
	terminal_guard();
	return command_main(commands, argc, argv);
}
