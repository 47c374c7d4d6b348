/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "clone/topology_read.h"
#include "model/config.h"
#include "store/clone.h"
#include "store/store.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"sources: [{name: d, uri: http://mirror.example.org/debian, suites: bookworm, keyring: k}]\n"
	"platforms: [{name: debian-12-amd64, sources: [d]}]\n"
	"providers: [{name: btrfs, command: btrfs}]\n"
	"environments:\n"
	"  - name: production\n"
	"    clone: {provider: btrfs, gate: {approvals: 1}}\n"
	"    groups:\n"
	"      - {name: web, hosts: [{name: web1, user: u}, web2], services: [nginx]}\n"
	"      - {name: db, hosts: [db1]}\n";

struct shop {
	char directory[64];
	struct store *store;
	struct config *config;
};

static int setup(void **state)
{
	struct shop *p = calloc(1, sizeof *p);
	struct error err = { 0 };

	assert_non_null(p);
	strcpy(p->directory, "/tmp/topology-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	assert_int_equal(0, store_open(p->directory, &p->store, &err));
	assert_int_equal(0, config_parse("p.yaml", text, strlen(text), &p->config, &err));
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct shop *p = *state;
	struct error err = { 0 };

	store_close(p->store);
	config_free(p->config);
	assert_int_equal(0, file_remove_all(p->directory, &err));
	free(p);
	return 0;
}

/* Add a clone whose row has these texts, and read it again. */
static struct clone_row clone_with(
	struct store *store, const char *environment, const char *original, const char *machines)
{
	const struct clone_row_draft draft = {
		.environment = environment, .provider = "btrfs", .original = original
	};
	const struct clone_change change = { .to = CLONE_MAKING, .machines = machines };
	CLEANUP(clone_row_done) struct clone_row added = { 0 };
	struct clone_row row = { 0 };
	struct error err = { 0 };

	if (store_clone_add(store, &draft, "alice", &added, &err) < 0 ||
		store_clone_change(store, &added, &change, "alice", &err) < 0 ||
		store_clone_find(store, added.name, &row, &err) < 0)
		fail_msg("%s", err.text);
	return row;
}

static struct topology *read_now(const struct shop *p)
{
	struct topology *t = NULL;
	struct error err = { 0 };

	if (topology_read(p->config, p->store, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static const struct host *host_of(const struct topology *t, const char *name)
{
	struct place at = { 0 };

	assert_true(topology_find_host(t, name, &at));
	return at.host;
}

static const char recorded[] = "{\"hosts\":[{\"name\":\"web1\",\"group\":\"web\"},"
			       "{\"name\":\"old1\",\"group\":\"web\"}]}";
static const char reached[] =
	"{\"hosts\":[{\"host\":\"web1\",\"address\":\"10.78.0.11\",\"port\":22}],\"inside\":[]}";

static void test_topology__has_the_hosts_that_were_copied(void **state)
{
	struct shop *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", recorded, reached);
	CLEANUP(topology_free) struct topology *t = read_now(p);
	const struct environment *e = topology_environment(t, "production/clone-1");

	assert_non_null(e);
	assert_ptr_equal(&p->config->environments[0], e->original);
	assert_ptr_equal(e->original, topology_environment(t, "production"));
	assert_int_equal(1, e->gate.approvals);
	assert_int_equal(1, e->group_count);
	assert_string_equal("nginx", e->groups[0].services[0]);
	assert_int_equal(2, e->groups[0].host_count);
	assert_string_equal("production/clone-1/web1", e->groups[0].hosts[0].name);
	assert_string_equal("10.78.0.11", e->groups[0].hosts[0].address);
	assert_int_equal(22, e->groups[0].hosts[0].port);
	assert_string_equal("old1", host_plain_name(&e->groups[0].hosts[1]));
	assert_string_equal("", e->groups[0].hosts[1].address);
	assert_int_equal(1, p->config->environment_count);
}

/* What an operation holds does not move under it: the next topology has what changed. */
static void test_topology__stays_as_it_was(void **state)
{
	static const char moved[] = "{\"hosts\":[{\"host\":\"old1\",\"address\":\"10.78.0.12\","
				    "\"port\":2022}],\"inside\":[]}";
	struct shop *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", recorded, reached);
	const struct clone_change change = { .to = CLONE_MAKING, .machines = moved };
	CLEANUP(topology_free) struct topology *before = read_now(p);
	const struct host *web = host_of(before, "production/clone-1/web1");
	struct error err = { 0 };

	assert_int_equal(0, store_clone_change(p->store, &row, &change, "alice", &err));

	CLEANUP(topology_free) struct topology *now = read_now(p);

	assert_string_equal("10.78.0.11", web->address);
	assert_string_equal("", host_of(now, "production/clone-1/web1")->address);
	assert_string_equal("10.78.0.12", host_of(now, "production/clone-1/old1")->address);
	assert_int_equal(2022, host_of(now, "production/clone-1/old1")->port);
}

static void test_topology__of_a_clone_that_has_just_begun_has_the_originals_hosts(void **state)
{
	struct shop *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", NULL, NULL);
	CLEANUP(topology_free) struct topology *t = read_now(p);

	assert_true(topology_find_host(t, "production/clone-1/web2", NULL));
	assert_true(topology_find_host(t, "production/clone-1/db1", NULL));
}

static void test_topology__outlives_its_original(void **state)
{
	struct shop *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "beta", recorded, reached);
	CLEANUP(clone_row_done) struct clone_row blank = clone_with(p->store, "beta", NULL, NULL);
	CLEANUP(topology_free) struct topology *t = read_now(p);
	const struct environment *e = topology_environment(t, "beta/clone-1");

	assert_non_null(e);
	assert_true(e->is_orphan);
	assert_string_equal("beta", e->original->name);
	assert_int_equal(2, e->groups[0].host_count);
	assert_null(topology_environment(t, "beta/clone-2"));
}

static void remove_clone(struct store *store, const struct clone_row *row)
{
	const struct clone_change removing = { .to = CLONE_REMOVING };
	const struct clone_change removed = { .to = CLONE_REMOVED };
	CLEANUP(clone_row_done) struct clone_row now = { 0 };
	struct error err = { 0 };

	if (store_clone_change(store, row, &removing, "alice", &err) < 0 ||
		store_clone_find(store, row->name, &now, &err) < 0 ||
		store_clone_change(store, &now, &removed, "alice", &err) < 0)
		fail_msg("%s", err.text);
}

static void test_topology__of_a_removed_clone_is_not_there(void **state)
{
	struct shop *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", recorded, NULL);

	remove_clone(p->store, &row);

	CLEANUP(topology_free) struct topology *t = read_now(p);

	assert_int_equal(0, t->clone_count);
}

static void test_topology__refuses_a_record_that_cannot_be_read(void **state)
{
	static const struct {
		const char *original, *machines, *told;
	} cases[] = {
		{ "{\"hosts\":[{\"name\":\"web1\"}]}", NULL,
			"clone 'production/clone-1': host 1 of its original has no name or no group" },
		{ "{", NULL, "clone 'production/clone-2': " },
		{ NULL, "[", "clone 'production/clone-3': " },
	};
	struct shop *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(clone_row_done)
		struct clone_row row =
			clone_with(p->store, "production", cases[i].original, cases[i].machines);
		struct topology *t = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, topology_read(p->config, p->store, &t, &err));
		assert_null(t);
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' not in '%s'", i, cases[i].told, err.text);
		remove_clone(p->store, &row);
	}
}

/* ---- from drafts ---- */

static void test_topology__has_the_order_and_the_policies_of_the_original(void **state)
{
	static const struct clone_host hosts[] = {
		{ .name = "old", .group = "web", .address = "" },
		{ .name = "web2", .group = "web", .address = "" },
		{ .name = "web1", .group = "web", .address = "10.9.0.2", .port = 2201 },
		{ .name = "db1", .group = "db", .address = "" },
	};
	static const struct clone_draft draft = { "production/clone-3", hosts, 4 };
	struct shop *p = *state;
	CLEANUP(topology_free) struct topology *t = NULL;
	struct place at = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, topology_make(p->config, &draft, 1, &t, &err));

	const struct environment *clone = topology_environment(t, "production/clone-3");

	assert_int_equal(1, t->clone_count);
	assert_ptr_equal(clone, t->clones[0]);
	assert_null(config_environment(p->config, "production/clone-3"));
	assert_ptr_equal(topology_environment(t, "production"), clone->original);
	assert_false(clone->is_orphan);
	assert_int_equal(1, clone->gate.approvals);
	assert_string_equal("", clone->clone.provider);
	assert_null(config_predecessor(p->config, clone));
	assert_string_equal("web", clone->groups[0].name);
	assert_string_equal("nginx", clone->groups[0].services[0]);
	assert_int_equal(3, clone->groups[0].host_count);
	assert_string_equal("web1", host_plain_name(&clone->groups[0].hosts[0]));
	assert_string_equal("web2", host_plain_name(&clone->groups[0].hosts[1]));
	assert_string_equal("old", host_plain_name(&clone->groups[0].hosts[2]));
	assert_string_equal("db", clone->groups[1].name);
	assert_true(topology_find_host(t, "production/clone-3/web1", &at));
	assert_ptr_equal(clone, at.environment);
	assert_string_equal("web", at.group->name);
	assert_string_equal("10.9.0.2", at.host->address);
	assert_int_equal(2201, at.host->port);
	assert_string_equal("u", at.host->user);
	assert_ptr_equal(host_of(t, "web1"), at.host->original);
	assert_string_equal("web1", host_plain_name(at.host->original));
	assert_false(topology_find_host(t, "production/clone-3/web9", &at));
}

