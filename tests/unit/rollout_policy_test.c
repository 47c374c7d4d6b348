/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "model/config.h"
#include "model/rollout_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char text[] =
	"sources:\n"
	"  - {name: debian, uri: http://mirror.example.org/debian, suites: bookworm, keyring: k.gpg}\n"
	"platforms: [{name: debian-12-amd64, sources: [debian]}]\n"
	"environments:\n"
	"  - name: qa\n"
	"    failure-budget: 30%\n"
	"    groups:\n"
	"      - name: web\n"
	"        hosts: [web1, web2]\n"
	"        canary: 2\n"
	"        wave: 25%\n"
	"        failure-budget: 3\n"
	"        budgets: {unreachable: 5%, apply: 0}\n"
	"        services: [nginx]\n"
	"        health: [\"curl -f 'http://localhost/' | grep \\\"ok: 1\\\"\", \"true # {}\"]\n"
	"        reboot: if-needed\n"
	"        reboot-except: [web2]\n"
	"        reboot-timeout: 90s\n"
	"        reboot-at-once: 4\n"
	"      - name: db\n"
	"        hosts: [db1]\n";

static void test_rollout_policy__reads_what_it_wrote(void **state)
{
	CLEANUP(config_free) struct config *c = NULL;
	CLEANUP(jvalue_free) struct jvalue *written = NULL;
	CLEANUP(rollout_policy_free) struct rollout_policy *p = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, config_parse("patchline.yaml", text, strlen(text), &c, &err));
	written = rollout_policy_write(&c->environments[0]);
	assert_int_equal(0, rollout_policy_read(written, &p, &err));
	assert_int_equal(30, p->failure_budget.value);
	assert_int_equal(2, p->group_count);

	const struct group *web = rollout_policy_group(p, "web"),
			   *now = &c->environments[0].groups[0];

	assert_non_null(web);
	assert_null(rollout_policy_group(p, "lb"));
	assert_int_equal(0, web->host_count);
	assert_int_equal(2, web->canary);
	assert_memory_equal(&now->wave, &web->wave, sizeof web->wave);
	assert_memory_equal(&now->failure_budget, &web->failure_budget, sizeof web->wave);
	assert_int_equal(5, web->budgets.of[FAILURE_UNREACHABLE].value);
	assert_int_equal(0, web->budgets.of[FAILURE_APPLY].value);
	assert_string_equal(now->health[0], web->health[0]);
	assert_string_equal("true # {}", web->health[1]);
	assert_string_equal("nginx", web->services[0]);
	assert_int_equal(REBOOT_IF_NEEDED, web->reboot);
	assert_string_equal("web2", web->reboot_except[0]);
	assert_int_equal(90, web->reboot_timeout);
	assert_int_equal(4, web->reboot_at_once);
	assert_int_equal(RESTART_AUTO, web->restart);
}

static void test_rollout_policy__refuses_what_is_none(void **state)
{
	static const char *const cases[] = { "{}", "[]", "{\"groups\": [{}]}",
		"{\"groups\": [{\"name\": \"web\", \"wave\": \"x\"}]}",
		"{\"waves\": 1, \"groups\": []}" };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(jvalue_free) struct jvalue *v = NULL;
		struct rollout_policy *p = NULL;
		struct error err = { 0 };

		assert_int_equal(0, jvalue_parse(cases[i], strlen(cases[i]), &v, &err));
		assert_int_equal(-1, rollout_policy_read(v, &p, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_null(p);
	}
}

/* The file with these groups instead. */
static struct config *configured(const char *groups)
{
	size_t head = (size_t)(strstr(text, "    groups:") - text);
	CLEANUP(free) char *whole = mem_printf("%.*s    groups: [%s]\n", (int)head, text, groups);
	struct config *c = NULL;
	struct error err = { 0 };

	if (config_parse("patchline.yaml", whole, strlen(whole), &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static void test_rollout_policy__tells_what_the_configuration_says_otherwise(void **state)
{
	static const struct {
		const char *groups, *told;
	} cases[] = {
		{ "{name: web, hosts: [w1], health: [a]}, {name: db, hosts: [d1]}", "" },
		{ "{name: web, hosts: [w1, w2], health: [a], files: [/etc/x]}, {name: db, hosts: [d1]}",
			"" },
		{ "{name: web, hosts: [w1], health: [b], services: [s]}, {name: db, hosts: [d1]}",
			"web: services, health" },
		{ "{name: web, hosts: [w1]}, {name: db, hosts: [d1], wave: 2}",
			"web: health; db: wave" },
		{ "{name: web, hosts: [w1], health: [a]}", "db: is no group any more" },
	};
	CLEANUP(config_free) struct config *then = configured(cases[0].groups);
	CLEANUP(jvalue_free) struct jvalue *began = rollout_policy_write(&then->environments[0]);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(config_free) struct config *now = configured(cases[i].groups);
		CLEANUP(free) char *told = NULL;
		struct error err = { 0 };

		assert_int_equal(
			0, rollout_policy_difference(began, &now->environments[0], &told, &err));
		assert_string_equal(cases[i].told, told);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollout_policy__reads_what_it_wrote),
		cmocka_unit_test(test_rollout_policy__refuses_what_is_none),
		cmocka_unit_test(test_rollout_policy__tells_what_the_configuration_says_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
