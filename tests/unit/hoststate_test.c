/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"
#include "base/error.h"
#include "model/hoststate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEAD "Platform: debian-12-amd64\nArchitectures: amd64 i386\n\n"

static int read_text(const char *text, struct hoststate **out, struct error *err)
{
	return hoststate_read(text, strlen(text), out, err);
}

static void test_hoststate__keeps_every_field(void **state)
{
	static const char text[] =
		HEAD "Package: openssl\nStatus: hold ok installed\nArchitecture: amd64\n"
		     "Version: 3.0.20-1~deb12u1\nAuto: yes\nPinned: yes\nSource: ossl (3.0.20-1)\n"
		     "Multi-Arch: foreign\nProtected: yes\n"
		     "Pre-Depends: dpkg\nDepends: libc6 (>= 2.34),\n libssl3 (>= 3.0.9)\n"
		     "Conflicts: a\nBreaks: b\nProvides: c (= 1)\n";
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	struct error err = { 0 };
	char digest[DIGEST_HEX_SIZE];

	(void)state;
	assert_int_equal(0, read_text(text, &s, &err));
	assert_string_equal("debian-12-amd64", hoststate_platform(s));
	assert_string_equal("amd64", hoststate_architectures(s)[0]);
	assert_string_equal("i386", hoststate_architectures(s)[1]);
	assert_null(hoststate_architectures(s)[2]);
	assert_string_equal(digest_bytes(text, sizeof text - 1, digest), hoststate_digest(s));
	assert_int_equal(1, hoststate_count(s));

	const struct installed *p = hoststate_at(s, 0);

	assert_string_equal("openssl", p->name);
	assert_string_equal("3.0.20-1~deb12u1", p->version);
	assert_string_equal("amd64", p->architecture);
	assert_string_equal("ossl", p->source);
	assert_int_equal(MULTI_ARCH_FOREIGN, p->multi_arch);
	assert_true(p->is_held && p->is_pinned && p->is_auto && p->is_essential);
	assert_false(p->is_broken);
	assert_string_equal("dpkg", p->relations[RELATION_PRE_DEPENDS]);
	assert_string_equal("libc6 (>= 2.34),\nlibssl3 (>= 3.0.9)", p->relations[RELATION_DEPENDS]);
	assert_string_equal("a", p->relations[RELATION_CONFLICTS]);
	assert_string_equal("b", p->relations[RELATION_BREAKS]);
	assert_string_equal("c (= 1)", p->relations[RELATION_PROVIDES]);
}

static void test_hoststate__passes_over_what_has_no_files(void **state)
{
	static const char text[] = HEAD
		"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n\n"
		"Package: never\nStatus: unknown ok not-installed\nArchitecture: amd64\n\n"
		"Package: here\nVersion: 1\nArchitecture: all\n";
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(text, &s, &err));
	assert_int_equal(1, hoststate_count(s));
	assert_string_equal("here", hoststate_at(s, 0)->source);
	assert_string_equal("", hoststate_at(s, 0)->relations[RELATION_DEPENDS]);
}

static void test_hoststate__knows_half_states(void **state)
{
	static const struct {
		const char *status;
		bool is_broken, is_held;
	} cases[] = {
		{ "install ok installed", false, false },
		{ "hold ok installed", false, true },
		{ "deinstall ok installed", false, false },
		{ "install ok unpacked", true, false },
		{ "install ok half-configured", true, false },
		{ "install ok half-installed", true, false },
		{ "install ok triggers-pending", true, false },
		{ "install ok triggers-awaited", true, false },
		{ "hold reinstreq installed", true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(hoststate_free) struct hoststate *s = NULL;
		struct error err = { 0 };
		char text[256];

		snprintf(text, sizeof text,
			HEAD "Package: a\nStatus: %s\nVersion: 1\nArchitecture: all\n",
			cases[i].status);
		assert_int_equal(0, read_text(text, &s, &err));
		assert_int_equal(cases[i].is_broken, hoststate_at(s, 0)->is_broken);
		assert_int_equal(cases[i].is_held, hoststate_at(s, 0)->is_held);
	}
}

static void test_hoststate__finds_by_name_and_architecture(void **state)
{
	static const char text[] = HEAD "Package: b\nVersion: 1\nArchitecture: i386\n\n"
					"Package: c\nVersion: 2\nArchitecture: all\n\n"
					"Package: b\nVersion: 3\nArchitecture: amd64\n\n"
					"Package: a\nVersion: 4\nArchitecture: amd64\n";
	CLEANUP(hoststate_free) struct hoststate *s = NULL;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(0, read_text(text, &s, &err));
	assert_string_equal("a", hoststate_at(s, 0)->name);
	assert_string_equal("3", hoststate_find(s, "b", "amd64")->version);
	assert_string_equal("1", hoststate_find(s, "b", "i386")->version);
	assert_string_equal("2", hoststate_find(s, "c", "i386")->version);
	assert_null(hoststate_find(s, "a", "i386"));
	assert_null(hoststate_find(s, "d", "amd64"));
}

static void test_hoststate__refuses_and_says_why(void **state)
{
	static const struct {
		const char *text, *told;
	} cases[] = {
		{ "", "the state of the host is empty" },
		{ "Package: a\n", "line 1: the first paragraph wants the name of a platform" },
		{ "Platform: p\n", "line 1: the first paragraph wants Architectures" },
		{ "Platform: ../p\nArchitectures: a\n", "not '../p'" },
		{ "Platform: p\nArchitectures: a/b\n", "'a/b' is not an architecture" },
		{ HEAD "Version: 1\n", "line 4: '' is not the name of a package" },
		{ HEAD "Package: a b\nVersion: 1\nArchitecture: all\n", "'a b' is not the name" },
		{ HEAD "Package: a\nArchitecture: all\n", "'a' has the version '', which is none" },
		{ HEAD "Package: a\nVersion: 1\n", "'a' has no known architecture" },
		{ HEAD "Package: a\nVersion: 1\nArchitecture: all\nMulti-Arch: maybe\n",
			"line 4: 'a': 'maybe' is not a value of Multi-Arch" },
		{ HEAD "Package: a\nVersion: 1\nArchitecture: all\nDepends: (\n",
			"line 4: Depends of 'a': want the name of a package" },
		{ HEAD "Package: a\nVersion: 1\nArchitecture: all\n\n"
		       "Package: a\nVersion: 2\nArchitecture: all\n",
			"'a:all' is there twice" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hoststate *s = NULL;
		struct error err = { 0 };

		assert_int_equal(-1, read_text(cases[i].text, &s, &err));
		assert_null(s);
		assert_int_equal(ERR_CORRUPT, err.kind);
		assert_non_null(strstr(err.text, cases[i].told));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hoststate__keeps_every_field),
		cmocka_unit_test(test_hoststate__passes_over_what_has_no_files),
		cmocka_unit_test(test_hoststate__knows_half_states),
		cmocka_unit_test(test_hoststate__finds_by_name_and_architecture),
		cmocka_unit_test(test_hoststate__refuses_and_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
