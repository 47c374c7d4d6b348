/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/ansible.h"
#include "model/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG                                                                                     \
	"sources:\n"                                                                               \
	"  - {name: debian, uri: http://mirror.example.org/debian, suites: bookworm, "             \
	"keyring: k.gpg}\n"                                                                        \
	"platforms:\n"                                                                             \
	"  - {name: debian-12-amd64, sources: [debian]}\n"                                         \
	"environments: [{name: development, groups: [{name: web, ansible-group: dev_web}]}]\n"
#define FROM_FILE CONFIG "ansible-inventory: inventory\n"
#define TWO_GROUPS                                                                                   \
	"sources:\n"                                                                                 \
	"  - {name: debian, uri: http://deb.example.org/debian, suites: bookworm, keyring: k.gpg}\n" \
	"platforms:\n"                                                                               \
	"  - {name: debian-12-amd64, sources: [debian]}\n"                                           \
	"ansible-inventory: inventory\n"                                                             \
	"environments: [{name: development, groups: [{name: web, ansible-group: dev_web}, "          \
	"{name: other, ansible-group: qa_web}]}]\n"

struct place {
	char directory[40];
	struct config *config; /* owned */
};

static void put(const struct place *p, const char *name, const char *text, unsigned mode)
{
	CLEANUP(free) char *path = path_join(p->directory, name);
	struct error err = { 0 };

	if (file_write(path, text, strlen(text), mode, &err) < 0)
		fail_msg("%s", err.text);
}

/* The outcome with that inventory. */
static int add(struct place *p, const char *config, const char *inventory, unsigned mode,
	struct error *err)
{
	CLEANUP(free) char *path = path_join(p->directory, "patchline.yaml");

	config_free(STEAL(&p->config));
	put(p, "patchline.yaml", config, 0600);
	if (inventory)
		put(p, "inventory", inventory, mode);
	if (config_read(path, NULL, &p->config, err) < 0)
		fail_msg("%s", err->text);
	return ansible_add_hosts(p->config, err);
}

static void test_ansible__takes_hosts_of_a_group_and_its_children(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	static const char inventory[] =
		"{\"_meta\": {\"hostvars\": {\"web2\": {\"ansible_host\": \"10.0.0.2\", "
		"\"ansible_port\": 2222, \"ansible_user\": \"ops\"}, \"web1\": {\"ansible_port\": "
		"\"22\"}}}, \"all\": {\"children\": [\"dev_web\", \"ungrouped\"]}, \"dev_web\": "
		"{\"hosts\": [\"web2\"], \"children\": [\"nginx\", \"nowhere\"]}, \"nginx\": "
		"{\"children\": [\"old\", \"dev_web\"], \"hosts\": [\"web2\", \"web1\"]}, "
		"\"old\": [\"a-web3\"], \"other\": {\"hosts\": [\"db1\"]}}";

	if (add(p, FROM_FILE, inventory, 0600, &err) < 0)
		fail_msg("%s", err.text);

	const struct group *group = &p->config->environments[0].groups[0];

	assert_int_equal(3, group->host_count);
	assert_string_equal("a-web3", group->hosts[0].name);
	assert_string_equal("a-web3", group->hosts[0].address);
	assert_int_equal(0, group->hosts[0].port);
	assert_string_equal("web1", group->hosts[1].name);
	assert_int_equal(22, group->hosts[1].port);
	assert_string_equal("web2", group->hosts[2].name);
	assert_string_equal("10.0.0.2", group->hosts[2].address);
	assert_string_equal("ops", group->hosts[2].user);
	assert_int_equal(2222, group->hosts[2].port);
}

