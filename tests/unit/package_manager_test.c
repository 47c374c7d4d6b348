/* SPDX-License-Identifier: Apache-2.0 */
/* Which package manager a platform has, and what follows; with the table of tests/host/fake. */
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/pool.h"
#include "content/repository.h"
#include "model/hoststate.h"
#include "model/package_manager.h"
#include "model/patchset.h"
#include "model/patchset_draft.h"
#include "model/version.h"
#include "plan/plan.h"
#include "plan/universe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_package_manager__is_that_of_the_distribution(void **state)
{
	static const struct {
		const char *platform, *name;
	} cases[] = {
		{ "fake-1-any", "fake" },
		{ "fake-1", "fake" },
		{ "fakery-1-any", "apt" },
		{ "fak-1-any", "apt" },
		{ "debian-12-amd64", "apt" },
		{ "a-distribution-of-somebody", "apt" },
		{ "", "apt" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(cases[i].name, package_manager_of(cases[i].platform)->name);
}

static int read_state(const char *platform, const char *version, struct hoststate **out)
{
	struct error err = { 0 };
	char text[200];

	snprintf(text, sizeof text,
		"Platform: %s\nArchitectures: any\n\nPackage: a\nStatus: install ok installed\n"
		"Architecture: any\nVersion: %s\n",
		platform, version);
	return hoststate_read(text, strlen(text), out, &err);
}

static void test_package_manager__says_what_is_a_version(void **state)
{
	CLEANUP(hoststate_free) struct hoststate *s = NULL, *none = NULL;

	(void)state;
	assert_int_equal(0, read_state("fake-1-any", "2!", &s));
	assert_int_equal(-1, read_state("debian-12-any", "2!", &none));
}

/* A host of that platform has 10, and could have 9 or 11. */
static void assert_planned(const char *platform, const char *version)
{
	static const char index[] = "Package: a\nArchitecture: any\nVersion: 9\n\n"
				    "Package: a\nArchitecture: any\nVersion: 11\n";
	char path[] = "/tmp/patchline-index.XXXXXX";
	CLEANUP(universe_free) struct universe *u = universe_new(platform);
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	CLEANUP(plan_free) struct plan *plan = NULL;
	struct feed feed = { .name = "f", .path = path };
	struct error err = { 0 };

	assert_return_code(close(mkstemp(path)), 0);
	assert_int_equal(0, file_write(path, index, sizeof index - 1, 0600, &err));
	assert_int_equal(0, universe_read(u, &feed, &err));
	assert_return_code(unlink(path), 0);
	assert_int_equal(0, read_state(platform, "10", &s));
	assert_int_equal(0, universe_add_state(u, s, &err));
	universe_finish(u);
	assert_int_equal(0, plan_make(u, s, NULL, &plan, &err));
	assert_int_equal(1, plan_change_count(plan));
	assert_string_equal(version, plan_change_at(plan, 0)->to);
}

static void test_package_manager__orders_what_is_planned(void **state)
{
	(void)state;
	assert_planned("fake-1-any", "9");
	assert_planned("debian-12-any", "11");
}

static void remove_folder(char **path)
{
	struct error err = { 0 };

	assert_int_equal(0, file_remove_all(*path, &err));
}

static void test_package_manager__reads_repositories_of_its_form(void **state)
{
	__attribute__((cleanup(remove_folder))) char *folder =
		mkdtemp((char[]){ "/tmp/patchline-XXXXXX" });
	CLEANUP(pool_close) struct pool *pool = NULL;
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = patchset_draft_new("1.0", 1);
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(free) char *text = NULL, *index_text = NULL, *wanted = NULL, *proof = NULL;
	struct repository_index index = { 0 };
	char sha256[DIGEST_HEX_SIZE], digest[DIGEST_HEX_SIZE];
	struct error err = { 0 };
	size_t size = 0;

	(void)state;
	assert_int_equal(0, pool_open(folder, &pool, &err));
	assert_int_equal(0, pool_put_bytes(pool, "shop 2\n", 7, sha256, &err));

	const struct package shop = { .name = "shop", .version = "2", .sha256 = sha256, .size = 7 };
	const struct package *const all[] = { &shop };

	assert_int_equal(-1, repository_index(pool, "debian-12-any", all, 1, &index, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_int_equal(0, repository_index(pool, "fake-1-any", all, 1, &index, &err));
	wanted = mem_printf("shop 2 pool/%s.fake\n", sha256);
	assert_int_equal(0, pool_read(pool, index.sha256, 1000, &index_text, NULL, &err));
	assert_string_equal(wanted, index_text);

	patchset_draft_add_repository(
		draft, &(struct repository){ "fake-1-any", index.sha256, index.size });
	assert_int_equal(0, patchset_seal(draft, &text, &size, digest, &err));
	assert_int_equal(0, patchset_read(text, size, digest, &set, &err));
	assert_int_equal(-1, repository_check(folder, set, "fake-1-any", &err));
	assert_int_equal(0, repository_publish(folder, set, &err));
	assert_int_equal(0, repository_check(folder, set, "fake-1-any", &err));
	proof = mem_printf("%s/sets/%s/fake-1-any/PROOF", folder, digest);
	assert_int_equal(0, file_write(proof, "x", 1, 0644, &err));
	assert_int_equal(-1, repository_check(folder, set, "fake-1-any", &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_package_manager__is_that_of_the_distribution),
		cmocka_unit_test(test_package_manager__says_what_is_a_version),
		cmocka_unit_test(test_package_manager__orders_what_is_planned),
		cmocka_unit_test(test_package_manager__reads_repositories_of_its_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
