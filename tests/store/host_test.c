/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/mem.h"
#include "model/hoststate.h"
#include "store/first_seen.h"
#include "store/host.h"
#include "store/index.h"
#include "store_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define FLEET_HOSTS  100000
#define FLEET_STATES 300

static void put_state(struct store *store, unsigned number, char digest[65])
{
	char text[64];
	struct error err = { 0 };

	place_state(number, text, digest);
	assert_int_equal(0, store_state_put(store, digest, "debian-12-amd64", text, &err));
}

static struct host_row host_named(const char *name, const char *state)
{
	return (struct host_row){ .name = name,
		.environment = "qa",
		.group = "web",
		.platform = "debian-12-amd64",
		.address = "10.0.0.1",
		.state = state,
		.facts = "{\"kernel\":\"6.1\"}",
		.release = "2.1" };
}

static void scanned(struct store *store, const char *name, const char *state)
{
	struct host_row host = host_named(name, state);
	struct error err = { 0 };

	if (store_host_scanned(store, &host, "alice", &err) < 0)
		fail_msg("%s", err.text);
}

static void test_state__is_kept_once_and_checked(void **state)
{
	struct place *place = *state;
	CLEANUP(hoststate_free) struct hoststate *read = NULL;
	struct hoststate *none = NULL;
	struct error err = { 0 };
	char digest[65], text[64];

	put_state(place->store, 1, digest);
	put_state(place->store, 1, digest);
	assert_int_equal(1, place_ask(place, "SELECT COUNT(*) FROM host_state"));
	if (store_state_read(place->store, digest, &read, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(digest, hoststate_digest(read));
	assert_string_equal("debian-12-amd64", hoststate_platform(read));

	place_state(2, text, digest);
	assert_true(place_refused(store_state_read(place->store, digest, &none, &err), &err,
		ERR_NOT_FOUND, "there is no host state"));
	digest[0] = digest[0] == 'a' ? 'b' : 'a';
	assert_true(place_refused(store_state_put(place->store, digest, "p", text, &err), &err,
		ERR_CORRUPT, "has the digest"));
	assert_null(none);
}

static void test_state__that_was_changed_is_refused(void **state)
{
	struct place *place = *state;
	struct hoststate *read = NULL;
	struct error err = { 0 };
	char digest[65];

	put_state(place->store, 1, digest);
	place_meddle(place, "UPDATE host_state SET content = content || ' '");
	assert_true(place_refused(store_state_read(place->store, digest, &read, &err), &err,
		ERR_CORRUPT, "was changed"));
	place_meddle(place, "UPDATE host_state SET content = 'nothing that can be read'");
	assert_true(place_refused(store_state_read(place->store, digest, &read, &err), &err,
		ERR_CORRUPT, "was changed"));
	assert_null(read);
}

static void test_host__keeps_every_field(void **state)
{
	struct place *place = *state;
	CLEANUP(host_row_done) struct host_row host = { 0 };
	struct error err = { 0 };
	char digest[65];

	put_state(place->store, 1, digest);
	scanned(place->store, "qa-web1", digest);
	assert_int_equal(0, store_host_find(place->store, "qa-web1", &host, &err));
	assert_string_equal("qa", host.environment);
	assert_string_equal("web", host.group);
	assert_string_equal("debian-12-amd64", host.platform);
	assert_string_equal("10.0.0.1", host.address);
	assert_string_equal(digest, host.state);
	assert_string_equal("{\"kernel\":\"6.1\"}", host.facts);
	assert_string_equal("2.1", host.release);
	assert_true(host.scanned_at > 1700000000);
	assert_null(host.error_kind);
	assert_null(host.error);
	assert_int_equal(0, host.gone_at);
}

static void test_host__that_cannot_be_reached_keeps_its_last_good_state(void **state)
{
	struct place *place = *state;
	CLEANUP(host_row_done) struct host_row down = { 0 }, up = { 0 };
	struct host_row host = host_named("qa-web1", NULL);
	struct error err = { 0 }, cause = { ERR_UNREACHABLE, "no route to host" };
	char digest[65];

	host.platform = host.release = host.facts = NULL;
	put_state(place->store, 1, digest);
	scanned(place->store, "qa-web1", digest);
	assert_int_equal(0, store_host_failed(place->store, &host, &cause, "alice", &err));
	assert_int_equal(0, store_host_find(place->store, "qa-web1", &down, &err));
	assert_string_equal(digest, down.state);
	assert_string_equal("2.1", down.release);
	assert_string_equal("debian-12-amd64", down.platform);
	assert_string_equal("unreachable", down.error_kind);
	assert_string_equal("no route to host", down.error);
	assert_true(down.error_at > 0);

	scanned(place->store, "qa-web1", digest);
	assert_int_equal(0, store_host_find(place->store, "qa-web1", &up, &err));
	assert_null(up.error_kind);
	assert_null(up.error);
	assert_int_equal(0, up.error_at);
}

static void test_host__never_reached_is_known_with_its_error(void **state)
{
	struct place *place = *state;
	CLEANUP(host_row_done) struct host_row row = { 0 };
	struct host_row host = { .name = "new", .environment = "qa", .group = "db" };
	struct error err = { 0 }, cause = { ERR_DENIED, "host key changed" };

	assert_int_equal(0, store_host_failed(place->store, &host, &cause, "alice", &err));
	assert_int_equal(0, store_host_find(place->store, "new", &row, &err));
	assert_null(row.state);
	assert_string_equal("", row.platform);
	assert_string_equal("{}", row.facts);
	assert_string_equal("denied", row.error_kind);
	assert_int_equal(0, row.scanned_at);
}

static void test_host__writes_an_event_only_for_news(void **state)
{
	struct place *place = *state;
	struct host_row host = host_named("qa-web1", NULL);
	struct error err = { 0 }, cause = { ERR_UNREACHABLE, "no route" };
	char one[65], two[65];

	put_state(place->store, 1, one);
	put_state(place->store, 2, two);
	scanned(place->store, "qa-web1", one); /* host.added */
	scanned(place->store, "qa-web1", one);
	scanned(place->store, "qa-web1", two); /* host.changed */
	for (int i = 0; i < 3; i++)            /* host.unreachable, once */
		assert_int_equal(0, store_host_failed(place->store, &host, &cause, "alice", &err));
	scanned(place->store, "qa-web1", two); /* host.changed: it is back */
	assert_int_equal(4, place_ask(place, "SELECT COUNT(*) FROM event"));
	assert_int_equal(
		1, place_ask(place, "SELECT COUNT(*) FROM event WHERE kind = 'host.unreachable'"));
}

static void test_host__wants_its_state_put_before(void **state)
{
	struct place *place = *state;
	char text[64], digest[65];
	struct error err = { 0 };

	place_state(7, text, digest);

	struct host_row host = host_named("qa-web1", digest);

	assert_true(place_refused(store_host_scanned(place->store, &host, "alice", &err), &err,
		ERR_NOT_FOUND, "keeping the scan of 'qa-web1'"));
	assert_true(place_refused(store_host_find(place->store, "qa-web1", &host, &err), &err,
		ERR_NOT_FOUND, "never scanned"));
}

static bool leaves(struct store *store, const struct host_row *seen)
{
	struct error err = { 0 };
	bool has_left = false;

	if (store_host_leave(store, seen, "alice", &has_left, &err) < 0)
		fail_msg("%s", err.text);
	return has_left;
}

static void test_host__no_longer_configured_is_gone_but_found(void **state)
{
	struct place *place = *state;
	CLEANUP(host_rows_done) struct host_rows hosts = { 0 };
	CLEANUP(host_row_done) struct host_row seen = { 0 }, gone = { 0 };
	struct error err = { 0 };
	char digest[65];

	put_state(place->store, 1, digest);
	scanned(place->store, "qa-web2", digest);
	scanned(place->store, "qa-web1", digest);
	assert_int_equal(0, store_host_find(place->store, "qa-web2", &seen, &err));
	assert_true(leaves(place->store, &seen));
	assert_int_equal(0, store_hosts(place->store, "qa", &hosts, &err));
	assert_int_equal(1, hosts.count);
	assert_string_equal("qa-web1", hosts.items[0].name);
	assert_int_equal(0, store_host_find(place->store, "qa-web2", &gone, &err));
	assert_true(gone.gone_at > 0);
	assert_false(leaves(place->store, &seen));
}

/* Who read the row before somebody else scanned, moved or failed to reach the host has an older file. */
static void test_host__seen_again_meanwhile_stays(void **state)
{
	static const char *const meanwhile[] = {
		"UPDATE host SET scanned_at = scanned_at + 1",
		"UPDATE host SET error_at = error_at + 1",
		"UPDATE host SET environment = 'development'",
	};
	struct place *place = *state;
	char digest[65];

	put_state(place->store, 1, digest);
	for (size_t i = 0; i < sizeof meanwhile / sizeof *meanwhile; i++) {
		CLEANUP(host_row_done) struct host_row seen = { 0 }, now = { 0 };
		struct error err = { 0 };

		scanned(place->store, "qa-web2", digest);
		assert_int_equal(0, store_host_find(place->store, "qa-web2", &seen, &err));
		place_meddle(place, meanwhile[i]);
		assert_false(leaves(place->store, &seen));
		assert_int_equal(0, store_host_find(place->store, "qa-web2", &now, &err));
		assert_int_equal(0, now.gone_at);
	}
}

/* A large fleet: many hosts share few states. The times are printed, not judged. */
static void test_host__a_hundred_thousand_with_three_hundred_states(void **state)
{
	CLEANUP(transaction_done) struct transaction transaction = { 0 };
	struct place *place = *state;
	CLEANUP(host_rows_done) struct host_rows hosts = { 0 };
	char(*digests)[65] = mem_new(FLEET_STATES, sizeof *digests), name[32];
	int64_t start = clock_monotonic_ms();
	struct error err = { 0 };

	assert_int_equal(0, transaction_begin(&transaction, place->store, &err));
	for (unsigned i = 0; i < FLEET_STATES; i++)
		put_state(place->store, i, digests[i]);
	for (unsigned i = 0; i < FLEET_HOSTS; i++) {
		snprintf(name, sizeof name, "host-%06u", i);
		scanned(place->store, name, digests[i % FLEET_STATES]);
	}
	assert_int_equal(0, transaction_commit(&transaction, &err));

	int64_t written = clock_monotonic_ms();

	assert_int_equal(0, store_hosts(place->store, "qa", &hosts, &err));
	print_message("# %d hosts: written in %lld ms, listed in %lld ms\n", FLEET_HOSTS,
		(long long)(written - start), (long long)(clock_monotonic_ms() - written));
	assert_int_equal(FLEET_HOSTS, hosts.count);
	assert_string_equal("host-000000", hosts.items[0].name);
	assert_string_equal(digests[99999 % FLEET_STATES], hosts.items[99999].state);
	assert_int_equal(FLEET_STATES, place_ask(place, "SELECT COUNT(*) FROM host_state"));
	free(digests);
}

static void replace(struct store *store, const char *source, size_t count)
{
	const struct index_row items[] = {
		{ NULL, "bookworm", "main", "amd64", "p1", 5000000000, "r1", 11, 12, "Debian", "L",
			"oldstable", "bookworm", 0 },
		{ NULL, "bookworm", "contrib", "amd64", "p2", 1, "r1", 11, 0, "Debian", "L",
			"oldstable", "bookworm", 0 },
	};
	struct index_row copies[2];
	struct error err = { 0 };

	memcpy(copies, items, sizeof copies);
	assert_int_equal(0, store_index_replace(store, source,
				    &(struct index_rows){ copies, count }, "alice", &err));
}

static void test_index__is_replaced_all_at_once_for_its_source(void **state)
{
	struct place *place = *state;
	CLEANUP(index_rows_done) struct index_rows all = { 0 }, one = { 0 };
	struct error err = { 0 };

	replace(place->store, "debian", 2);
	replace(place->store, "other", 2);
	replace(place->store, "debian", 1);
	assert_int_equal(0, store_indexes(place->store, NULL, &all, &err));
	assert_int_equal(3, all.count);
	assert_int_equal(0, store_indexes(place->store, "debian", &one, &err));
	assert_int_equal(1, one.count);
	assert_string_equal("debian", one.items[0].source);
	assert_string_equal("main", one.items[0].component);
	assert_true(one.items[0].packages_size == 5000000000);
	assert_string_equal("r1", one.items[0].inrelease_sha256);
	assert_int_equal(11, one.items[0].release_at);
	assert_int_equal(12, one.items[0].valid_until);
	assert_string_equal("Debian", one.items[0].origin);
	assert_string_equal("L", one.items[0].label);
	assert_string_equal("oldstable", one.items[0].release_suite);
	assert_string_equal("bookworm", one.items[0].codename);
	assert_true(one.items[0].synced_at > 1700000000);
}

static void test_index__a_failed_sync_leaves_it_and_tells_why(void **state)
{
	struct place *place = *state;
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };
	CLEANUP(sync_rows_done) struct sync_rows syncs = { 0 };
	struct error err = { 0 }, cause = { ERR_UNREACHABLE, "404 Not Found" };

	replace(place->store, "debian", 2);
	place_meddle(place, "UPDATE source_sync SET at = 5, good_at = 5");
	assert_int_equal(0, store_sync_failed(place->store, "debian", &cause, "alice", &err));
	assert_int_equal(0, store_sync_failed(place->store, "fresh", &cause, "alice", &err));
	assert_int_equal(0, store_indexes(place->store, "debian", &rows, &err));
	assert_int_equal(2, rows.count);
	assert_int_equal(0, store_syncs(place->store, &syncs, &err));
	assert_int_equal(2, syncs.count);
	assert_string_equal("debian", syncs.items[0].source);
	assert_true(syncs.items[0].at > 5);
	assert_int_equal(5, syncs.items[0].good_at);
	assert_string_equal("unreachable", syncs.items[0].error_kind);
	assert_string_equal("404 Not Found", syncs.items[0].error);
	assert_int_equal(0, syncs.items[1].good_at);

	replace(place->store, "debian", 2);
	sync_rows_done(&syncs);
	assert_int_equal(0, store_syncs(place->store, &syncs, &err));
	assert_null(syncs.items[0].error);
	assert_true(syncs.items[0].good_at > 5);
}

static void test_index__twice_in_one_sync_leaves_the_old_ones(void **state)
{
	struct place *place = *state;
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };
	struct index_row twice[] = { { .suite = "s", .component = "c", .architecture = "a" },
		{ .suite = "s", .component = "c", .architecture = "a" } };
	struct error err = { 0 };

	replace(place->store, "debian", 2);
	assert_true(place_refused(store_index_replace(place->store, "debian",
					  &(struct index_rows){ twice, 2 }, "alice", &err),
		&err, ERR_CONFLICT, "index s/c/a: it is there already"));
	assert_int_equal(0, store_indexes(place->store, "debian", &rows, &err));
	assert_int_equal(2, rows.count);
}