static void test_ansible__runs_an_executable(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };

	if (add(p, FROM_FILE,
		    "#!/bin/sh\ncase $1 in --list) echo '{\"dev_web\": [\"w1\"]}' ;; *) echo '{}' ;; esac\n",
		    0700, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(1, p->config->environments[0].groups[0].host_count);
}

/* The older names, the alphabet and the priority as ansible-core itself has them; a circle, which it refuses, ends here. */
static void test_ansible__obeys_what_ansible_obeys(void **state)
{
	static const struct {
		const char *inventory;
		const char *address, *user, *identity;
		int port;
	} cases[] = {
		/* the older names, which win over the newer ones */
		{ "{\"dev_web\": [\"w\"], \"_meta\": {\"hostvars\": {\"w\": {\"ansible_ssh_host\": "
		  "\"10.0.0.1\", \"ansible_host\": \"10.0.0.9\", \"ansible_ssh_port\": \"2222\", "
		  "\"ansible_ssh_user\": \"ops\", \"ansible_ssh_private_key_file\": \"/k\"}}}}",
			"10.0.0.1", "ops", "/k", 2222 },
		/* variables of groups: all, then parents, then children, then the host's own */
		{ "{\"all\": {\"children\": [\"dev_web\"], \"vars\": {\"ansible_port\": 1, "
		  "\"ansible_user\": \"everybody\"}}, \"dev_web\": {\"children\": [\"inner\"], "
		  "\"vars\": {\"ansible_port\": 2, \"ansible_host\": \"10.0.0.2\"}}, \"inner\": "
		  "{\"hosts\": [\"w\"], \"vars\": {\"ansible_port\": 3}}, \"_meta\": {\"hostvars\": {}}}",
			"10.0.0.2", "everybody", "", 3 },
		{ "{\"zz\": {\"hosts\": [\"w\"], \"vars\": {\"ansible_port\": 7}}, \"dev_web\": "
		  "{\"hosts\": [\"w\"], \"vars\": {\"ansible_port\": 8}}}",
			"w", "", "", 7 },
		{ "{\"zz\": {\"hosts\": [\"w\"], \"vars\": {\"ansible_port\": 7}}, \"dev_web\": "
		  "{\"hosts\": [\"w\"], \"vars\": {\"ansible_port\": 8, \"ansible_group_priority\": "
		  "10}}, \"_meta\": {\"hostvars\": {\"w\": {\"ansible_connection\": \"smart\", "
		  "\"ansible_ssh_common_args\": \"-o ControlMaster=auto\", \"color\": {}}}}}",
			"w", "", "", 8 },
		/* a circle of children */
		{ "{\"a\": {\"children\": [\"dev_web\"], \"vars\": {\"ansible_user\": \"al\"}}, "
		  "\"dev_web\": {\"children\": [\"a\"], \"hosts\": [\"w\"]}}",
			"w", "al", "", 0 },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };

		if (add(p, FROM_FILE, cases[i].inventory, 0600, &err) < 0)
			fail_msg("case %zu: %s", i, err.text);

		const struct host *host = &p->config->environments[0].groups[0].hosts[0];

		assert_string_equal(cases[i].address, host->address);
		assert_string_equal(cases[i].user, host->user);
		assert_string_equal(cases[i].identity, host->identity);
		assert_int_equal(cases[i].port, host->port);
	}
}

/* A chain of groups, the last in the alphabet outermost: the innermost wins. What costs the square of them, ends in no test's time. */
static void test_ansible__reads_many_groups_one_inside_the_other(void **state)
{
	struct place *p = *state;
	CLEANUP(str_done) struct str inventory = { 0 };
	struct error err = { 0 };

	str_add(&inventory, "{\"dev_web\": {\"children\": [\"g-50000\"]}");
	for (unsigned i = 50000; i > 10000; i--)
		str_addf(&inventory,
			", \"g-%u\": {\"hosts\": [\"w-%u\"], \"vars\": {\"ansible_user\": \"u%u\"}, "
			"\"children\": [\"g-%u\"]}",
			i, i, i, i - 1);
	str_add(&inventory, "}");
	if (add(p, FROM_FILE, inventory.text, 0600, &err) < 0)
		fail_msg("%s", err.text);

	const struct group *group = &p->config->environments[0].groups[0];

	assert_int_equal(40000, group->host_count);
	for (unsigned i = 0; i < 40000; i++)
		assert_int_equal(10001 + i, strtoul(group->hosts[i].user + 1, NULL, 10));
}

static void test_ansible__asks_a_program_for_each_host(void **state)
{
	static const char inventory[] =
		"#!/bin/sh\ncase $1 in --list) echo '{\"dev_web\": [\"w1\", \"w2\"], \"qa_web\": "
		"[\"w3\"]}' ;;\n"
		"--host) [ $2 != w2 ] && echo '{\"ansible_host\": \"10.0.0.1\", "
		"\"ansible_connection\": \"local\"}' || echo '{}' ;; esac\n";
	struct place *p = *state;
	struct error err = { 0 };

	if (add(p, TWO_GROUPS, inventory, 0700, &err) < 0)
		fail_msg("%s", err.text);

	const struct host *hosts = p->config->environments[0].groups[0].hosts;

	assert_string_equal("10.0.0.1", hosts[0].address);
	assert_string_equal("sh", hosts[0].command[0]);
	assert_string_equal("w2", hosts[1].address);
	assert_null(hosts[1].command);
	/* A group that comes later is asked for, too. */
	assert_string_equal("10.0.0.1", p->config->environments[0].groups[1].hosts[0].address);
}

#define WITH(variable) "{\"dev_web\": [\"a\"], \"_meta\": {\"hostvars\": {\"a\": {" variable "}}}}"

