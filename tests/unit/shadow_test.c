/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "clone/shadow.h"
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
	"      - {name: web, hosts: [web1, web2], services: [nginx]}\n"
	"      - {name: db, hosts: [db1]}\n";

struct place {
	char directory[64];
	struct store *store;
	struct config *config;
};

static int setup(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct error err = { 0 };

	assert_non_null(p);
	strcpy(p->directory, "/tmp/shadow-test-XXXXXX");
	assert_non_null(mkdtemp(p->directory));
	assert_int_equal(0, store_open(p->directory, &p->store, &err));
	assert_int_equal(0, config_parse("p.yaml", text, strlen(text), &p->config, &err));
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	struct place *p = *state;
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

static const char recorded[] = "{\"hosts\":[{\"name\":\"web1\",\"group\":\"web\"},"
			       "{\"name\":\"old1\",\"group\":\"web\"}]}";
static const char reached[] =
	"{\"hosts\":[{\"host\":\"web1\",\"address\":\"10.78.0.11\",\"port\":22}],\"inside\":[]}";

static void test_shadow__has_the_hosts_that_were_copied(void **state)
{
	struct place *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", recorded, reached);
	struct error err = { 0 };

	assert_int_equal(0, shadow_add(p->config, p->store, &err));

	const struct environment *e = config_environment(p->config, "production/clone-1");

	assert_non_null(e);
	assert_ptr_equal(config_environment(p->config, "production"), e->original);
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

static void test_shadow__follows_its_row(void **state)
{
	static const char moved[] = "{\"hosts\":[{\"host\":\"old1\",\"address\":\"10.78.0.12\","
				    "\"port\":2022}],\"inside\":[]}";
	struct place *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", recorded, reached);
	const struct clone_change change = { .to = CLONE_MAKING, .machines = moved };
	CLEANUP(clone_row_done) struct clone_row now = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, shadow_update(p->config, &row, &err));

	const struct host *web = config_host(p->config, "production/clone-1/web1", NULL, NULL);
	const struct host *old = config_host(p->config, "production/clone-1/old1", NULL, NULL);

	assert_int_equal(0, store_clone_change(p->store, &row, &change, "alice", &err));
	assert_int_equal(0, store_clone_find(p->store, row.name, &now, &err));
	assert_int_equal(0, shadow_update(p->config, &now, &err));
	assert_string_equal("", web->address);
	assert_string_equal("10.78.0.12", old->address);
	assert_int_equal(2022, old->port);
	assert_int_equal(1, p->config->clone_count);
}

static void test_shadow__of_a_clone_that_has_just_begun_has_the_originals_hosts(void **state)
{
	struct place *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", NULL, NULL);
	struct error err = { 0 };

	assert_int_equal(0, shadow_add(p->config, p->store, &err));
	assert_non_null(config_host(p->config, "production/clone-1/web2", NULL, NULL));
	assert_non_null(config_host(p->config, "production/clone-1/db1", NULL, NULL));
}

static void test_shadow__outlives_its_original(void **state)
{
	struct place *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "beta", recorded, reached);
	CLEANUP(clone_row_done) struct clone_row blank = clone_with(p->store, "beta", NULL, NULL);
	struct error err = { 0 };

	assert_int_equal(0, shadow_add(p->config, p->store, &err));

	const struct environment *e = config_environment(p->config, "beta/clone-1");

	assert_non_null(e);
	assert_true(e->is_orphan);
	assert_string_equal("beta", e->original->name);
	assert_int_equal(2, e->groups[0].host_count);
	assert_null(config_environment(p->config, "beta/clone-2"));
}

static void test_shadow__of_a_removed_clone_is_not_there(void **state)
{
	struct place *p = *state;
	CLEANUP(clone_row_done)
	struct clone_row row = clone_with(p->store, "production", recorded, NULL);
	const struct clone_change removing = { .to = CLONE_REMOVING };
	const struct clone_change removed = { .to = CLONE_REMOVED };
	CLEANUP(clone_row_done) struct clone_row now = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, store_clone_change(p->store, &row, &removing, "alice", &err));
	assert_int_equal(0, store_clone_find(p->store, row.name, &now, &err));
	assert_int_equal(0, store_clone_change(p->store, &now, &removed, "alice", &err));
	assert_int_equal(0, shadow_add(p->config, p->store, &err));
	assert_int_equal(0, p->config->clone_count);
}

static void test_shadow__refuses_a_record_that_cannot_be_read(void **state)
{
	static const struct {
		const char *original, *machines, *told;
	} cases[] = {
		{ "{\"hosts\":[{\"name\":\"web1\"}]}", NULL,
			"clone 'production/clone-1': host 1 of its original has no name or no group" },
		{ "{", NULL, "clone 'production/clone-1': " },
		{ NULL, "[", "clone 'production/clone-1': " },
	};
	struct place *p = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct clone_row row = { .name = "production/clone-1",
			.environment = "production",
			.original = cases[i].original ? cases[i].original : "{}",
			.machines = cases[i].machines ? cases[i].machines : "{}" };
		struct error err = { 0 };

		assert_int_equal(-1, shadow_update(p->config, &row, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("case %zu: '%s' not in '%s'", i, cases[i].told, err.text);
	}
	assert_int_equal(0, p->config->clone_count);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_shadow__has_the_hosts_that_were_copied),
		IN_PLACE(test_shadow__follows_its_row),
		IN_PLACE(test_shadow__of_a_clone_that_has_just_begun_has_the_originals_hosts),
		IN_PLACE(test_shadow__outlives_its_original),
		IN_PLACE(test_shadow__of_a_removed_clone_is_not_there),
		IN_PLACE(test_shadow__refuses_a_record_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
