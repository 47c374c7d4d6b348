/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cells.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/proxy_private.h"
#include "fleet/session_private.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define HEARD_SIZE 4096 /* of what a proxy says */

/* What ssh(1) says when it is the way to another, in the order in which it gets on. */
static const struct {
	const char *said;
	enum error_kind kind;
	bool may_pass;
	const char *whose;
} failures[] = {
	/* clang-format off */
	{ "Host key verification failed", ERR_DENIED,      false, "the jump host's key is unknown or changed, which is not the host's own" },
	{ "Permission denied (",          ERR_DENIED,      false, "the jump host does not let us in" },
	{ "administratively prohibited",  ERR_DENIED,      false, "the jump host lets nobody on from there" },
	{ "open failed: ",                ERR_UNREACHABLE, false, "the jump host cannot reach it" },
	{ "kex_exchange_identification",  ERR_UNREACHABLE, true,  "the jump host hangs up before anybody can sign in: raise its MaxStartups, or lower 'ssh: parallel'" },
	{ "",                             ERR_UNREACHABLE, false, "the way there fails before it" },
	/* clang-format on */
};

char *proxy_command(const char *command, int fd)
{
	CLEANUP(str_done) struct str script = { 0 };
	struct str s = { 0 };

	str_addf(&script,
		"exec 2>>/proc/%d/fd/%d; export SSH_ASKPASS_REQUIRE=never; exec setsid sh -c ",
		(int)getpid(), fd);
	str_add_quoted(&script, command);
	str_add(&s, "sh -c ");
	str_add_quoted(&s, str_text(&script));
	return str_take(&s);
}

char *proxy_words(int fd)
{
	char heard[HEARD_SIZE];
	ssize_t size = pread(fd, heard, sizeof heard, 0);
	CLEANUP(free) char *line = cells_clean(heard, size > 0 ? (size_t)size : 0, sizeof heard);

	return mem_strdup(str_trim(line));
}

/* The last of it tells most. */
static const char *last_words(const char *words)
{
	size_t size = strlen(words);

	return size > SESSION_WORDS ? words + size - SESSION_WORDS : words;
}

int proxy_failed(const char *address, const char *words, struct error *err)
{
	size_t i = 0;

	while (!strstr(words, failures[i].said))
		i++;
	(void)!error_set(
		err, failures[i].kind, "%s: %s: %s", address, failures[i].whose, last_words(words));
	return failures[i].may_pass ? SESSION_ASK_AGAIN : -1;
}
