/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/jvalue.h"
#include "base/mem.h"
#include "model/hoststate.h"
#include "rehearse/equality.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A state of packages told as "name version status" words. */
static struct hoststate *state_of(const char *packages)
{
	CLEANUP(free) char *copy = mem_strdup(packages);
	CLEANUP(free)
	char *text = mem_strdup("Platform: debian-12-amd64\nArchitectures: amd64\n");
	struct hoststate *state = NULL;
	struct error err = { 0 };

	for (char *rest = copy, *line; (line = strsep(&rest, ";"));) {
		char name[40], version[40], status[40], *longer = NULL;

		if (sscanf(line, "%39s %39s %39s", name, version, status) != 3)
			continue;
		longer = mem_printf("%s\nPackage: %s\nStatus: install ok %s\nArchitecture: amd64\n"
				    "Version: %s\n",
			text, name, status, version);
		free(text);
		text = longer;
	}
	assert_int_equal(0, hoststate_read(text, strlen(text), &state, &err));
	return state;
}

static void test_equality__lists_each_difference(void **state)
{
	static const struct {
		const char *original, *clone, *told;
	} cases[] = {
		{ "a 1 installed;b 2 installed", "a 1 installed;b 2 installed", "" },
		{ "", "", "" },
		{ "a 1 installed;b 2 installed", "a 1 installed;b 3 installed", "b 2 3;" },
		{ "a 1 installed", "a 1 installed;b 3 installed", "b  3;" },
		{ "a 1 installed;b 2 installed;c 1 installed", "b 2 installed", "a 1 ;c 1 ;" },
		{ "a 2 installed", "b 2 installed", "a 2 ;b  2;" },
		{ "a 1 half-configured", "a 1 installed", "a 1 (in part) 1;" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(hoststate_free) struct hoststate *original = state_of(cases[i].original);
		CLEANUP(hoststate_free) struct hoststate *clone = state_of(cases[i].clone);
		CLEANUP(equality_done) struct equality e = { 0 };
		char told[200] = "";

		equality_add(&e, "prod-web1", original, clone);
		for (size_t k = 0; k < e.count; k++) {
			size_t size = strlen(told);

			assert_string_equal("prod-web1", e.items[k].host);
			snprintf(told + size, sizeof told - size, "%s %s %s;", e.items[k].name,
				e.items[k].original, e.items[k].clone);
		}
		assert_string_equal(cases[i].told, told);
		assert_string_equal(*told ? "differs" : "equal", equality_verdict(&e));
		assert_int_equal(1, e.hosts);
		assert_int_equal(*told ? 0 : 1, e.equal_hosts);
	}
}

static void test_equality__counts_hosts_apart(void **state)
{
	CLEANUP(hoststate_free) struct hoststate *one = state_of("a 1 installed");
	CLEANUP(hoststate_free) struct hoststate *two = state_of("a 2 installed");
	CLEANUP(equality_done) struct equality e = { 0 };

	(void)state;
	equality_add(&e, "prod-web1", one, one);
	equality_add(&e, "prod-web2", one, two);
	assert_int_equal(2, e.hosts);
	assert_int_equal(1, e.equal_hosts);

	CLEANUP(jvalue_free) struct jvalue *json = equality_json(&e);
	CLEANUP(free) char *text = jvalue_write(json);

	assert_string_equal("{\"differences\":[{\"architecture\":\"amd64\",\"clone\":\"2\","
			    "\"host\":\"prod-web2\",\"name\":\"a\",\"original\":\"1\"}],"
			    "\"equal_hosts\":1,\"hosts\":2,\"verdict\":\"differs\"}",
		text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equality__lists_each_difference),
		cmocka_unit_test(test_equality__counts_hosts_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
