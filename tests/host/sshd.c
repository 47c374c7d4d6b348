/* SPDX-License-Identifier: Apache-2.0 */
#include "sshd.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/process.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SSHD "/usr/sbin/sshd"

void sshd_tool(const char *const *argv)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	struct error err = { 0 };

	if (process_run(&(struct process_options){ .argv = argv }, &r, &err) < 0)
		fail_msg("%s", err.text);
	if (r.exit_status != 0)
		fail_msg("%s: %s", argv[0], r.errors);
}

char *sshd_path(const struct sshd *d, const char *name)
{
	return path_join(d->directory, name);
}

char *sshd_make_key(const struct sshd *d, const char *name)
{
	char *path = sshd_path(d, name);

	sshd_tool((const char *const[]){
		"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path, NULL });
	return path;
}

static int listener(int *port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in here = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof here;

	assert_int_equal(0, bind(fd, (struct sockaddr *)&here, sizeof here));
	assert_int_equal(0, getsockname(fd, (struct sockaddr *)&here, &size));
	*port = ntohs(here.sin_port);
	return fd;
}

int sshd_free_port(void)
{
	int port = 0;

	close(listener(&port));
	return port;
}

static void write_text(const char *path, const char *text)
{
	struct error err = { 0 };

	if (file_write(path, text, strlen(text), 0600, &err) < 0)
		fail_msg("%s", err.text);
}

static void write_files(struct sshd *d, int port, const char *lines)
{
	CLEANUP(free) char *host_key = sshd_make_key(d, "host_key");
	CLEANUP(free) char *host_pub = mem_printf("%s.pub", host_key);
	CLEANUP(free) char *ca = sshd_make_key(d, "ca");
	CLEANUP(free) char *config_path = sshd_path(d, "sshd_config");
	CLEANUP(free) char *public_key = NULL;
	CLEANUP(free)
	char *config = mem_printf("%sPort %d\nListenAddress 127.0.0.1\nHostKey %s\n"
				  "AuthorizedKeysFile %s.pub\nTrustedUserCAKeys %s.pub\nUsePAM no\n"
				  "StrictModes no\nPidFile none\nPasswordAuthentication no\n"
				  "KbdInteractiveAuthentication no\nSetEnv SHLVL=3\n%s",
		lines, port, host_key, d->identity, ca,
		strstr(lines, "MaxStartups") ? "" : "MaxStartups 200\n");
	CLEANUP(free) char *known = NULL;
	struct error err = { 0 };

	assert_int_equal(0, file_read(host_pub, 4096, &public_key, NULL, &err));
	known = mem_printf("[127.0.0.1]:%d %s", port, public_key);
	write_text(d->known_hosts, known);
	write_text(config_path, config);
}

static void await_port(const struct sshd *d)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)d->host.port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	for (int tries = 0; tries < 100; tries++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		int answer = connect(fd, (struct sockaddr *)&there, sizeof there);

		close(fd);
		if (answer == 0)
			return;
		usleep(50000);
	}
	fail_msg("sshd does not come up");
}

/* From 9.8 on sshd shuts out a client that failed a few times, as our tests do on purpose. */
static bool has_penalties(const char *config)
{
	const char *const argv[] = { SSHD, "-t", "-f", config, "-o", "PerSourcePenalties=no",
		NULL };
	CLEANUP(process_result_done) struct process_result r = { 0 };
	struct error err = { 0 };

	return process_run(&(struct process_options){ .argv = argv }, &r, &err) == 0 &&
	       r.exit_status == 0;
}

struct sshd *sshd_start_with(const char *lines)
{
	struct sshd *d = NULL;
	int port = sshd_free_port();

	if (access(SSHD, X_OK) < 0)
		return NULL;
	if (geteuid() == 0)
		(void)mkdir("/run/sshd", 0755);
	d = mem_new(1, sizeof *d);
	strcpy(d->directory, "/tmp/patchline-sshd.XXXXXX");
	assert_non_null(mkdtemp(d->directory));
	d->identity = sshd_make_key(d, "id");
	d->identities[0] = d->identity;
	d->known_hosts = sshd_path(d, "known_hosts");
	write_files(d, port, lines);
	d->host = (struct host){ .name = "test", .address = "127.0.0.1", .user = "", .port = port };
	d->settings = (struct ssh_settings){ .user = getpwuid(geteuid())->pw_name,
		.config = "/dev/null",
		.known_hosts = d->known_hosts,
		.identities = d->identities,
		.connect_timeout = 5,
		.parallel = 10 };

	CLEANUP(free) char *config = sshd_path(d, "sshd_config");
	CLEANUP(free) char *log = sshd_path(d, "log");

	const char *penalties = has_penalties(config) ? "PerSourcePenalties=no" : "UsePAM=no";

	d->pid = fork();
	if (d->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* also when a test fails and cleans nothing up */
		execl(SSHD, SSHD, "-D", "-f", config, "-E", log, "-o", penalties, (char *)NULL);
		_exit(127);
	}
	await_port(d);
	return d;
}

struct sshd *sshd_start(void)
{
	return sshd_start_with("");
}

/* The sshd processes below ours, each with its group: from 9.8 on a session has a process below it. */
void sshd_drop_connections(const struct sshd *d)
{
	CLEANUP(process_result_done) struct process_result r = { 0 };
	CLEANUP(free) char *pid = mem_printf("%d", (int)d->pid);
	struct error err = { 0 };
	char *rest = NULL, *word = NULL;

	assert_int_equal(
		0, process_run(
			   &(struct process_options){ .argv = (const char *const[]){ "ps", "--ppid",
							      pid, "-o", "pid=", NULL } },
			   &r, &err));
	rest = r.output;
	while ((word = strsep(&rest, "\n"))) {
		if (*word)
			kill(-(pid_t)strtol(word, NULL, 10), SIGKILL);
	}
}

void sshd_stop(struct sshd *d)
{
	struct error err = { 0 };

	if (!d)
		return;
	kill(d->pid, SIGTERM);
	waitpid(d->pid, NULL, 0);
	if (file_remove_all(d->directory, &err) < 0)
		print_message("%s\n", err.text);
	free(d->identity);
	free(d->known_hosts);
	free(d);
}
