/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "clone/provider.h"
#include "model/config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Around the branches that each test gives: what every provider does. */
#define PROVIDER_HEAD                                                                                  \
	"#!/bin/sh\n"                                                                                  \
	"say() { printf '%s\\n' \"$1\"; }\n"                                                           \
	"while read -r line; do\n"                                                                     \
	"printf '%s\\n' \"$line\" >>\"$0.asked\"\n"                                                    \
	"id=$(printf '%s' \"$line\" | sed 's/.*\"id\":\\([0-9]*\\).*/\\1/')\n"                         \
	"case $line in\n"                                                                              \
	"*'\"op\":\"describe\"'*) say \"{\\\"id\\\":$id,\\\"result\\\":{\\\"protocol\\\":1,"           \
	"\\\"name\\\":\\\"paper\\\",\\\"version\\\":\\\"0.1\\\",\\\"operations\\\":[\\\"describe\\\"," \
	"\\\"coverage\\\",\\\"clone\\\",\\\"run\\\",\\\"start\\\",\\\"stop\\\",\\\"remove\\\",\\\"list\\\"]}}\" ;;\n"
#define PROVIDER_TAIL "esac\ndone\n"

static const char *const no_words[] = { NULL };
static const char *const data[] = { "/var/lib/postgresql", NULL };
static const char *const options[] = { "hosts", "/srv/hosts", NULL };

static struct host hosts[] = {
	{ .name = "web1", .address = "10.0.0.11", .user = "" },
	{ .name = "web2", .address = "10.0.0.12", .user = "deploy", .port = 2222 },
};
static struct group groups[] = {
	{ .name = "web", .hosts = hosts, .host_count = 2, .data = data },
};
static const struct environment production = {
	.name = "production", .groups = groups, .group_count = 1
};
static const struct ssh_settings ssh = {
	.user = "root", .config = "", .known_hosts = "/k", .identities = no_words
};
static const struct provider_target target = { "production-clone-1", &production, NULL };

struct fixture {
	char *folder, *path;
	const char *command[2];
	struct provider provider;
	struct provider_session *session;
};

/* A provider that is this script, opened. */
static void begin_script(struct fixture *f, const char *script)
{
	struct error err = { 0 };

	f->folder = mem_strdup("/tmp/patchline-provider-XXXXXX");
	assert_non_null(mkdtemp(f->folder));
	f->path = mem_printf("%s/provider", f->folder);
	assert_int_equal(0, file_write(f->path, script, strlen(script), 0755, &err));
	f->command[0] = f->path;
	f->provider = (struct provider){
		.name = "paper", .command = f->command, .options = options, .timeout = 60
	};
	if (provider_open(&f->provider, &ssh, NULL, &f->session, &err) < 0)
		fail_msg("%s", err.text);
}

/* One whose script has `branches`. */
static void begin(struct fixture *f, const char *branches)
{
	CLEANUP(free) char *script = mem_printf("%s%s%s", PROVIDER_HEAD, branches, PROVIDER_TAIL);

	begin_script(f, script);
}

static void fixture_done(struct fixture *f)
{
	struct error err = { 0 };

	provider_close(f->session);
	assert_int_equal(0, file_remove_all(f->folder, &err));
	free(f->folder);
	free(f->path);
}
CLEANUP_DONE(struct fixture, fixture_done)

/* The requests that the provider saw; free(). */
static char *asked(const struct fixture *f)
{
	CLEANUP(free) char *path = mem_printf("%s.asked", f->path);
	char *text = NULL;
	struct error err = { 0 };

	assert_int_equal(0, file_read(path, 1 << 20, &text, NULL, &err));
	return text;
}

static void expect_words(const char *text, const char *words)
{
	if (!strstr(text, words))
		fail_msg("'%s' does not say '%s'", text, words);
}

static void test_provider__tells_what_it_is_and_can(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	begin(&f, "");
	assert_string_equal("paper 0.1", provider_label(f.session));
	assert_true(provider_can(f.session, "clone"));
	assert_false(provider_can(f.session, "exchange"));
}

