/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions over real sshds that do not make it easy. */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/workers.h"
#include "fleet/scan.h"
#include "fleet/session.h"
#include "sshd.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HOSTS   30
#define ROUNDS  20
#define FD_ROOM 16

static const struct session_call echo = { .program = "command",
	.args = (const char *const[]){ "echo here", NULL },
	.timeout_ms = 60000 };

static int try_echo(struct session *s, struct error *err)
{
	CLEANUP(session_result_done) struct session_result r = { 0 };

	if (session_run(s, &echo, &r, err) < 0)
		return -1;
	assert_string_equal("here\n", r.output);
	return 0;
}

static void must_echo(struct session *s)
{
	struct error err = { 0 };

	if (try_echo(s, &err) < 0)
		fail_msg("%s", err.text);
}

static void must_fail(struct session *s, enum error_kind kind, const char *told)
{
	struct error err = { 0 };

	assert_int_equal(-1, try_echo(s, &err));
	if (err.kind != kind || !strstr(err.text, told))
		fail_msg("'%s' not in %s: '%s'", told, error_kind_name(err.kind), err.text);
}

static void sshd_stop_p(struct sshd **d)
{
	sshd_stop(*d);
}

/* It probes a client that is silent for a second, and a second later it has hung up. */
static void test_session__outlives_a_server_that_probes_idle_clients(void **state)
{
	CLEANUP(sshd_stop)
	struct sshd *d = sshd_start_with("ClientAliveInterval 1\nClientAliveCountMax 1\n");
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);

	(void)state;
	must_echo(s);
	sleep(3);
	must_echo(s);
	sshd_drop_connections(d);
	must_echo(s);
}

static void test_session__needs_one_session_of_a_server(void **state)
{
	CLEANUP(sshd_stop) struct sshd *d = sshd_start_with("MaxSessions 1\n");
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);

	(void)state;
	for (int i = 0; i < ROUNDS; i++)
		must_echo(s);
}

static int come(const struct sshd *d)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)d->host.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(0, connect(fd, (struct sockaddr *)&there, sizeof there));
	return fd;
}

/* A guest who never says who he is: a server with room for one then has none. It is in when it is greeted. */
static int come_and_stay(const struct sshd *d)
{
	int fd = come(d);
	char letter = 0;

	while (read(fd, &letter, 1) != 1 || letter != 'S') {
		close(fd);
		fd = come(d);
	}
	return fd;
}

static void *leave_soon(void *guest)
{
	usleep(500000);
	close(*(int *)guest);
	return NULL;
}

static void test_session__waits_for_a_server_that_has_no_room_for_a_moment(void **state)
{
	CLEANUP(sshd_stop) struct sshd *d = sshd_start_with("MaxStartups 1\n");
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
	int guest = come_and_stay(d);
	pthread_t thread;

	(void)state;
	session_hurry(s, 1);
	must_fail(s, ERR_UNREACHABLE, "raise MaxStartups in its sshd_config");
	session_hurry(s, 60);
	assert_int_equal(0, pthread_create(&thread, NULL, leave_soon, &guest));
	must_echo(s);
	pthread_join(thread, NULL);
}

/* Each is another fault, put right in another place. */
static void test_session__tells_four_faults_apart(void **state)
{
	CLEANUP(sshd_stop) struct sshd *d = sshd_start_with("MaxSessions 0\n");
	CLEANUP(free) char *empty = sshd_path(d, "known_empty");
	struct ssh_settings strange = d->settings;
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	CLEANUP(session_close) struct session *refused = session_new(pool, &d->host);
	struct host gone = d->host;
	struct error err = { 0 };

	(void)state;
	session_hurry(refused, 1);
	must_fail(refused, ERR_DENIED, "raise MaxSessions in its sshd_config");

	gone.port = sshd_free_port();

	CLEANUP(session_close) struct session *away = session_new(pool, &gone);

	must_fail(away, ERR_UNREACHABLE, "Connection refused");
	assert_int_equal(0, file_write(empty, "", 0, 0600, &err));
	strange.known_hosts = empty;

	CLEANUP(session_pool_free) struct session_pool *strangers = session_pool_new(&strange, 0);
	CLEANUP(session_close) struct session *unknown = session_new(strangers, &d->host);

	must_fail(unknown, ERR_DENIED, "host key unknown");
}

