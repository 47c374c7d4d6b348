/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SOURCES                                                                                         \
	"sources:\n"                                                                                    \
	"  - {name: debian, uri: http://mirror.example.org/debian, suites: bookworm, keyring: k.gpg}\n" \
	"platforms:\n"                                                                                  \
	"  - {name: debian-12-amd64, sources: [debian]}\n"
#define LINE                                                                                       \
	"environments:\n"                                                                          \
	"  - name: development\n"                                                                  \
	"    groups: [{name: web, hosts: [dev-web1]}]\n"

#define REHEARSED(rehearse)                                                                        \
	"providers: [{name: btrfs, command: [/usr/lib/btrfs]}]\n" SOURCES LINE                     \
	"    clone: {provider: btrfs}\n"                                                           \
	"    rehearse: " rehearse "\n"

static int read_text(const char *text, struct config **out, struct error *err)
{
	char path[] = "/tmp/config-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(strlen(text), write(fd, text, strlen(text)));
	close(fd);

	int result = config_read(path, out, err);

	unlink(path);
	return result;
}

static void test_config__knows_when_to_rehearse(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	(void)state;
	if (read_text(
		    REHEARSED(
			    "{every: \"FREQ=DAILY;BYHOUR=5\", except: [f.ics, 2026-12-20/2027-01-03]}"),
		    &c, &err) < 0)
		fail_msg("%s", err.text);

	const struct rehearse_policy *policy = &c->environments[0].rehearse;

	assert_string_equal("FREQ=DAILY;BYHOUR=5", policy->every);
	assert_string_equal("", policy->from);
	assert_int_equal(REHEARSE_ALL, policy->what);
	assert_string_equal("/tmp/f.ics", policy->except[0]);
	assert_string_equal("2026-12-20/2027-01-03", policy->except[1]);
	assert_null(policy->except[2]);
}

static void test_config__fills_in_defaults(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(SOURCES LINE, &c, &err));
	assert_string_equal("/var/lib/patchline", c->state);
	assert_string_equal("/tmp/k.gpg", c->sources[0].keyring);
	assert_string_equal("main", c->sources[0].components[0]);
	assert_null(c->sources[0].components[1]);
	assert_int_equal(10, c->ssh.connect_timeout);
	assert_string_equal("root", c->ssh.user);

	const struct group *web = environment_group(config_environment(c, "development"), "web");

	assert_string_equal("dev-web1", web->hosts[0].address);
	assert_string_equal("", web->hosts[0].user);
	assert_int_equal(0, web->hosts[0].port);
	assert_int_equal(100, web->wave.value);
	assert_true(web->wave.is_percent);
	assert_null(web->services[0]);
}

static void test_config__finds_hosts_and_predecessors(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	const struct environment *where = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0,
		read_text(SOURCES LINE
			"  - {name: qa, groups: [{name: db, hosts: [{name: q, address: 10.0.0.1}]}]}\n",
			&c, &err));
	assert_string_equal("10.0.0.1", config_host(c, "q", &where, NULL)->address);
	assert_string_equal("qa", where->name);
	assert_string_equal("development", config_predecessor(c, where)->name);
	assert_null(config_predecessor(c, config_environment(c, "development")));
	assert_null(config_host(c, "nobody", NULL, NULL));
}

static void test_config__takes_hosts_of_an_inventory(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };
	struct host host = { .name = "web7", .address = "10.0.0.7", .port = 2222 };

	(void)state;
	assert_int_equal(
		0, read_text(SOURCES
			   "environments: [{name: d, groups: [{name: web, ansible-group: w}]}]\n",
			   &c, &err));
	assert_int_equal(0, config_add_host(c, &c->environments[0].groups[0], &host, &err));
	assert_int_equal(2222, config_host(c, "web7", NULL, NULL)->port);
	assert_int_equal(-1, config_add_host(c, &c->environments[0].groups[0], &host, &err));
	assert_non_null(strstr(err.text, "'web7' is there twice"));
}

static void test_config__refuses_and_says_where(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "the file is empty" },
		{ "a: [", "line 2, column 1: did not find" },
		{ "- a\n", "line 1: a configuration is a map" },
		{ SOURCES LINE "surces: 1\n",
			"line 8: unknown key 'surces' in a configuration; did you mean 'sources'?" },
		{ SOURCES, "this configuration has no 'environments'" },
		{ SOURCES LINE LINE, "'environments' is there twice (first in line 5)" },
		{ SOURCES "environments: []\n", "'environments' is empty" },
		{ SOURCES LINE "    rehearse: {every: FREQ=DAILY}\n",
			"line 8: environment 'development' has 'rehearse' and wants 'clone'" },
		{ REHEARSED("{every: FREQ=DALY}"),
			"line 10: 'rehearse' of 'development': 'FREQ=DALY' is not a rule of RFC 5545" },
		{ REHEARSED("{every: FREQ=DAILY;BYHOUR=24}"), "line 10: 'rehearse' of" },
		{ REHEARSED("{every: FREQ=DAILY, from: monday}"),
			"line 10: 'rehearse' of 'development': 'monday' is not a date and time" },
		{ REHEARSED("{every: FREQ=DAILY, except: [2026-12-20/2026-12-19]}"),
			"line 10: 'except' of 'development': '2026-12-20/2026-12-19' ends before" },
		{ REHEARSED("{every: FREQ=DAILY, except: [freeze.txt]}"),
			"line 10: 'except' of 'development' wants iCalendar files (.ics)" },
		{ SOURCES LINE "    gate: {soak: soon}\n",
			"line 8: 'soak': 'soon' is not a duration" },
		{ SOURCES LINE "    gate: {tests: [smok]}\ntests: [{name: smoke, command: x}]\n",
			"line 8: there is no test 'smok'; did you mean 'smoke'?" },
		{ SOURCES LINE "    gate: {approvals: 2, approvers: [a]}\n",
			"wants 2 approvals, but names only 1" },
		{ SOURCES LINE "    order: backwards\n",
			"line 8: 'order' wants one of patches-first, code-first" },
		{ SOURCES LINE "  - {name: qa, groups: [{name: web, hosts: [dev-web1]}]}\n",
			"line 8: host 'dev-web1' is there twice (first in line 7)" },
		{ SOURCES "environments: [{name: d, groups: [{name: web}]}]\n",
			"neither 'hosts' nor an 'ansible-group'" },
		{ SOURCES
			"environments: [{name: d, groups: [{name: web, hosts: [a], wave: 120%}]}]\n",
			"'wave' wants a number of hosts or a share" },
		{ SOURCES "environments: [{name: 'a b', groups: [{name: web, hosts: [a]}]}]\n",
			"'name' wants a name" },
		{ SOURCES LINE "tests: [{name: t, command: x, on: nowhere}]\n",
			"neither 'controller' nor a group" },
		{ SOURCES LINE "state: [a]\n", "line 8: 'state' wants a text, not a list" },
		{ SOURCES LINE "ssh: {parallel: -1}\n",
			"'parallel' wants a number from 0, not '-1'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct config *c = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, read_text(cases[i].text, &c, &err));
		assert_null(c);
		assert_int_equal(ERR_USAGE, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' not in '%s'", i, cases[i].told, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_config__fills_in_defaults),
		cmocka_unit_test(test_config__knows_when_to_rehearse),
		cmocka_unit_test(test_config__finds_hosts_and_predecessors),
		cmocka_unit_test(test_config__takes_hosts_of_an_inventory),
		cmocka_unit_test(test_config__refuses_and_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
