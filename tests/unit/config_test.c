/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/config.h"
#include "model/place.h"

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
#define PROVIDER                                                                                   \
	"providers: [{name: btrfs, command: [p/btrfs, -v], options: {hosts: /srv/hosts}}]\n"
/* A line whose only environment has these keys, and whose group those. */
#define SHOP(keys, group)                                                                          \
	SOURCES PROVIDER "environments: [{name: shop, groups: [{name: db, hosts: [db1]" group      \
			 "}]" keys "}]\n"
#define CLONED ", clone: {provider: btrfs}"

static int read_text(const char *text, struct config **out, struct error *err)
{
	char path[] = "/tmp/config-test-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(strlen(text), write(fd, text, strlen(text)));
	close(fd);

	int result = config_read(path, "/home/x", out, err);

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

/* A program without a slash is looked for in PATH. */
static void test_config__reads_a_command_that_leads_to_hosts(void **state)
{
	CLEANUP(config_free) struct config *named = NULL, *placed = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(SOURCES LINE "ssh: {command: [docker, exec, \"{host}\"]}\n",
				    &named, &err));
	assert_string_equal("docker", named->ssh.command[0]);
	assert_string_equal("{host}", named->ssh.command[2]);
	assert_null(named->ssh.command[3]);
	assert_int_equal(
		0, read_text(SOURCES LINE "ssh: {command: [bin/way, a/b]}\n", &placed, &err));
	assert_string_equal("/tmp/bin/way", placed->ssh.command[0]);
	assert_string_equal("a/b", placed->ssh.command[1]);
}

static void test_config__knows_the_way_home(void **state)
{
	CLEANUP(config_free) struct config *c = NULL, *homeless = NULL;
	static const char text[] =
		SOURCES LINE "ssh: {known-hosts: ~/known, identities: [~/id, id]}\n";
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(text, &c, &err));
	assert_string_equal("/home/x/known", c->ssh.known_hosts);
	assert_string_equal("/home/x/id", c->ssh.identities[0]);
	assert_string_equal("/tmp/id", c->ssh.identities[1]);
	assert_int_equal(
		0, config_parse("/tmp/patchline.yaml", text, strlen(text), &homeless, &err));
	assert_string_equal("/tmp/~/known", homeless->ssh.known_hosts);
}

static void test_config__reads_a_command_that_leads_to_one_host(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	(void)state;
	if (read_text(SOURCES "environments:\n"
			      "  - name: development\n"
			      "    groups:\n"
			      "      - name: web\n"
			      "        hosts: [{name: box, command: [bin/way, x]}, dev-web1]\n",
		    &c, &err) < 0)
		fail_msg("%s", err.text);

	struct place box = { 0 }, other = { 0 };

	assert_true(config_find_host(c, "box", &box));
	assert_true(config_find_host(c, "dev-web1", &other));
	assert_string_equal("/tmp/bin/way", box.host->command[0]);
	assert_string_equal("x", box.host->command[1]);
	assert_null(box.host->command[2]);
	assert_null(other.host->command[0]);
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
	assert_string_equal("", c->ssh.user);
	assert_null(c->ssh.command[0]);

	const struct group *web = environment_group(config_environment(c, "development"), "web");

	assert_string_equal("dev-web1", web->hosts[0].address);
	assert_string_equal("", web->hosts[0].user);
	assert_int_equal(0, web->hosts[0].port);
	assert_int_equal(100, web->wave.value);
	assert_true(web->wave.is_percent);
	assert_null(web->services[0]);
}

static void test_config__knows_who_takes_the_load(void **state)
{
	CLEANUP(config_free) struct config *c = NULL, *none = NULL;
	struct error err = { 0 };

	(void)state;
	if (read_text(SHOP("", ", drain: {driver: haproxy, on: db1, backend: [a, b]}"), &c, &err) <
		0)
		fail_msg("%s", err.text);

	const struct drain_policy *drain = &c->environments[0].groups[0].drain;

	assert_int_equal(DRAIN_HAPROXY, drain->driver);
	assert_string_equal("db1", drain->on[0]);
	assert_string_equal("b", drain->backends[1]);
	assert_string_equal("{host}", drain->server);
	assert_string_equal("/run/haproxy/admin.sock", drain->socket);
	assert_int_equal(60, drain->timeout);
	assert_int_equal(AFTER_TIMEOUT_GO_ON, drain->after_timeout);
	assert_int_equal(0, read_text(SOURCES LINE, &none, &err));
	assert_int_equal(DRAIN_NONE, none->environments[0].groups[0].drain.driver);
}

