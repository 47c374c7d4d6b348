/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "model/config.h"
#include "model/topology.h"
#include "rollout/drain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"sources:\n"
	"  - {name: debian, uri: http://mirror.example.org/debian, suites: bookworm, keyring: k.gpg}\n"
	"platforms:\n"
	"  - {name: debian-12-amd64, sources: [debian]}\n"
	"environments:\n"
	"  - name: shop\n"
	"    groups:\n"
	"      - {name: db, hosts: [db1]}\n"
	"      - {name: web, hosts: [web1], drain: {driver: haproxy, on: lb1, backend: b}}\n"
	"      - {name: api, hosts: [api1], drain: {driver: command, out: \"exit 3\", in: "
	"\"echo $PATCHLINE_ACTION of $PATCHLINE_HOST, $PATCHLINE_ROLLOUT\"}}\n"
	"      - {name: lb, hosts: [lb1]}\n";

static struct config *read_config(void)
{
	struct config *c = NULL;
	struct error err = { 0 };

	if (config_parse("/tmp/patchline.yaml", text, sizeof text - 1, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static struct topology *make_topology(
	const struct config *c, const struct clone_draft *drafts, size_t count)
{
	struct topology *t = NULL;
	struct error err = { 0 };

	if (topology_make(c, drafts, count, &t, &err) < 0)
		fail_msg("%s", err.text);
	return t;
}

static struct drain_call call_for(const struct topology *t, const char *host)
{
	struct place at = { 0 };

	assert_true(topology_find_host(t, host, &at));
	return (struct drain_call){ .config = t->config,
		.environment = at.environment,
		.group = at.group,
		.host = at.host,
		.rollout = 7,
		.candidate = "2.2+a41f",
		.timeout_ms = 10000 };
}

static void test_drain__a_clone_has_a_balancer_of_its_own_or_keeps_its_load(void **state)
{
	static const struct clone_host whole[] = { { .name = "web1", .group = "web" },
		{ .name = "api1", .group = "api" }, { .name = "lb1", .group = "lb" } };
	static const struct clone_draft drafts[] = { { "shop/clone-1", whole, 3 },
		{ "shop/clone-2", whole, 2 } };
	static const struct {
		const char *host;
		bool is_meant;
		const char *why;
	} cases[] = {
		{ "db1", false, "" },
		{ "web1", true, "" },
		{ "api1", true, "" },
		{ "shop/clone-1/web1", true, "" },
		{ "shop/clone-1/api1", false, "commands that drain are not run for a clone" },
		{ "shop/clone-2/web1", false, "the clone has no copy of its load balancer" },
	};
	CLEANUP(config_free) struct config *c = read_config();
	CLEANUP(topology_free) struct topology *t = make_topology(c, drafts, 2);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct drain_call call = call_for(t, cases[i].host);
		const char *why = NULL;

		assert_int_equal(cases[i].is_meant, drain_is_meant(&call, &why));
		if (!strstr(why, cases[i].why))
			fail_msg("%s: '%s'", cases[i].host, why);
	}
}

static void test_drain__what_is_not_meant_is_said_and_not_done(void **state)
{
	static const struct clone_host api = { .name = "api1", .group = "api" };
	static const struct clone_draft draft = { "shop/clone-1", &api, 1 };
	CLEANUP(config_free) struct config *c = read_config();
	CLEANUP(topology_free) struct topology *t = make_topology(c, &draft, 1);
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	const struct drain_call call = call_for(t, "shop/clone-1/api1");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, drain_out(&call, &told, &err)); /* "exit 3" would fail */
	assert_non_null(strstr(str_text(&told.log), "not run for a clone"));
}

static void test_drain__commands_know_what_they_are_run_for(void **state)
{
	CLEANUP(config_free) struct config *c = read_config();
	CLEANUP(drain_told_done) struct drain_told told = { 0 };
	CLEANUP(topology_free) struct topology *t = make_topology(c, NULL, 0);
	const struct drain_call call = call_for(t, "api1");
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, drain_in(&call, &told, &err));
	assert_string_equal("undrain of api1, rollout-7\n", str_text(&told.log));
	assert_int_equal(-1, drain_out(&call, &told, &err));
	assert_non_null(strstr(err.text, "'exit 3' ended with 3"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drain__a_clone_has_a_balancer_of_its_own_or_keeps_its_load),
		cmocka_unit_test(test_drain__what_is_not_meant_is_said_and_not_done),
		cmocka_unit_test(test_drain__commands_know_what_they_are_run_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
