/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/connection_private.h"
#include "reach.h"
#include "sshd.h"

#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void test_connection__refuses_an_unknown_host_key(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *path = sshd_path(d, "known_empty");
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, "", 0, 0600, &err));
	settings.known_hosts = path;
	reach_refused(
		&d->host, &settings, ERR_DENIED, "host key unknown: it shows ssh-ed25519 SHA256:");
	settings.known_hosts = "/nonexistent/known_hosts";
	reach_refused(&d->host, &settings, ERR_DENIED, "host key unknown");
}

/* In place of this server's key, and of its whole line. */
static const char key_of_it[] = "KEY", line_of_it[] = "LINE";

/* A known_hosts of these words; its path, owned by the caller, is then the settings'. */
static char *know_words(const struct sshd *d, const char *name, const char *const *words,
	struct ssh_settings *settings)
{
	CLEANUP(free) char *line = NULL;
	CLEANUP(str_done) struct str text = { 0 };
	char *path = sshd_path(d, name);
	struct error err = { 0 };

	assert_int_equal(0, file_read(d->known_hosts, 65536, &line, NULL, &err));
	line[strcspn(line, "\r\n")] = '\0';
	for (; *words; words++)
		str_add(&text, *words == key_of_it    ? strchr(line, ' ') + 1
			       : *words == line_of_it ? line
						      : *words);
	assert_int_equal(0, file_write(path, str_text(&text), text.size, 0600, &err));
	settings->known_hosts = path;
	return path;
}

#define KNOW(name, ...) know_words(d, name, (const char *const[]){ __VA_ARGS__, NULL }, &settings)

static void test_connection__reads_known_hosts_as_ssh_does(void **state)
{
	struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	struct error err = { 0 };
	struct connection *c = NULL;
	CLEANUP(free) char *dos = KNOW("known_dos", "# as on Windows\r\n", line_of_it, "\r\n");

	assert_int_equal(0, connection_open(&connection_ssh, &d->host, &settings, &c, &err));
	connection_close(c);

	CLEANUP(free)
	char *other =
		KNOW("known_else", "@revoked nowhere.example ", key_of_it, "\n", line_of_it, "\n");

	assert_int_equal(0, connection_open(&connection_ssh, &d->host, &settings, &c, &err));
	connection_close(c);

	CLEANUP(free)
	char *revoked = KNOW("known_revoked", "@revoked * ", key_of_it, "\n", line_of_it, "\n");

	reach_refused(&d->host, &settings, ERR_DENIED, "host key revoked: it shows ssh-ed25519");

	CLEANUP(free)
	char *late = KNOW("known_late", line_of_it, "\r\n@revoked * ", key_of_it, "\r\n");

	reach_refused(&d->host, &settings, ERR_DENIED, "host key revoked");

	CLEANUP(free)
	char *authority = KNOW("known_authority", "@cert-authority * ", key_of_it, "\n");

	reach_refused(
		&d->host, &settings, ERR_DENIED, "@cert-authority for it, but host certificates");
}

static void test_connection__refuses_a_changed_host_key(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *other = sshd_make_key(d, "other_host_key");
	CLEANUP(free) char *public_path = mem_printf("%s.pub", other);
	CLEANUP(free) char *path = sshd_path(d, "known_other");
	CLEANUP(free) char *key = NULL, *line = NULL;
	struct error err = { 0 };

	assert_int_equal(0, file_read(public_path, 4096, &key, NULL, &err));
	line = mem_printf("[127.0.0.1]:%d %s", d->host.port, key);
	assert_int_equal(0, file_write(path, line, strlen(line), 0600, &err));
	settings.known_hosts = path;
	reach_refused(
		&d->host, &settings, ERR_DENIED, "host key changed: it shows ssh-ed25519 SHA256:");
}

static void test_connection__refuses_a_wrong_key_and_lists_what_it_tried(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *wrong = sshd_make_key(d, "wrong");
	const char *identities[] = { wrong, NULL };

	settings.identities = identities;
	reach_refused(&d->host, &settings, ERR_DENIED, wrong);
	reach_refused(&d->host, &settings, ERR_DENIED, "the host would take: publickey");
}

static void test_connection__accepts_a_certificate(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *key = sshd_make_key(d, "certified");
	CLEANUP(free) char *public_path = mem_printf("%s.pub", key);
	CLEANUP(free) char *ca = sshd_path(d, "ca");
	const char *identities[] = { key, NULL };

	settings.identities = identities;
	reach_refused(&d->host, &settings, ERR_DENIED, "was refused");
	sshd_tool((const char *const[]){ "ssh-keygen", "-q", "-s", ca, "-I", "test", "-n",
		settings.user, public_path, NULL });

	CLEANUP(connection_close) struct connection *c = reach_open(&d->host, &settings);
}