static void test_topology__an_orphan_has_what_was_copied(void **state)
{
	static const struct clone_host hosts[] = {
		{ "old1", "app", "10.9.0.2", 22 },
		{ "old2", "app", "10.9.0.3", 22 },
	};
	static const struct clone_draft draft = { "gone/clone-1", hosts, 2 };
	struct shop *p = *state;
	CLEANUP(topology_free) struct topology *t = NULL;
	struct error err = { 0 };

	assert_int_equal(0, topology_make(p->config, &draft, 1, &t, &err));

	const struct environment *clone = t->clones[0];

	assert_true(clone->is_orphan);
	assert_string_equal("gone", clone->original->name);
	assert_string_equal("app", clone->groups[0].name);
	assert_null(clone->groups[0].services[0]);
	assert_string_equal("", clone->groups[0].release_check);
	assert_string_equal("", clone->groups[0].reboot_command);
	assert_null(clone->groups[0].restart_except[0]);
	assert_int_equal(100, clone->groups[0].wave.value);
	assert_null(clone->gate.tests[0]);
	assert_string_equal("old1", clone->original->groups[0].hosts[0].name);
	assert_string_equal("10.9.0.3", clone->groups[0].hosts[1].address);
	assert_string_equal("old2", clone->groups[0].hosts[1].original->address);
	assert_string_equal("", clone->groups[0].hosts[1].original->user);
	assert_true(is_clone_name(clone->name));
	assert_false(is_clone_name(clone->original->name));
}