static void test_config__finds_hosts_and_predecessors(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct place at = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0,
		read_text(SOURCES LINE
			"  - {name: qa, groups: [{name: db, hosts: [{name: q, address: 10.0.0.1}]}]}\n",
			&c, &err));
	assert_true(config_find_host(c, "q", &at));
	assert_string_equal("10.0.0.1", at.host->address);
	assert_string_equal("qa", at.environment->name);
	assert_string_equal("development", config_predecessor(c, at.environment)->name);
	assert_null(config_predecessor(c, config_environment(c, "development")));
	assert_false(config_find_host(c, "nobody", &at));
}

static void test_config__reads_a_hundred_thousand_hosts(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	CLEANUP(str_done) struct str text = { 0 };
	struct place at = { 0 };
	struct error err = { 0 };

	(void)state;
	str_add(&text, SOURCES "environments:\n");
	for (unsigned e = 0; e < 2; e++) {
		str_addf(&text,
			"  - name: stage%u\n    groups:\n      - name: many\n        hosts:\n", e);
		for (unsigned i = 0; i < 50000; i++)
			str_addf(&text, "          - {name: h%u, address: 192.0.2.1, port: 22}\n",
				2 * i + e);
	}
	if (read_text(str_text(&text), &c, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(100000, config_host_count(c));
	assert_true(config_find_host(c, "h77777", &at));
	assert_string_equal("stage1", at.environment->name);
	assert_ptr_equal(&at.group->hosts[38888], at.host);
	assert_true(environment_find_host(&c->environments[0], "h77778", NULL));
	assert_false(environment_find_host(&c->environments[0], "h77777", NULL));
	assert_false(config_find_host(c, "h100000", NULL));
}

static void test_config__takes_hosts_of_an_inventory(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };
	const struct host hosts[] = { { .name = "web7", .address = "10.0.0.7", .port = 2222 },
		{ .name = "web8" } };
	const struct host odd = { .name = "a/b" };
	struct place at = { 0 };

	(void)state;
	assert_int_equal(
		0, read_text(SOURCES
			   "environments: [{name: d, groups: [{name: web, ansible-group: w}]}]\n",
			   &c, &err));

	struct group *web = &c->environments[0].groups[0];

	assert_int_equal(0, config_add_hosts(c, web, hosts, 2, &err));
	assert_int_equal(0, config_check_hosts(c, &err));
	assert_true(config_find_host(c, "web7", &at));
	assert_int_equal(2222, at.host->port);
	assert_string_equal("web8", web->hosts[1].address);
	assert_int_equal(-1, config_add_hosts(c, web, &odd, 1, &err));
	assert_non_null(strstr(err.text, "'a/b' is not a name"));
	assert_int_equal(0, config_add_hosts(c, web, hosts, 1, &err));
	assert_int_equal(-1, config_check_hosts(c, &err));
	assert_string_equal(
		"host 'web7' is there twice: in group 'web' of 'd' and in group 'web' of 'd'",
		err.text);
}

static void test_config__fills_in_what_a_clone_needs(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0,
		read_text(
			SHOP(CLONED ", gate: {tests: [t]}, personal-data: yes",
				", stateful: yes, data: /var/lib/pg, files: [/etc/a, /etc/b],"
				" sanitize: [hooks/a, hooks/b], quiesce: hold still") "tests: [{name: t, command: x}]\n",
			&c, &err));

	const struct provider *p = config_provider(c, "btrfs");
	const struct environment *shop = config_environment(c, "shop");
	const struct group *db = environment_group(shop, "db");

	assert_string_equal("/tmp/p/btrfs", p->command[0]);
	assert_string_equal("-v", p->command[1]);
	assert_string_equal("hosts", p->options[0]);
	assert_string_equal("/srv/hosts", p->options[1]);
	assert_null(p->options[2]);
	assert_int_equal(1800, p->timeout);
	assert_true(shop->has_personal_data);
	assert_null(shop->original);
	assert_string_equal("btrfs", shop->clone.provider);
	assert_int_equal(3 * 86400, shop->clone.expires);
	assert_string_equal("t", shop->clone.gate.tests[0]);
	assert_int_equal(0, shop->clone.fence.exit_count);
	assert_int_equal(5, shop->clone.fence.sink_count);
	assert_int_equal(25, shop->clone.fence.sinks[0].port);
	assert_int_equal(FENCE_AS_SMTP, shop->clone.fence.sinks[0].as);
	assert_int_equal(443, shop->clone.fence.sinks[4].port);
	assert_int_equal(FENCE_AS_TCP, shop->clone.fence.sinks[4].as);
	assert_string_equal("", shop->rehearse.every);
	assert_null(shop->rehearse.except[0]);
	assert_true(db->is_stateful);
	assert_string_equal("/var/lib/pg", db->data[0]);
	assert_string_equal("/etc/b", db->files[1]);
	assert_string_equal("/tmp/hooks/b", db->sanitize[1]);
	assert_string_equal("hold still", db->quiesce);
}