static void test_connection__honours_the_ssh_configuration(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	struct host host = { .name = "alias", .address = "alias", .user = "" };
	CLEANUP(free) char *path = sshd_path(d, "config");
	CLEANUP(free)
	char *text = mem_printf("Host alias\n\tHostName 127.0.0.1\n\tPort %d\n\tIdentityFile %s\n"
				"\tLogLevel DEBUG3\n",
		d->host.port, d->identity);
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
	settings.config = path;
	settings.identities = NULL;

	CLEANUP(connection_close) struct connection *c = reach_open(&host, &settings);

	settings.config = "/nonexistent/config";
	reach_refused(&host, &settings, ERR_USAGE, "/nonexistent/config: No such file");
}

/* The host's own, that of all, the configuration's, root: the first that is given. */
static void test_connection__asks_the_ssh_configuration_who_to_be(void **state)
{
	const struct sshd *d = *state;
	static const struct {
		const char *host, *all, *configured, *who;
	} cases[] = {
		{ "anna", "ben", "User carla", "anna" },
		{ "", "ben", "User carla", "ben" },
		{ "", "", "User carla", "carla" },
		{ "", "", "", "root" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ssh_settings settings = d->settings;
		struct host host = d->host;
		CLEANUP(free) char *path = sshd_path(d, "config_user");
		CLEANUP(free)
		char *text = mem_printf("Host %s\n\t%s\n", host.name, cases[i].configured);
		struct error err = { 0 };

		assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
		settings.config = path;
		settings.user = cases[i].all;
		host.user = cases[i].host;

		CLEANUP(free) char *who = session_ssh_user(&host, &settings);
		const struct host clone = {
			.name = "a/clone-1/test", .address = "", .user = "", .original = &host
		};
		CLEANUP(free) char *copied = session_ssh_user(&clone, &settings);

		assert_string_equal(cases[i].who, who);
		assert_string_equal(cases[i].who, copied);
	}
}

static void test_connection__signs_in_as_the_ssh_configuration_says(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *path = sshd_path(d, "config_stranger");
	struct error err = { 0 };
	static const char text[] = "Host *\n\tUser stranger\n";

	assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
	settings.config = path;
	settings.user = "";
	reach_refused(&d->host, &settings, ERR_DENIED, "signing in as 'stranger' was refused");
}

static void test_connection__goes_through_a_proxy_command(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *path = sshd_path(d, "config_proxy");
	CLEANUP(free)
	char *text = mem_printf("Host *\n\tProxyCommand bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; "
				"cat <&3 & cat >&3'\n",
		d->host.port);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
	settings.config = path;

	CLEANUP(connection_close) struct connection *c = reach_open(&d->host, &settings);

	reach_run(c, &(struct connection_command){ .text = "echo through" }, &r);
	assert_string_equal("through\n", r.output);
}

/* Whose is the error: the jump host's, or that of the host behind it? The jump host is a server of its own. */
static void test_connection__tells_a_jump_hosts_errors_from_the_hosts(void **state)
{
	const struct sshd *d = *state;
	struct sshd *jump = sshd_start(), *closed = sshd_start_with("AllowTcpForwarding no\n");
	CLEANUP(free) char *path = sshd_path(d, "config_jump");
	CLEANUP(free) char *wrong = sshd_make_key(d, "unknown_to_jump");
	const struct {
		const struct sshd *jump;
		const char *known_hosts, *identity;
		int target, port;
		enum error_kind kind;
		const char *told;
	} cases[] = {
		{ jump, jump->known_hosts, jump->identity, d->host.port, jump->host.port, ERR_NONE,
			"" },
		{ jump, "/dev/null", jump->identity, d->host.port, jump->host.port, ERR_DENIED,
			"the jump host's key is unknown or changed" },
		{ jump, jump->known_hosts, wrong, d->host.port, jump->host.port, ERR_DENIED,
			"the jump host does not let us in" },
		{ closed, closed->known_hosts, closed->identity, d->host.port, closed->host.port,
			ERR_DENIED, "the jump host lets nobody on from there" },
		{ jump, jump->known_hosts, jump->identity, sshd_free_port(), jump->host.port,
			ERR_UNREACHABLE, "the jump host cannot reach it" },
		{ jump, jump->known_hosts, jump->identity, d->host.port, sshd_free_port(),
			ERR_UNREACHABLE, "the way there fails before it" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ssh_settings settings = d->settings;
		struct host host = d->host;
		struct connection *c = NULL;
		struct error err = { 0 };
		CLEANUP(free)
		char *text = mem_printf(
			"Host *\n\tProxyCommand ssh -F none -i %s -o IdentitiesOnly=yes -o IdentityAgent=none "
			"-o UserKnownHostsFile=%s -p %d -W %%h:%%p %s@127.0.0.1\n",
			cases[i].identity, cases[i].known_hosts, cases[i].port, settings.user);

		assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
		settings.config = path;
		settings.connect_timeout = 60; /* two servers, on a machine that may be busy */
		host.port = cases[i].target;
		if (cases[i].kind)
			reach_refused(&host, &settings, cases[i].kind, cases[i].told);
		else if (connection_open(&connection_ssh, &host, &settings, &c, &err) < 0)
			fail_msg("%s", err.text);
		connection_close(c);
	}
	sshd_stop(jump);
	sshd_stop(closed);
}

/* The host behind a jump host is to blame for what it says itself. */
static void test_connection__blames_no_jump_host_for_the_hosts_own_key(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	CLEANUP(free) char *path = sshd_path(d, "config_noisy");
	CLEANUP(free)
	char *text = mem_printf(
		"Host *\n\tProxyCommand echo 'Permission denied (of an earlier key).' >&2; "
		"exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/%d; cat <&3 & cat >&3'\n",
		d->host.port);
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
	settings.config = path;
	settings.known_hosts = "/dev/null";
	reach_refused(&d->host, &settings, ERR_DENIED, "host key unknown: it shows ssh-ed25519");
}

/* A clone of `original` that answers where our sshd does. */
static struct host clone_of(const struct sshd *d, const struct host *original)
{
	return (struct host){ .name = "production/clone-3/prod",
		.address = d->host.address,
		.user = "",
		.port = d->host.port,
		.original = original };
}

/* Known hosts with the key of our sshd, under another name. */
static char *know_as(const struct sshd *d, const char *name, const char *file)
{
	CLEANUP(free) char *public_path = sshd_path(d, "host_key.pub");
	CLEANUP(free) char *key = NULL, *line = NULL;
	char *path = sshd_path(d, file);
	struct error err = { 0 };

	assert_int_equal(0, file_read(public_path, 4096, &key, NULL, &err));
	line = mem_printf("%s %s", name, key);
	assert_int_equal(0, file_write(path, line, strlen(line), 0600, &err));
	return path;
}

/* The original is nowhere near, and behind a proxy; its copy is here and shows its key. */
static void test_connection__takes_a_clone_for_its_original(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	const struct host original = {
		.name = "prod", .address = "192.0.2.7", .user = "", .port = 2022
	};
	struct host host = clone_of(d, &original);
	CLEANUP(free) char *known = know_as(d, "[192.0.2.7]:2022", "known_original");
	CLEANUP(free) char *path = sshd_path(d, "config_original");
	CLEANUP(free)
	char *text = mem_printf("Host prod\n\tIdentityFile %s\n\tProxyCommand false\n"
				"Host *\n\tIdentityFile /nonexistent\n",
		d->identity);
	CLEANUP(session_result_done) struct session_result r = { 0 };
	CLEANUP(free) char *told = mem_printf("127.0.0.1:%d (as prod)", d->host.port);
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, text, strlen(text), 0600, &err));
	settings.config = path;
	settings.known_hosts = known;
	settings.identities = NULL;

	CLEANUP(connection_close) struct connection *c = reach_open(&host, &settings);

	assert_string_equal(told, c->address);
	reach_run(
		c, &(struct connection_command){ .text = "head -c 300000 /dev/zero | wc -c" }, &r);
	assert_string_equal("300000\n", r.output);
}