/* With any number of descriptors left it either works or says that there are none: nothing of keys. */
static void test_session__says_when_no_descriptor_is_left(void **state)
{
	CLEANUP(sshd_stop) struct sshd *d = sshd_start();
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	struct rlimit usual = { 0 }, few = { 0 };
	rlim_t next = (rlim_t)dup(STDERR_FILENO);
	int told = 0, worked = 0;

	(void)state;
	close((int)next);
	assert_int_equal(0, getrlimit(RLIMIT_NOFILE, &usual));
	for (rlim_t room = 0; room < FD_ROOM; room++) {
		CLEANUP(session_close) struct session *s = session_new(pool, &d->host);
		struct error err = { 0 };
		int result = 0;

		few = (struct rlimit){ next + room, usual.rlim_max };
		assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &few));
		result = try_echo(s, &err);
		assert_int_equal(0, setrlimit(RLIMIT_NOFILE, &usual));
		if (result < 0 &&
			(err.kind != ERR_SYSTEM || !strstr(err.text, "no file descriptor is left")))
			fail_msg("with %d left: %s", (int)room, err.text);
		told += result < 0;
		worked += result == 0;
	}
	assert_true(told > 1);
	assert_true(worked > 1);
}

static void scan_crowd(const struct sshd *d, int round)
{
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	const struct scan_options options = { 0 };
	struct scan_target targets[HOSTS] = { 0 };
	struct host hosts[HOSTS];

	for (size_t i = 0; i < HOSTS; i++) {
		hosts[i] = d->host;
		targets[i].session = session_new(pool, &hosts[i]);
	}
	scan_run(pool, targets, HOSTS, &options);
	for (size_t i = 0; i < HOSTS; i++) {
		if (targets[i].error.kind)
			fail_msg("scan %d: %s", round, targets[i].error.text);
	}
	scan_targets_done(targets, HOSTS);
}

struct crowd {
	struct session *of[HOSTS];
	struct error errors[HOSTS];
};

static void echo_one(void *context, size_t index)
{
	struct crowd *c = context;

	(void)!try_echo(c->of[index], &c->errors[index]);
}

static void echo_crowd(const struct sshd *d)
{
	CLEANUP(session_pool_free) struct session_pool *pool = session_pool_new(&d->settings, 0);
	struct crowd crowd = { 0 };

	for (size_t i = 0; i < HOSTS; i++)
		crowd.of[i] = session_new(pool, &d->host);
	workers_run(HOSTS, session_pool_limit(pool), echo_one, &crowd);
	for (size_t i = 0; i < HOSTS; i++) {
		if (crowd.errors[i].kind)
			fail_msg("%s", crowd.errors[i].text);
		session_close(crowd.of[i]);
	}
}

/* One sshd for all, as behind a bastion, with the usual 10:30:100; twenty scans of them in the long tests. */
static void test_session__gets_a_crowd_past_the_usual_limit_of_startups(void **state)
{
	CLEANUP(sshd_stop) struct sshd *d = sshd_start_with("MaxStartups 10:30:100\n");
	const char *is_long = getenv("PATCHLINE_LONG");
	int scans = is_long && *is_long ? ROUNDS : 0;

	(void)state;
	d->settings.parallel = 20;
	d->settings.connect_timeout = 30;
	echo_crowd(d);
	for (int round = 0; round < scans; round++)
		scan_crowd(d, round);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_session__outlives_a_server_that_probes_idle_clients),
		cmocka_unit_test(test_session__needs_one_session_of_a_server),
		cmocka_unit_test(test_session__waits_for_a_server_that_has_no_room_for_a_moment),
		cmocka_unit_test(test_session__tells_four_faults_apart),
		cmocka_unit_test(test_session__says_when_no_descriptor_is_left),
		cmocka_unit_test(test_session__gets_a_crowd_past_the_usual_limit_of_startups),
	};

	/* Others than root go through sudo, which a test cannot ask for. */
	if (access("/usr/sbin/sshd", X_OK) < 0 || geteuid() != 0)
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
