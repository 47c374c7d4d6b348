/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "fleet/await_healthy.h"
#include "fleet/environment_scan.h"
#include "fleet/session.h"
#include "model/config.h"
#include "model/inventory.h"
#include "sshd.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static int keep(const struct sshd *d, const struct host *host, const char *health, int64_t limit_ms,
	struct error *err)
{
	const char *commands[] = { health, NULL };
	struct group group = { .name = "web",
		.health = commands,
		.services = (const char *const[]){ NULL },
		.release_check = "echo 2.2" };
	struct place place = { NULL, &group, host };
	CLEANUP(inventory_free) struct inventory *inventory = NULL;

	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);

	if (await_healthy(pool, &place, limit_ms, &inventory, err) < 0)
		return -1;
	assert_string_equal("2.2", inventory_facts(inventory)->release);
	return 0;
}

/* A service that comes up while one waits: the third look finds it. */
static void test_await_healthy__waits_until_health_answers(void **state)
{
	struct sshd *d = *state;
	CLEANUP(free) char *seen = sshd_path(d, "seen");
	CLEANUP(free) char *health = mem_printf("echo >>%s; test $(wc -l <%s) -ge 3", seen, seen);
	struct error err = { 0 };

	if (keep(d, &d->host, health, 30000, &err) < 0)
		fail_msg("%s", err.text);
}

static void test_await_healthy__tells_what_does_not_come_up(void **state)
{
	struct sshd *d = *state;
	struct error err = { 0 };

	assert_int_equal(-1, keep(d, &d->host, "echo no money; exit 7", 100, &err));
	assert_int_equal(ERR_SYSTEM, err.kind);
	assert_non_null(strstr(err.text, "waiting for test: health: "));
	assert_non_null(strstr(err.text, "no money"));
}

static void test_await_healthy__gives_up_a_host_that_is_down(void **state)
{
	struct sshd *d = *state;
	struct host down = {
		.name = "down", .address = "127.0.0.1", .user = "", .port = sshd_free_port()
	};
	int64_t started = clock_monotonic_ms();
	struct error err = { 0 };

	assert_int_equal(-1, keep(d, &down, "true", 500, &err));
	assert_int_equal(ERR_UNREACHABLE, err.kind);
	assert_in_range(clock_monotonic_ms() - started, 500, 5000);
}

/* Waiting would not make a wrong key right. */
static void test_await_healthy__does_not_wait_for_an_unknown_key(void **state)
{
	struct sshd *d = *state;
	struct sshd strict = *d;
	CLEANUP(free) char *empty = sshd_path(d, "no_known_hosts");
	int64_t started = clock_monotonic_ms();
	struct error err = { 0 };

	strict.settings.known_hosts = empty;
	assert_int_equal(-1, keep(&strict, &d->host, "true", 60000, &err));
	assert_int_equal(ERR_DENIED, err.kind);
	assert_true(clock_monotonic_ms() - started < 30000);
}

static int start(void **state)
{
	*state = sshd_start();
	return 0;
}

static int stop(void **state)
{
	sshd_stop(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_await_healthy__waits_until_health_answers),
		cmocka_unit_test(test_await_healthy__tells_what_does_not_come_up),
		cmocka_unit_test(test_await_healthy__gives_up_a_host_that_is_down),
		cmocka_unit_test(test_await_healthy__does_not_wait_for_an_unknown_key),
	};

	/* Others than root go through sudo, which a test cannot ask for. */
	if (access("/usr/sbin/sshd", X_OK) < 0 || geteuid() != 0)
		return 77;
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start, stop);
}