static void test_connection__asks_a_clone_for_the_key_of_its_original(void **state)
{
	const struct sshd *d = *state;
	struct ssh_settings settings = d->settings;
	const struct host original = { .name = "prod", .address = "prod", .user = "" };
	struct host host = clone_of(d, &original);
	CLEANUP(free) char *other = sshd_make_key(d, "strange_host_key");
	CLEANUP(free) char *public_path = mem_printf("%s.pub", other);
	CLEANUP(free) char *known = know_as(d, "prod", "known_prod");
	CLEANUP(free) char *key = NULL, *line = NULL;
	struct error err = { 0 };

	/* What is known of the address where the clone answers does not count. */
	reach_refused(
		&host, &settings, ERR_DENIED, "(as prod): host key unknown: it shows ssh-ed25519");
	settings.known_hosts = known;

	CLEANUP(connection_close) struct connection *c = reach_open(&host, &settings);

	assert_int_equal(0, file_read(public_path, 4096, &key, NULL, &err));
	line = mem_printf("prod %s", key);
	assert_int_equal(0, file_write(known, line, strlen(line), 0600, &err));
	reach_refused(
		&host, &settings, ERR_DENIED, "(as prod): host key changed: it shows ssh-ed25519");
}

static void test_connection__says_when_a_clone_is_not_there(void **state)
{
	const struct sshd *d = *state;
	struct host host = clone_of(d, &d->host);
	CLEANUP(free) char *told = NULL;

	host.port = sshd_free_port();
	told = mem_printf("127.0.0.1:%d: Connection refused", host.port);
	reach_refused(&host, &d->settings, ERR_UNREACHABLE, told);
	host.address = "no-such-host.invalid";
	reach_refused(&host, &d->settings, ERR_UNREACHABLE, "no-such-host.invalid");
}