static void test_topology__wants_names_and_hosts(void **state)
{
	static const struct clone_host one = { .name = "w", .group = "web" };
	static const struct clone_host twice[] = { { .name = "w", .group = "web" },
		{ .name = "w", .group = "db" } };
	static const struct clone_host odd = { .name = "a/b", .group = "web" };
	static const struct clone_draft first = { "production/clone-1", &one, 1 };
	static const struct {
		struct clone_draft draft;
		const char *told;
	} cases[] = {
		{ { "production", &one, 1 }, "want ENVIRONMENT/clone-N" },
		{ { "production/", &one, 1 }, "want ENVIRONMENT/clone-N" },
		{ { "/clone-1", &one, 1 }, "want ENVIRONMENT/clone-N" },
		{ { "a/b/clone-1", &one, 1 }, "want ENVIRONMENT/clone-N" },
		{ { "a/clone-1", NULL, 0 }, "'a/clone-1' has no hosts" },
		{ { "a/clone-1", twice, 2 }, "host 'w' is there twice" },
		{ { "a/clone-1", &odd, 1 }, "'a/b' in 'web' is not a host in a group" },
		{ { "production/clone-1", &one, 1 }, "clone 'production/clone-1' is there twice" },
	};
	struct shop *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct clone_draft drafts[] = { first, cases[i].draft };
		struct topology *t = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, topology_make(p->config, drafts, 2, &t, &err));
		assert_null(t);
		assert_int_equal(ERR_USAGE, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' not in '%s'", i, cases[i].told, err.text);
	}
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_topology__has_the_hosts_that_were_copied),
		IN_PLACE(test_topology__stays_as_it_was),
		IN_PLACE(test_topology__of_a_clone_that_has_just_begun_has_the_originals_hosts),
		IN_PLACE(test_topology__outlives_its_original),
		IN_PLACE(test_topology__of_a_removed_clone_is_not_there),
		IN_PLACE(test_topology__refuses_a_record_that_cannot_be_read),
		IN_PLACE(test_topology__has_the_order_and_the_policies_of_the_original),
		IN_PLACE(test_topology__an_orphan_has_what_was_copied),
		IN_PLACE(test_topology__wants_names_and_hosts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