static void test_ansible__refuses_and_says_why(void **state)
{
	static const struct {
		const char *config, *inventory;
		unsigned mode;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{ CONFIG, NULL, 0, ERR_USAGE,
			"group 'web' wants ansible-group 'dev_web', and no ansible-inventory" },
		{ CONFIG "ansible-inventory: nowhere\n", NULL, 0, ERR_NOT_FOUND,
			"nowhere: No such" },
		{ FROM_FILE, "", 0600, ERR_CORRUPT,
			"inventory: not what 'ansible-inventory --list'" },
		{ FROM_FILE, "[web]\nw1\n", 0600, ERR_CORRUPT,
			"not what 'ansible-inventory --list'" },
		{ FROM_FILE, "[1]", 0600, ERR_CORRUPT, "want an object of groups" },
		{ FROM_FILE, "{\"dev-web\": []}", 0600, ERR_NOT_FOUND,
			"no group 'dev_web' in the inventory; did you mean 'dev-web'?" },
		{ FROM_FILE, "{\"dev_web\": {\"hosts\": []}}", 0600, ERR_NOT_FOUND,
			"has no hosts" },
		{ FROM_FILE, "{\"dev_web\": 5}", 0600, ERR_CORRUPT,
			"group 'dev_web': want an object or a list" },
		{ FROM_FILE, "{\"dev_web\": {\"hosts\": {\"a\": 1}}}", 0600, ERR_CORRUPT,
			"hosts of group 'dev_web': want a list of names" },
		{ FROM_FILE, "{\"dev_web\": {\"children\": [7]}}", 0600, ERR_CORRUPT,
			"children of group 'dev_web': entry 1 is not a name" },
		{ FROM_FILE,
			"{\"dev_web\": [\"a\"], \"_meta\": {\"hostvars\": {\"a\": "
			"{\"ansible_port\": \"ssh\"}}}}",
			0600, ERR_CORRUPT, "host 'a': ansible_port is not a port" },
		{ FROM_FILE, WITH("\"ansible_host\": \"{{ mgmt_ip }}\""), 0600, ERR_CORRUPT,
			"host 'a': ansible_host is a template, '{{ mgmt_ip }}'" },
		{ FROM_FILE, WITH("\"ansible_user\": [\"x\"]"), 0600, ERR_CORRUPT,
			"host 'a': ansible_user is no text" },
		{ FROM_FILE, WITH("\"ansible_port\": 0"), 0600, ERR_CORRUPT, "is not a port" },
		{ FROM_FILE, WITH("\"ansible_connection\": \"docker\""), 0600, ERR_USAGE,
			"host 'a': ansible_connection is 'docker'" },
		{ FROM_FILE, WITH("\"ansible_ssh_common_args\": \"-o ProxyJump=bastion\""), 0600,
			ERR_USAGE, "put it into the ssh configuration" },
		{ FROM_FILE, WITH("\"ansible_host\": \"db one.example\""), 0600, ERR_USAGE,
			"host 'a': 'db one.example' is no address" },
		{ FROM_FILE, WITH("\"ansible_host\": \"-oProxyCommand=x\""), 0600, ERR_USAGE,
			"is no address" },
		{ FROM_FILE, WITH("\"ansible_host\": \"ops@10.0.0.1\""), 0600, ERR_USAGE,
			"is no address" },
		{ FROM_FILE, WITH("\"ansible_host\": \"10.0.0.1:22\""), 0600, ERR_USAGE,
			"is no address" },
		{ FROM_FILE, "#!/bin/sh\necho no such cloud >&2\nexit 4\n", 0700, ERR_SYSTEM,
			"'--list' ended with 4: no such cloud" },
		{ FROM_FILE, "#!/bin/sh\necho hello\n", 0700, ERR_CORRUPT, "not what" },
		{ FROM_FILE, "#!/nonexistent/python\n", 0700, ERR_NOT_FOUND, "inventory" },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct error err = { 0 };

		assert_int_equal(
			-1, add(p, cases[i].config, cases[i].inventory, cases[i].mode, &err));
		if (err.kind != cases[i].kind || !strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' (%s)", i, err.text, error_kind_name(err.kind));
	}
}

static int start(void **state)
{
	struct place *p = mem_new(1, sizeof *p);

	strcpy(p->directory, "/tmp/ansible-test-XXXXXX");
	*state = p;
	return mkdtemp(p->directory) ? 0 : -1;
}

static int stop(void **state)
{
	struct place *p = *state;
	struct error err = { 0 };
	int result = file_remove_all(p->directory, &err);

	config_free(p->config);
	free(p);
	return result;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ansible__takes_hosts_of_a_group_and_its_children),
		cmocka_unit_test(test_ansible__runs_an_executable),
		cmocka_unit_test(test_ansible__obeys_what_ansible_obeys),
		cmocka_unit_test(test_ansible__reads_many_groups_one_inside_the_other),
		cmocka_unit_test(test_ansible__asks_a_program_for_each_host),
		cmocka_unit_test(test_ansible__refuses_and_says_why),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