static void test_connection__says_when_nobody_listens(void **state)
{
	const struct sshd *d = *state;
	struct host host = d->host;
	CLEANUP(free) char *told = NULL;

	host.port = sshd_free_port();
	told = mem_printf("127.0.0.1:%d: Connection refused", host.port);
	reach_refused(&host, &d->settings, ERR_UNREACHABLE, told);
	host.address = "no-such-host.invalid";
	reach_refused(&host, &d->settings, ERR_UNREACHABLE, "no-such-host.invalid");
}

/* A listener that takes connections and never says a word. */
static void test_connection__does_not_wait_for_a_silent_host_for_ever(void **state)
{
	const struct sshd *d = *state;
	struct host host = d->host;
	struct ssh_settings settings = d->settings;
	struct sockaddr_in here = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;
	CLEANUP(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int64_t started = clock_monotonic_ms();

	assert_int_equal(0, bind(fd, (struct sockaddr *)&here, sizeof here));
	assert_int_equal(0, listen(fd, 1));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&here, &size));
	host.port = ntohs(here.sin_port);
	settings.connect_timeout = 1;
	reach_refused(&host, &settings, ERR_UNREACHABLE, "127.0.0.1:");
	assert_in_range(clock_monotonic_ms() - started, 500, 4000);
	host.original = &d->host;
	reach_refused(&host, &settings, ERR_UNREACHABLE, "127.0.0.1:");
	assert_in_range(clock_monotonic_ms() - started, 1000, 8000);
}

static void *drop_soon(void *argument)
{
	usleep(500000);
	sshd_drop_connections(argument);
	return NULL;
}

static void test_connection__does_not_know_the_end_of_a_command_it_lost(void **state)
{
	struct sshd *d = *state;
	CLEANUP(connection_close) struct connection *c = reach_host(d);
	struct session_result r = { 0 };
	struct error err = { 0 };
	pthread_t thread;

	assert_int_equal(0, pthread_create(&thread, NULL, drop_soon, d));
	assert_int_equal(
		-1, connection_run(c,
			    &(struct connection_command){ .text = "sleep 5", .timeout_ms = 10000 },
			    &r, &err));
	pthread_join(thread, NULL);
	assert_int_equal(ERR_UNCERTAIN, err.kind);
	assert_non_null(strstr(err.text, "connection lost"));
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
		cmocka_unit_test(test_connection__refuses_an_unknown_host_key),
		cmocka_unit_test(test_connection__reads_known_hosts_as_ssh_does),
		cmocka_unit_test(test_connection__refuses_a_changed_host_key),
		cmocka_unit_test(test_connection__refuses_a_wrong_key_and_lists_what_it_tried),
		cmocka_unit_test(test_connection__accepts_a_certificate),
		cmocka_unit_test(test_connection__honours_the_ssh_configuration),
		cmocka_unit_test(test_connection__asks_the_ssh_configuration_who_to_be),
		cmocka_unit_test(test_connection__signs_in_as_the_ssh_configuration_says),
		cmocka_unit_test(test_connection__goes_through_a_proxy_command),
		cmocka_unit_test(test_connection__tells_a_jump_hosts_errors_from_the_hosts),
		cmocka_unit_test(test_connection__blames_no_jump_host_for_the_hosts_own_key),
		cmocka_unit_test(test_connection__takes_a_clone_for_its_original),
		cmocka_unit_test(test_connection__asks_a_clone_for_the_key_of_its_original),
		cmocka_unit_test(test_connection__says_when_a_clone_is_not_there),
		cmocka_unit_test(test_connection__says_when_nobody_listens),
		cmocka_unit_test(test_connection__does_not_wait_for_a_silent_host_for_ever),
		cmocka_unit_test(test_connection__does_not_know_the_end_of_a_command_it_lost),
	};

	if (access("/usr/sbin/sshd", X_OK) < 0)
		return 77;
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, start, stop);
}
