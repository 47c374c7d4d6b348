/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/own.h"
#include "fleet/proxy_private.h"
#include "fleet/session_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* As ssh(1) of OpenSSH 9.2 writes it. */
static void test_proxy__knows_whose_an_error_is(void **state)
{
	static const struct {
		const char *words;
		int result;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{ "No ED25519 host key is known for jump and you have requested strict checking. Host key verification "
		  "failed.",
			-1, ERR_DENIED, "web1:22: the jump host's key is unknown or changed" },
		{ "a@jump: Permission denied (publickey).", -1, ERR_DENIED,
			"the jump host does not let us in" },
		{ "channel 0: open failed: administratively prohibited: open failed stdio forwarding failed",
			-1, ERR_DENIED, "the jump host lets nobody on" },
		{ "channel 0: open failed: connect failed: Connection refused stdio forwarding failed",
			-1, ERR_UNREACHABLE,
			"the jump host cannot reach it: channel 0: open failed" },
		{ "kex_exchange_identification: read: Connection reset by peer", SESSION_ASK_AGAIN,
			ERR_UNREACHABLE, "the jump host hangs up before anybody can sign in" },
		{ "ssh: connect to host jump port 22: No route to host", -1, ERR_UNREACHABLE,
			"the way there fails before it: ssh: connect to host jump" },
		{ "nc: not found", -1, ERR_UNREACHABLE,
			"the way there fails before it: nc: not found" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };

		assert_int_equal(cases[i].result, proxy_failed("web1:22", cases[i].words, &err));
		assert_int_equal(cases[i].kind, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("'%s' not in '%s'", cases[i].told, err.text);
	}
}

static void test_proxy__command_is_one_for_any_login_shell(void **state)
{
	CLEANUP(free) char *command = proxy_command("ssh -W '[%h]:%p' jump", 7);

	(void)state;
	assert_non_null(strstr(command, "sh -c 'exec 2>>/proc/"));
	assert_non_null(strstr(command, "[%h]:%p"));
	assert_non_null(strstr(command, "/fd/7; "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_proxy__knows_whose_an_error_is),
		cmocka_unit_test(test_proxy__command_is_one_for_any_login_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