static void test_first_seen__keeps_its_first_time(void **state)
{
	struct place *place = *state;
	CLEANUP(first_seen_rows_done) struct first_seen_rows rows = { 0 };
	struct first_seen_row first[] = { { "debian-12-amd64", "openssl", "amd64", "3.0.22", 100 },
		{ "debian-12-amd64", "nginx", "amd64", "1.22", 100 } };
	struct first_seen_row later[] = { { "debian-12-amd64", "openssl", "amd64", "3.0.22", 200 },
		{ "debian-12-amd64", "openssl", "amd64", "3.0.23", 200 } };
	struct error err = { 0 };

	assert_int_equal(0,
		store_first_seen_note(place->store, &(struct first_seen_rows){ first, 2 }, &err));
	assert_int_equal(0,
		store_first_seen_note(place->store, &(struct first_seen_rows){ later, 2 }, &err));
	assert_int_equal(0, store_first_seen(place->store, &rows, &err));
	assert_int_equal(3, rows.count);
	assert_string_equal("nginx", rows.items[0].name);
	assert_string_equal("3.0.22", rows.items[1].version);
	assert_int_equal(100, rows.items[1].first_at);
	assert_string_equal("3.0.23", rows.items[2].version);
	assert_int_equal(200, rows.items[2].first_at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PLACE(test_state__is_kept_once_and_checked),
		IN_PLACE(test_state__that_was_changed_is_refused),
		IN_PLACE(test_host__keeps_every_field),
		IN_PLACE(test_host__that_cannot_be_reached_keeps_its_last_good_state),
		IN_PLACE(test_host__never_reached_is_known_with_its_error),
		IN_PLACE(test_host__writes_an_event_only_for_news),
		IN_PLACE(test_host__wants_its_state_put_before),
		IN_PLACE(test_host__no_longer_configured_is_gone_but_found),
		IN_PLACE(test_host__seen_again_meanwhile_stays),
		IN_PLACE(test_host__a_hundred_thousand_with_three_hundred_states),
		IN_PLACE(test_first_seen__keeps_its_first_time),
		IN_PLACE(test_index__is_replaced_all_at_once_for_its_source),
		IN_PLACE(test_index__a_failed_sync_leaves_it_and_tells_why),
		IN_PLACE(test_index__twice_in_one_sync_leaves_the_old_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