static void test_provider__is_told_hosts_options_and_keys(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };
	CLEANUP(taken_done) struct taken taken = { 0 };
	struct error err = { 0 };

	(void)state;
	begin(&f,
		"*'\"op\":\"clone\"'*) say \"{\\\"id\\\":$id,\\\"progress\\\":\\\"copying\\\"}\"\n"
		"say \"{\\\"id\\\":$id,\\\"result\\\":{\\\"started_at\\\":5,\\\"ended_at\\\":9,"
		"\\\"hosts\\\":[{\\\"host\\\":\\\"web2\\\",\\\"taken_at\\\":7,\\\"paused_ms\\\":1,"
		"\\\"copied_bytes\\\":0},{\\\"host\\\":\\\"web1\\\",\\\"taken_at\\\":6,"
		"\\\"paused_ms\\\":60,\\\"copied_bytes\\\":12}]}}\" ;;\n");
	if (provider_clone(f.session, &target, &taken, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(2, taken.count);
	assert_string_equal("web1", taken.hosts[1].host);
	assert_int_equal(60, taken.hosts[1].paused_ms);
	assert_int_equal(9, taken.ended_at_ms);

	CLEANUP(free) char *requests = asked(&f);

	expect_words(requests, "\"clone\":\"production-clone-1\"");
	expect_words(requests, "\"options\":{\"hosts\":\"/srv/hosts\"}");
	expect_words(requests,
		"\"address\":\"10.0.0.12\",\"data\":[\"/var/lib/postgresql\"],"
		"\"group\":\"web\",\"name\":\"web2\",\"port\":2222,\"ssh\":{\"config\":\"\","
		"\"identities\":[],\"known_hosts\":\"/k\",\"user\":\"deploy\"},\"user\":\"deploy\"");
}

static void test_provider__maps_errors_to_our_kinds(void **state)
{
	static const struct {
		const char *kind;
		enum error_kind expected;
	} cases[] = {
		{ "unsupported", ERR_REFUSED },
		{ "not-found", ERR_NOT_FOUND },
		{ "refused", ERR_REFUSED },
		{ "conflict", ERR_CONFLICT },
		{ "no-space", ERR_SYSTEM },
		{ "unreachable", ERR_UNREACHABLE },
		{ "system", ERR_SYSTEM },
		{ "of its own", ERR_SYSTEM },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(fixture_done) struct fixture f = { 0 };
		CLEANUP(free)
		char *branch = mem_printf(
			"*) say \"{\\\"id\\\":$id,\\\"error\\\":{\\\"kind\\\":\\\"%s\\\","
			"\\\"host\\\":\\\"web1\\\",\\\"message\\\":\\\"it is so\\\"}}\" ;;\n",
			cases[i].kind);
		struct error err = { 0 };

		begin(&f, branch);
		assert_int_equal(-1, provider_remove(f.session, "x", &err));
		assert_int_equal(cases[i].expected, err.kind);
		assert_string_equal("provider 'paper': remove: web1: it is so", err.text);
		assert_int_equal(-1, provider_remove(f.session, "x", &err));
	}
}

/* What is no answer is never taken for one, and the next question finds a provider again. */
static void test_provider__believes_no_nonsense(void **state)
{
	static const struct {
		const char *branch, *words;
		enum error_kind kind;
	} cases[] = {
		{ "*list*) say garbage ;;\n", "its answer 'garbage'", ERR_CORRUPT },
		{ "*list*) say '[1]' ;;\n", "not an object", ERR_CORRUPT },
		{ "*list*) say '{\"id\":99,\"result\":{}}' ;;\n", "answers request 99",
			ERR_CORRUPT },
		{ "*list*) say \"{\\\"id\\\":$id}\" ;;\n", "neither progress", ERR_CORRUPT },
		{ "*list*) say \"{\\\"id\\\":$id,\\\"result\\\":[]}\" ;;\n", "neither progress",
			ERR_CORRUPT },
		{ "*list*) say \"{\\\"id\\\":$id,\\\"result\\\":{}}\" ;;\n", "'clones' is missing",
			ERR_CORRUPT },
		{ "*list*) printf '{\"id\":'; echo no disk left >&2; exit 3 ;;\n",
			"(exit status 3): no disk left", ERR_UNCERTAIN },
		{ "*list*) kill -9 $$ ;;\n", "(signal 9)", ERR_UNCERTAIN },
		{ "*list*) sleep 60 ;;\n", "has not answered in", ERR_UNCERTAIN },
		{ "*list*) head -c 40000000 /dev/zero | tr '\\0' x ;;\n", "a line of over",
			ERR_CORRUPT },
		{ "*list*) while :; do say \"{\\\"id\\\":$id,\\\"progress\\\":\\\"busy\\\"}\"; sleep 0.1; done ;;\n",
			"has not answered in", ERR_UNCERTAIN },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(fixture_done) struct fixture f = { 0 };
		CLEANUP(free)
		char *branches =
			mem_printf("%s*remove*) say \"{\\\"id\\\":$id,\\\"result\\\":{}}\" ;;\n",
				cases[i].branch);
		CLEANUP(held_clones_done) struct held_clones held = { 0 };
		struct error err = { 0 };

		begin(&f, branches);
		if (strstr(cases[i].words, "has not answered"))
			f.provider.timeout = 1;
		assert_int_equal(-1, provider_list(f.session, &held, &err));
		expect_words(err.text, cases[i].words);
		assert_int_equal(cases[i].kind, err.kind);
		assert_int_equal(0, held.count);
		f.provider.timeout = 60;
		if (provider_remove(f.session, "x", &err) < 0)
			fail_msg("after '%s': %s", cases[i].words, err.text);
	}
}

static void test_provider__must_answer_for_exactly_the_hosts_asked(void **state)
{
	static const struct {
		const char *list, *words;
	} cases[] = {
		{ "", "nothing for 'web1'" },
		{ "{\"host\":\"web1\",\"areas\":[]},{\"host\":\"web1\",\"areas\":[]}",
			"twice for 'web1'" },
		{ "{\"host\":\"web1\",\"areas\":[]},{\"host\":\"web2\",\"areas\":[]},{\"host\":\"db\",\"areas\":[]}",
			"hosts that were not asked for" },
		{ "{\"host\":\"web1\",\"areas\":[{\"path\":\"/\"}]},{\"host\":\"web2\",\"areas\":[]}",
			"'web1': 'kind' is missing" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CLEANUP(fixture_done) struct fixture f = { 0 };
		CLEANUP(coverage_done) struct coverage coverage = { 0 };
		CLEANUP(free)
		char *branch = mem_printf(
			"*coverage*) say '{\"id\":'$id',\"result\":{\"hosts\":[%s]}}' ;;\n",
			cases[i].list);
		struct error err = { 0 };

		begin(&f, branch);
		assert_int_equal(-1, provider_coverage(f.session, &target, &coverage, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		expect_words(err.text, cases[i].words);
	}
}

static void count_progress(void *context, const char *words)
{
	*(size_t *)context += str_equal(words, "copying");
}

static void test_provider__passes_progress_on(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };
	size_t count = 0;
	struct provider_watch watch = { count_progress, &count };
	struct error err = { 0 };

	(void)state;
	begin(&f,
		"*remove*) for i in 1 2 3; do say \"{\\\"id\\\":$id,\\\"progress\\\":\\\"copying\\\"}\"; done\n"
		"say \"{\\\"id\\\":$id,\\\"result\\\":{}}\" ;;\n");
	provider_close(STEAL(&f.session));
	assert_int_equal(0, provider_open(&f.provider, &ssh, &watch, &f.session, &err));
	assert_int_equal(0, provider_remove(f.session, "x", &err));
	assert_int_equal(3, count);
}

static void test_provider__is_not_asked_for_what_it_does_not_know(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };
	struct error err = { 0 };

	(void)state;
	begin(&f, "*) say '{}' ;;\n");
	assert_int_equal(-1, provider_exchange(f.session, &target, EXCHANGE_TO_CLONE, &err));
	assert_int_equal(ERR_USAGE, err.kind);
	expect_words(err.text, "does not know 'exchange'");

	CLEANUP(free) char *requests = asked(&f);

	assert_null(strstr(requests, "exchange"));
}

static void test_provider__says_what_it_can_do_to_originals(void **state)
{
	static const char telling[] =
		"#!/bin/sh\n"
		"read -r line; echo '{\"id\":1,\"result\":{\"protocol\":1,\"name\":\"paper\","
		"\"version\":\"0.2\",\"operations\":[\"forget\",\"snapshot\"],"
		"\"can\":{\"originals\":[\"forget\"]}}}'\n";
	static const char *const forget[] = { "forget", NULL };
	static const char *const both[] = { "forget", "snapshot", NULL };
	CLEANUP(fixture_done) struct fixture silent = { 0 }, told = { 0 };
	struct error err = { 0 };

	(void)state;
	begin(&silent, "");
	assert_int_equal(-1, provider_check_originals(silent.session, forget, &err));
	assert_int_equal(ERR_REFUSED, err.kind);
	expect_words(err.text, "does not say what it can do with originals");
	begin_script(&told, telling);
	assert_int_equal(0, provider_check_originals(told.session, forget, &err));
	assert_int_equal(-1, provider_check_originals(told.session, both, &err));
	expect_words(err.text, "no 'snapshot' for originals");
}

static void test_provider__passes_scripts_with_their_environment(void **state)
{
	static const char *const one[] = { "web2", NULL };
	static const char *const environment[] = { "PATCHLINE_HOST=web2", "A=b=c", NULL };
	const struct provider_target only = { "c", &production, one };
	CLEANUP(fixture_done) struct fixture f = { 0 };
	CLEANUP(script_end_done) struct script_end end = { 0 };
	struct error err = { 0 };

	(void)state;
	begin(&f, "*run*) say \"{\\\"id\\\":$id,\\\"result\\\":{\\\"exit_status\\\":4,"
		  "\\\"output\\\":\\\"masked 3 rows\\\"}}\" ;;\n");
	if (provider_run(f.session, &only,
		    &(struct provider_script){ "exit 4\n", environment, "ready 17", 5000 }, &end,
		    &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(4, end.exit_status);
	assert_string_equal("masked 3 rows", end.output);

	CLEANUP(free) char *requests = asked(&f);

	expect_words(requests, "\"environment\":{\"A\":\"b=c\",\"PATCHLINE_HOST\":\"web2\"}");
	expect_words(requests, "\"input\":\"ready 17\"");
	expect_words(requests, "\"script\":\"exit 4\\n\"");
	assert_null(strstr(requests, "\"name\":\"web1\""));
}

static void test_provider__must_speak_this_protocol(void **state)
{
	static const char script[] =
		"#!/bin/sh\nread -r x\n"
		"echo '{\"id\":1,\"result\":{\"protocol\":2,\"name\":\"n\",\"version\":\"v\"}}'\n";
	CLEANUP(fixture_done) struct fixture f = { 0 };
	struct error err = { 0 };

	(void)state;
	begin(&f, "");
	provider_close(STEAL(&f.session));
	assert_int_equal(0, file_write(f.path, script, strlen(script), 0755, &err));
	assert_int_equal(-1, provider_open(&f.provider, &ssh, NULL, &f.session, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	expect_words(err.text, "speaks protocol 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_provider__tells_what_it_is_and_can),
		cmocka_unit_test(test_provider__is_told_hosts_options_and_keys),
		cmocka_unit_test(test_provider__maps_errors_to_our_kinds),
		cmocka_unit_test(test_provider__believes_no_nonsense),
		cmocka_unit_test(test_provider__must_answer_for_exactly_the_hosts_asked),
		cmocka_unit_test(test_provider__passes_progress_on),
		cmocka_unit_test(test_provider__is_not_asked_for_what_it_does_not_know),
		cmocka_unit_test(test_provider__says_what_it_can_do_to_originals),
		cmocka_unit_test(test_provider__passes_scripts_with_their_environment),
		cmocka_unit_test(test_provider__must_speak_this_protocol),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
