/* SPDX-License-Identifier: Apache-2.0 */
#include "../store/store_fixture.h"
#include "base/digest.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "pending/last_seen.h"
#include "store/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define CONFIG                                                                                     \
	"sources: [{name: s, uri: 'file:/s', suites: x, keyring: k}]\n"                            \
	"platforms: [{name: p, sources: [s]}]\n"                                                   \
	"environments:\n"                                                                          \
	"  - {name: qa, groups: [{name: web, hosts: [q2, q1]}, {name: db, hosts: [q3]}]}\n"        \
	"  - {name: production, groups: [{name: web, hosts: [p1]}]}\n"

static struct config *parse(void)
{
	struct config *c = NULL;
	struct error err = { 0 };

	if (config_parse("/tmp/patchline.yaml", CONFIG, strlen(CONFIG), &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

/* As if it had been scanned there, in the state of that number. */
static void scanned(struct store *store, const char *host, const char *environment, int number)
{
	char text[200], digest[DIGEST_HEX_SIZE];
	struct error err = { 0 };

	snprintf(text, sizeof text,
		"Platform: p\nArchitectures: amd64\n\nPackage: a\nVersion: %d\nArchitecture: amd64\n",
		number);

	const struct host_row row = { .name = host,
		.environment = environment,
		.group = "web",
		.state = digest_bytes(text, strlen(text), digest) };

	if (store_state_put(store, digest, "p", text, &err) < 0 ||
		store_host_scanned(store, &row, "alice", &err) < 0)
		fail_msg("%s", err.text);
}

static struct last_seen *look(
	const struct config *c, const struct environment *e, struct store *store)
{
	struct last_seen *seen = NULL;
	struct error err = { 0 };

	if (last_seen_read(c, e, store, &seen, &err) < 0)
		fail_msg("%s", err.text);
	return seen;
}

static void test_last_seen__stands_where_the_configuration_has_it(void **state)
{
	struct place *place = *state;
	CLEANUP(config_free) struct config *c = parse();

	scanned(place->store, "q1", "qa", 1);
	scanned(place->store, "q2", "production", 2);
	scanned(place->store, "p1", "production", 1);
	scanned(place->store, "stray", "qa", 3);

	CLEANUP(last_seen_free) struct last_seen *all = look(c, NULL, place->store);
	CLEANUP(last_seen_free) struct last_seen *one = look(c, &c->environments[0], place->store);
	const struct seen_hosts qa = last_seen_hosts(all, &c->environments[0]);
	const struct seen_hosts p = last_seen_hosts(all, &c->environments[1]);

	assert_int_equal(4, last_seen_hosts(all, NULL).count);
	assert_int_equal(3, qa.count);
	assert_string_equal("q3", qa.items[0].name);
	assert_string_equal("it was never scanned", last_seen_why(&qa.items[0]));
	assert_null(qa.items[0].state);
	assert_string_equal("q1", qa.items[1].name);
	assert_string_equal("q2", qa.items[2].name);
	assert_string_equal("qa", qa.items[2].environment);
	assert_non_null(qa.items[2].state);
	assert_int_equal(1, p.count);
	assert_int_equal(qa.items[1].state_number, p.items[0].state_number);
	assert_int_equal(2, last_seen_state_count(all));
	assert_int_equal(3, last_seen_hosts(one, NULL).count);
	assert_string_equal(qa.items[2].state, last_seen_hosts(one, NULL).items[2].state);
}

static void test_last_seen__reads_a_state_once_and_only_when_asked(void **state)
{
	struct place *place = *state;
	CLEANUP(config_free) struct config *c = parse();
	const struct hoststate *first = NULL, *again = NULL;
	struct error err = { 0 };

	scanned(place->store, "q1", "qa", 1);
	scanned(place->store, "q2", "qa", 2);

	CLEANUP(last_seen_free) struct last_seen *seen = look(c, NULL, place->store);
	const struct seen_hosts hosts = last_seen_hosts(seen, NULL);
	size_t known = hosts.items[1].state_number, other = hosts.items[2].state_number;

	assert_int_equal(0, last_seen_state(seen, known, &first, &err));
	assert_string_equal(hosts.items[1].state, hoststate_digest(first));
	place_meddle(place, "UPDATE host_state SET content = 'Platform: x'");
	assert_int_equal(0, last_seen_state(seen, known, &again, &err));
	assert_ptr_equal(first, again);
	assert_true(place_refused(
		last_seen_state(seen, other, &again, &err), &err, ERR_CORRUPT, "was changed"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_last_seen__stands_where_the_configuration_has_it),
		IN_PLACE(test_last_seen__reads_a_state_once_and_only_when_asked),
	};

	return cmocka_run_group_tests_name("last_seen", tests, NULL, NULL);
}
