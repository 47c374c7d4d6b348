/* SPDX-License-Identifier: Apache-2.0 */
#include "reach.h"

#include "base/error.h"
#include "fleet/connection_private.h"
#include "fleet/session_private.h"
#include "sshd.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

int reach_try(const struct host *host, const struct ssh_settings *settings, struct connection **out,
	struct error *err)
{
	bool has_command = connection_words(host, settings);

	return connection_open(
		has_command ? &connection_by_command : &connection_ssh, host, settings, out, err);
}

struct connection *reach_open(const struct host *host, const struct ssh_settings *settings)
{
	struct connection *c = NULL;
	struct error err = { 0 };

	if (reach_try(host, settings, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

struct connection *reach_host(const struct sshd *d)
{
	return reach_open(&d->host, &d->settings);
}

void reach_run(
	struct connection *c, const struct connection_command *command, struct session_result *r)
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

	assert_true(reach_try(host, settings, &c, &err) < 0);
	assert_null(c);
	if (kind != err.kind || !strstr(err.text, told))
		fail_msg("'%s' not in %s: '%s'", told, error_kind_name(err.kind), err.text);
}
