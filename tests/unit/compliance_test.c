/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/hoststate.h"
#include "model/patchset.h"
#include "model/patchset_draft.h"
#include "plan/compliance.h"
#include "plan/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define DEB12    "debian-12-amd64"
#define DIGEST   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define SEEN_MAX 4

/* What a set makes of a host that has that version of its package. */
struct seen {
	const char *installed;
	enum compliance_verdict verdict;
	const char *to; /* the version that it gets; NULL: stays */
};

struct situation {
	struct package packages[3]; /* name, architecture and the rest are filled in */
	struct seen seen[SEEN_MAX];
};

static const struct situation situations[] = {
	/* of backports: not for who has the archive's */
	{ { { .version = "99~bpo", .above = "1.6" } },
		{ { "98~bpo", COMPLIANCE_BEHIND, "99~bpo" }, { "1.6", COMPLIANCE_AT_SET, NULL },
			{ "1.5", COMPLIANCE_AT_SET, NULL },
			{ "99~bpo", COMPLIANCE_AT_SET, NULL } } },
	/* both: each host gets its own */
	{ { { .version = "1.7", .passed_by = "98~bpo" }, { .version = "99~bpo", .above = "1.7" } },
		{ { "98~bpo", COMPLIANCE_BEHIND, "99~bpo" }, { "1.6", COMPLIANCE_BEHIND, "1.7" },
			{ "1.7", COMPLIANCE_AT_SET, NULL },
			{ "100", COMPLIANCE_ELSEWHERE, NULL } } },
	/* of the archive alone: who had backports stays, who took something newer was elsewhere */
	{ { { .version = "1.7", .passed_by = "98~bpo" } },
		{ { "98~bpo", COMPLIANCE_AT_SET, NULL }, { "1.6", COMPLIANCE_BEHIND, "1.7" },
			{ "99~bpo", COMPLIANCE_ELSEWHERE, NULL } } },
	/* of experimental: only for who has none */
	{ { { .version = "2~exp", .raises_nothing = true } },
		{ { "1~exp", COMPLIANCE_AT_SET, NULL }, { "2~exp", COMPLIANCE_AT_SET, NULL } } },
	/* without limits */
	{ { { .version = "2" } },
		{ { "1", COMPLIANCE_BEHIND, "2" }, { "3", COMPLIANCE_ELSEWHERE, NULL } } },
};

static struct patchset *make_set(const struct situation *s, const char *index)
{
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = patchset_draft_new("1", 1);
	CLEANUP(str_done) struct str packages = { 0 };
	CLEANUP(free) char *text = NULL;
	struct repository repository = { DEB12, DIGEST, 1 };
	struct patchset *set = NULL;
	struct error err = { 0 };
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;

	for (size_t i = 0; s->packages[i].version; i++) {
		struct package p = s->packages[i];

		p.platform = DEB12;
		p.name = "jq";
		p.architecture = "amd64";
		p.sha256 = DIGEST;
		p.size = 1;
		p.source = "debian";
		p.filename = "x.deb";
		patchset_draft_add_package(draft, &p);
		str_addf(&packages, "Package: jq\nVersion: %s\nArchitecture: amd64\n\n", p.version);
	}
	patchset_draft_add_repository(draft, &repository);
	assert_int_equal(0, patchset_seal(draft, &text, &size, digest, &err));
	assert_int_equal(0, patchset_read(text, size, digest, &set, &err));
	assert_int_equal(0, file_write(index, packages.text, packages.size, 0600, &err));
	return set;
}

static struct hoststate *make_state(const char *version)
{
	CLEANUP(free)
	char *text = mem_printf("Platform: " DEB12 "\nArchitectures: amd64\n\nPackage: jq\n"
				"Status: install ok installed\nVersion: %s\nArchitecture: amd64\n",
		version);
	struct hoststate *state = NULL;
	struct error err = { 0 };

	assert_int_equal(0, hoststate_read(text, strlen(text), &state, &err));
	return state;
}

static void check_state(const struct patchset *set, const char *index, const struct seen *seen)
{
	CLEANUP(hoststate_free) struct hoststate *state = make_state(seen->installed);
	CLEANUP(compliances_free) struct compliances *c = NULL;
	const struct hoststate *states[] = { state };
	struct error err = { 0 };

	assert_int_equal(0, compliances_new(set, &index, states, 1, &c, &err));
	if (compliances_verdict(c, 0) != seen->verdict)
		fail_msg("%s: %s (%s)", seen->installed,
			compliance_verdict_name(compliances_verdict(c, 0)),
			compliances_words(c, 0));
	assert_int_equal(seen->to ? 1 : 0, plan_change_count(compliances_plan(c, 0)));
	if (seen->to)
		assert_string_equal(seen->to, plan_change_at(compliances_plan(c, 0), 0)->to);
}

static void test_compliance__gives_each_host_the_version_that_is_for_it(void **state)
{
	char index[] = "/tmp/compliance_test.XXXXXX";
	int fd = mkstemp(index);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	for (size_t i = 0; i < sizeof situations / sizeof *situations; i++) {
		CLEANUP(patchset_free) struct patchset *set = make_set(&situations[i], index);

		for (size_t k = 0; k < SEEN_MAX && situations[i].seen[k].installed; k++)
			check_state(set, index, &situations[i].seen[k]);
	}
	unlink(index);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compliance__gives_each_host_the_version_that_is_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
