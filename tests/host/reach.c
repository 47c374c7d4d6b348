/* SPDX-License-Identifier: Apache-2.0 */
#include "reach.h"

#include "fleet/connection.h"
#include "sshd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct connection *reach_open(const struct sshd *d)
{
	struct connection *c = NULL;
	struct error err = { 0 };

	if (connection_open(&d->host, &d->settings, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

void reach_run(
	struct connection *c, const struct connection_command *command, struct connection_result *r)
{
	struct error err = { 0 };

	if (connection_run(c, command, r, &err) < 0)
		fail_msg("%s", err.text);
}

/* Must fail, with that kind and those words. */
void reach_refused(const struct host *host, const struct ssh_settings *settings,
	enum error_kind kind, const char *told)
{
	struct connection *c = NULL;
	struct error err = { 0 };

	assert_int_equal(-1, connection_open(host, settings, &c, &err));
	assert_null(c);
	assert_int_equal(kind, err.kind);
	if (!strstr(err.text, told))
		fail_msg("'%s' not in '%s'", told, err.text);
}
