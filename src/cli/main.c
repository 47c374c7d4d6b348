/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/commands.h"
#include "cli/term/terminal.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

static void tell_abort(int signal)
{
	static const char words[] =
		"patchline: out of memory, or a fault of its own; what was begun is written down\n";

	(void)signal;
	(void)!write(STDERR_FILENO, words, sizeof words - 1);
}

/* What is of the whole process, once and here. */
static void set_up(void)
{
	setlocale(LC_CTYPE, "");  /* tables show what the terminal can */
	signal(SIGPIPE, SIG_IGN); /* who stops reading is told by write() */
	signal(SIGCHLD,
		SIG_DFL); /* ignored by who started us, the ends of programs would be lost */
	signal(SIGABRT, tell_abort);
	mallopt(M_ARENA_MAX, 2); /* a heap for each of 50 threads keeps 30 MiB that nobody uses */
	terminal_guard();
}

int main(int argc, char **argv)
{
	int status = 0;

	set_up();
	status = command_main(commands, argc, argv);
	terminal_done();
	return status;
}