static void test_config__an_environment_need_not_be_cloned(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(SOURCES LINE, &c, &err));

	const struct environment *e = config_environment(c, "development");

	assert_string_equal("", e->clone.provider);
	assert_string_equal("", e->rehearse.every);
	assert_null(e->clone.gate.tests[0]);
	assert_false(e->groups[0].is_stateful);
	assert_null(e->groups[0].data[0]);
	assert_string_equal("", e->groups[0].quiesce);
}

static void test_config__reads_fence_and_rehearsals(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0,
		read_text(
			SHOP(", clone: {provider: btrfs, expires: 1d, gate: {tests: u, approvals: 1},"
			     " fence: {sink: [{port: 8025, as: http}], allow: [{address: 10.0.0.1,"
			     " port: 53, protocol: udp}, {address: 'fd00::1', port: 443}]}},"
			     " rehearse: {every: 'FREQ=DAILY', from: '2026-01-01T00:00:00Z',"
			     " what: security, except: [h.ics, 2026-12-20/2027-01-03]}",
				"") "tests: [{name: u, command: x}]\n",
			&c, &err));

	const struct environment *shop = config_environment(c, "shop");
	const struct fence *fence = &shop->clone.fence;

	assert_int_equal(86400, shop->clone.expires);
	assert_string_equal("u", shop->clone.gate.tests[0]);
	assert_int_equal(1, shop->clone.gate.approvals);
	assert_int_equal(0, shop->gate.approvals);
	assert_int_equal(1, fence->sink_count);
	assert_int_equal(FENCE_AS_HTTP, fence->sinks[0].as);
	assert_int_equal(2, fence->exit_count);
	assert_int_equal(FENCE_UDP, fence->exits[0].protocol);
	assert_int_equal(FENCE_TCP, fence->exits[1].protocol);
	assert_string_equal("fd00::1", fence->exits[1].address);
	assert_string_equal("FREQ=DAILY", shop->rehearse.every);
	assert_string_equal("2026-01-01T00:00:00Z", shop->rehearse.from);
	assert_int_equal(REHEARSE_SECURITY, shop->rehearse.what);
	assert_string_equal("/tmp/h.ics", shop->rehearse.except[0]);
	assert_string_equal("2026-12-20/2027-01-03", shop->rehearse.except[1]);
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
		{ SOURCES
			"environments: [{name: d, groups: [{name: web, hosts: [dev-web1, dev-web2], reboot-except: [dev-web]}]}]\n",
			"line 5: there is no host of its group 'dev-web'; did you mean 'dev-web1'?" },
		{ SOURCES
			"environments: [{name: d, groups: [{name: web, hosts: [a], reboot-except: [b]}, {name: db, hosts: [b]}]}]\n",
			"line 5: there is no host of its group 'b'" },
		{ SOURCES
			"environments:\n  - {name: d, groups: [{name: web, hosts: [a]}]}\n  - {name: e, groups: [{name: w, hosts: [b]}]}\n"
			"  - {name: e, groups: [{name: w, hosts: [c]}]}\n  - {name: d, groups: [{name: w, hosts: [f]}]}\n",
			"line 8: environment 'e' is there twice (first in line 7)" },
		{ SOURCES "environments: [{name: 'a b', groups: [{name: web, hosts: [a]}]}]\n",
			"'name' wants a name" },
		{ SOURCES LINE "tests: [{name: t, command: x, on: nowhere}]\n",
			"neither 'controller' nor a group" },
		{ SHOP(", clone: {provider: btfs}", ""),
			"line 6: there is no provider 'btfs'; did you mean 'btrfs'?" },
		{ SHOP(", clone: {}", ""), "line 6: this clone policy has no 'provider'" },
		{ SHOP(", clone: {provider: btrfs, gate: {tests: t}}", ""),
			"line 6: there is no test 't'" },
		{ SHOP("", ", wave-tests: [smok]") "tests: [{name: smoke, command: [/bin/true]}]\n",
			"there is no test 'smok'; did you mean 'smoke'?" },
		{ SHOP("", ", way-back: snapshot"),
			"group 'db' wants snapshots as its way back, but 'shop' has no provider" },
		{ SHOP(CLONED, ", way-back: snapshot, stateful: true"),
			"group 'db' keeps what customers write and names no 'data'" },
		{ SHOP(", clone: {provider: btrfs, gate: {approvals: 2, approvers: a}}", ""),
			"wants 2 approvals, but names only 1" },
		{ SHOP(", clone: {provider: btrfs, fence: {sink: [{port: 25, as: pop}]}}", ""),
			"line 6: 'as' wants one of smtp, http, tcp, not 'pop'" },
		{ SHOP(", clone: {provider: btrfs, fence: {sink: [{port: 5}, {port: 5}]}}", ""),
			"line 6: 'sink' of environment 'shop' has port 5 twice" },
		{ SHOP(", clone: {provider: btrfs, fence: {sink: [{port: 0}]}}", ""),
			"line 6: 'port' wants a port number, not '0'" },
		{ SHOP(", clone: {provider: btrfs, fence: {allow: [{address: a, port: 1}]}}", ""),
			"line 6: 'allow' wants a numeric address such as 192.0.2.10, not 'a'" },
		{ SHOP(", clone: {provider: btrfs, fence: {allow: [{address: 10.0.0.1}]}}", ""),
			"this way out has no 'port'" },
		{ SHOP(", rehearse: {every: FREQ=DAILY}", ""),
			"line 6: environment 'shop' has 'rehearse' and wants 'clone' as well" },
		{ SHOP("", ", drain: {driver: nginx}"),
			"line 6: 'driver' wants one of none, haproxy, command, not 'nginx'" },
		{ SHOP("", ", drain: {on: [db1]}"),
			"'drain' of group 'db' wants 'driver' as well" },
		{ SHOP("", ", drain: {driver: haproxy}"),
			"line 6: 'drain' of group 'db' has 'driver: haproxy' and wants 'on' as well" },
		{ SHOP("", ", drain: {driver: haproxy, on: db1}"), "wants 'backend' as well" },
		{ SHOP("", ", drain: {driver: haproxy, on: db2, backend: b}"),
			"line 6: 'drain' of group 'db': there is no host 'db2'; did you mean 'db1'?" },
		{ SHOP("", ", drain: {driver: haproxy, on: db1, backend: 'a b'}"),
			"'a b' is no name of a backend" },
		{ SHOP("", ", drain: {driver: haproxy, on: db1, backend: b, server: a;b}"),
			"'a;b' is no name of a server" },
		{ SHOP("", ", drain: {driver: haproxy, on: db1, backend: b, socket: x.sock}"),
			"'socket' wants an absolute path without blanks, not 'x.sock'" },
		{ SOURCES "environments: [{name: d, groups: [{name: web, hosts: [a, b], drain: "
			  "{driver: haproxy, on: a, backend: b, server: web}}]}]\n",
			"'server' wants {host} or {address} in it: 'web' would be the same for all 2" },
		{ SHOP("", ", drain: {driver: command, in: x}"),
			"has 'driver: command' and wants 'out' as well" },
		{ SHOP("", ", drain: {driver: command, out: x}"),
			"has 'driver: command' and wants 'in' as well" },
		{ SHOP(CLONED ", rehearse: {what: all}", ""),
			"this rehearsal policy has no 'every'" },
		{ SHOP(CLONED ", rehearse: {every: x, what: some}", ""),
			"'what' wants one of all, security" },
		{ SHOP(CLONED ", personal-data: true", ""),
			"line 6: no group of environment 'shop' has 'sanitize'" },
		{ SHOP(CLONED ", personal-data: true", ", sanitize: m}, {name: q, stateful: true"),
			"group 'q' has neither" },
		{ SHOP(CLONED ", personal-data: true",
			  ", sanitize: m}, {name: q, stateful: true, hosts: [q1]"),
			"line 6: group 'q' wants 'sanitize': environment 'shop' has personal-data" },
		{ SHOP(CLONED ", personal-data: true",
			  ", sanitize: m}, {name: q, data: /srv, hosts: [q1]"),
			"line 6: group 'q' wants 'sanitize'" },
		{ SHOP("", ", data: [/srv/a, srv/b]"),
			"line 6: 'data' of group 'db' wants absolute paths below '/'" },
		{ SHOP("", ", data: [/]"), "not '/'" },
		{ SHOP("", ", data: [/srv/]"), "not '/srv/'" },
		{ SHOP("", ", files: [/srv/../etc]"), "'files' of group 'db' wants absolute" },
		{ SHOP("", ", data: [/srv/a, /srv/ab, /srv/a/b]"),
			"line 6: 'data' of group 'db': '/srv/a/b' is inside '/srv/a'" },
		{ SHOP("", ", data: [/srv/a, /srv/a]"), "'/srv/a' is inside '/srv/a'" },
		{ SOURCES LINE "providers: [{name: a, command: x, options: [b]}]\n",
			"line 8: 'options' wants a map of texts, not a list" },
		{ SOURCES LINE "providers: [{name: a, command: x, options: {b: [c]}}]\n",
			"line 8: 'b' in 'options' wants a text" },
		{ SOURCES LINE "providers: [{name: a}]\n", "this provider has no 'command'" },
		{ SOURCES LINE PROVIDER PROVIDER, "'providers' is there twice" },
		{ SOURCES LINE "providers: [{name: a, command: x}, {name: a, command: y}]\n",
			"line 8: provider 'a' is there twice" },
		{ SOURCES "environments: [{name: a/clone-1, groups: []}]\n",
			"line 5: 'name' wants a name" },
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
		cmocka_unit_test(test_config__reads_a_command_that_leads_to_hosts),
		cmocka_unit_test(test_config__knows_the_way_home),
		cmocka_unit_test(test_config__reads_a_command_that_leads_to_one_host),
		cmocka_unit_test(test_config__fills_in_defaults),
		cmocka_unit_test(test_config__knows_when_to_rehearse),
		cmocka_unit_test(test_config__knows_who_takes_the_load),
		cmocka_unit_test(test_config__finds_hosts_and_predecessors),
		cmocka_unit_test(test_config__reads_a_hundred_thousand_hosts),
		cmocka_unit_test(test_config__takes_hosts_of_an_inventory),
		cmocka_unit_test(test_config__fills_in_what_a_clone_needs),
		cmocka_unit_test(test_config__an_environment_need_not_be_cloned),
		cmocka_unit_test(test_config__reads_fence_and_rehearsals),
		cmocka_unit_test(test_config__refuses_and_says_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
