/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/connection_private.h"
#include "fleet/dial.h"
#include "fleet/known_hosts_private.h"
#include "fleet/proxy_private.h"
#include "fleet/session_private.h"
#include "model/config.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define POLL_SLICE_MS   50
#define IDLE_LIMIT_MS   1000
#define DEAD_PEER_MS    30000 /* unacknowledged for so long: the peer is gone */
#define KEEPALIVE_IDLE  15    /* seconds of silence before the first probe */
#define KEEPALIVE_EVERY 5
#define KEEPALIVE_COUNT 3

/* A session, and the command that runs in it. */
struct ssh_connection {
	struct connection common;
	ssh_session session; /* owned */
	ssh_channel channel; /* owned */
	ssh_event event;     /* owned */
	struct ssh_channel_callbacks_struct callbacks;
	char *signal_name; /* owned; NULL unless a signal ended the command */
	int exit_status;   /* -1 until told */
	int proxy_fd;      /* owned; where a ProxyCommand says what is wrong; -1 for none */
};

static struct ssh_connection *of(struct connection *c)
{
	return (struct ssh_connection *)c;
}

/* ---- connecting ---- */

static void string_free_p(char **text)
{
	ssh_string_free_char(*text);
}

static void key_free_p(ssh_key *key)
{
	ssh_key_free(*key);
}

/* Set an option; one that the library does not take is an error, never passed over. */
static int set_option(
	ssh_session s, enum ssh_options_e option, const void *value, struct error *err)
{
	if (ssh_options_set(s, option, value) == 0)
		return 0;
	return error_set(
		err, ERR_USAGE, "the ssh library does not take a setting: %s", ssh_get_error(s));
}

static int set_text(ssh_session s, enum ssh_options_e option, const char *what, const char *text,
	struct error *err)
{
	if (ssh_options_set(s, option, text) == 0)
		return 0;
	return error_set(
		err, ERR_USAGE, "the ssh library does not take '%.200s' as %s", text, what);
}

static int read_user_config(ssh_session s, const char *path, struct error *err)
{
	if (path && file_check(path, err) < 0 && err->kind == ERR_CORRUPT)
		return error_wrap(err, "reading the ssh configuration");
	if ((!path || access(path, R_OK) == 0) && ssh_options_parse_config(s, path) == 0)
		return 0;
	return error_set(err, ERR_USAGE, "reading the ssh configuration%s%s: %s", path ? " " : "",
		path ? path : "", path && errno ? strerror(errno) : ssh_get_error(s));
}

/* A file that the library opens itself; one that is not there is none to it. */
static int set_file(ssh_session s, enum ssh_options_e option, const char *what, const char *path,
	struct error *err)
{
	if (file_check(path, err) < 0 && err->kind == ERR_CORRUPT)
		return -1;
	return set_text(s, option, what, path, err);
}

/* Each is put before the earlier ones, so the last becomes the first to be tried. */
static int add_identities(ssh_session s, const struct host *host,
	const struct ssh_settings *settings, struct error *err)
{
	for (const char *const *i = settings->identities; i && *i; i++) {
		if (set_file(s, SSH_OPTIONS_ADD_IDENTITY, "an identity", *i, err) < 0)
			return -1;
	}
	if (!host->identity || !*host->identity)
		return 0;
	return set_file(s, SSH_OPTIONS_ADD_IDENTITY, "an identity", host->identity, err);
}

/* The name is what the user's configuration speaks of; what patchline.yaml says wins over it. */
static int set_options(ssh_session s, const struct host *host, const struct ssh_settings *settings,
	struct error *err)
{
	long timeout = settings->connect_timeout > 0 ? (long)settings->connect_timeout : 10;
	const char *config = *settings->config ? settings->config : NULL;
	bool is_ours = false;

	if (set_text(s, SSH_OPTIONS_HOST, "the name of a host", host->name, err) < 0 ||
		read_user_config(s, config, err) < 0)
		return -1;
	/* A LogLevel in that file is for the ssh command; here the library would write on standard error. */
	if (set_option(s, SSH_OPTIONS_LOG_VERBOSITY, &(int){ SSH_LOG_NOLOG }, err) < 0 ||
		set_option(s, SSH_OPTIONS_PROCESS_CONFIG, &is_ours, err) < 0 ||
		set_option(s, SSH_OPTIONS_TIMEOUT, &timeout, err) < 0)
		return -1;
	if ((!str_equal(host->address, host->name) &&
		    set_text(s, SSH_OPTIONS_HOST, "an address", host->address, err) < 0) ||
		(host->port && set_option(s, SSH_OPTIONS_PORT, &(unsigned){ (unsigned)host->port },
				       err) < 0) ||
		(*settings->known_hosts && set_file(s, SSH_OPTIONS_KNOWNHOSTS, "known-hosts",
						   settings->known_hosts, err) < 0))
		return -1;
	return add_identities(s, host, settings, err);
}

/* Who to be: as patchline.yaml says, else the user's configuration, else root. Owned by the caller. */
static char *choose_user(
	ssh_session s, const struct host *host, const struct ssh_settings *settings)
{
	__attribute__((cleanup(string_free_p))) char *configured = NULL;

	(void)ssh_options_get(s, SSH_OPTIONS_USER, &configured);
	return mem_strdup(host_user(host, settings, configured ? configured : "root"));
}

static char *server_address(ssh_session s)
{
	__attribute__((cleanup(string_free_p))) char *host = NULL;
	unsigned port = 22;

	ssh_options_get(s, SSH_OPTIONS_HOST, &host);
	ssh_options_get_port(s, &port);
	return mem_printf(host && strchr(host, ':') ? "[%s]:%u" : "%s:%u", host ? host : "?", port);
}

/* One key with its certificate, "<path>-cert.pub" beside it. True when it was accepted. */
static bool offer_certificate(ssh_session s, const char *path)
{
	__attribute__((cleanup(key_free_p))) ssh_key certificate = NULL, key = NULL;
	CLEANUP(free) char *beside = mem_printf("%s-cert.pub", path);

	return access(beside, R_OK) == 0 &&
	       ssh_pki_import_cert_file(beside, &certificate) == SSH_OK &&
	       ssh_pki_import_privkey_file(path, NULL, NULL, NULL, &key) == SSH_OK &&
	       ssh_pki_copy_cert_to_privkey(certificate, key) == SSH_OK &&
	       ssh_userauth_publickey(s, NULL, key) == SSH_AUTH_SUCCESS;
}

/* libssh's own way of signing in knows keys and the agent, but not the certificates beside keys. */
static bool offer_certificates(ssh_session s, const struct ssh_settings *settings)
{
	static const char *const usual[] = { "id_ed25519", "id_ecdsa", "id_rsa", NULL };
	const char *home = getenv("HOME");

	for (const char *const *i = settings->identities; i && *i; i++) {
		if (offer_certificate(s, *i))
			return true;
	}
	for (const char *const *i = usual; home && *i; i++) {
		CLEANUP(free) char *path = mem_printf("%s/.ssh/%s", home, *i);

		if (offer_certificate(s, path))
			return true;
	}
	return false;
}

static char *list_tried(const struct ssh_settings *settings)
{
	struct str s = { 0 };

	for (const char *const *i = settings->identities; i && *i; i++)
		str_addf(&s, "%s, ", *i);
	str_addf(&s, "the keys of the ssh configuration and of ~/.ssh, %s",
		getenv("SSH_AUTH_SOCK") ? "the agent" : "no agent (SSH_AUTH_SOCK is not set)");
	return str_take(&s);
}

static char *list_accepted(int methods)
{
	static const struct {
		int bit;
		const char *name;
	} names[] = {
		{ SSH_AUTH_METHOD_PUBLICKEY, "publickey" },
		{ SSH_AUTH_METHOD_PASSWORD, "password" },
		{ SSH_AUTH_METHOD_INTERACTIVE, "keyboard-interactive" },
		{ SSH_AUTH_METHOD_HOSTBASED, "hostbased" },
		{ SSH_AUTH_METHOD_GSSAPI_MIC, "gssapi-with-mic" },
	};
	struct str s = { 0 };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (methods & names[i].bit)
			str_addf(&s, "%s%s", s.size ? ", " : "", names[i].name);
	}
	return str_take(&s);
}

static int sign_in(
	const struct ssh_connection *c, const struct ssh_settings *settings, struct error *err)
{
	int answer = ssh_userauth_none(c->session, NULL);

	if (answer == SSH_AUTH_SUCCESS)
		return 0;
	if (answer != SSH_AUTH_ERROR && offer_certificates(c->session, settings))
		return 0;
	if (answer != SSH_AUTH_ERROR)
		answer = ssh_userauth_publickey_auto(c->session, NULL, NULL);
	if (answer == SSH_AUTH_SUCCESS)
		return 0;
	if (!ssh_is_connected(c->session))
		return error_set(err, ERR_UNREACHABLE, "%s: signing in as '%s': %s",
			c->common.address, c->common.user, ssh_get_error(c->session));

	CLEANUP(free) char *tried = list_tried(settings);
	CLEANUP(free) char *accepted = list_accepted(ssh_userauth_list(c->session, NULL));

	return error_set(err, ERR_DENIED,
		"%s: signing in as '%s' was refused; tried: %s; the host would take: %s",
		c->common.address, c->common.user, tried,
		*accepted ? accepted : "nothing that it names");
}

/* A peer that vanished without a word is noticed while we wait; through a proxy command these do nothing. */
static void watch_peer(int fd)
{
	const struct {
		int level, name, value;
	} wanted[] = {
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_COUNT },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT, DEAD_PEER_MS },
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
	};

	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		(void)setsockopt(
			fd, wanted[i].level, wanted[i].name, &wanted[i].value, sizeof(int));
}

/*
 * A clone has its original's keys but another address. The library is told the original, so that it
 * looks for the configuration and the host key of that one, and is given a socket to the clone.
 */
static int dial_clone(struct ssh_connection *c, const struct host *host,
	const struct ssh_settings *settings, struct error *err)
{
	int64_t seconds = settings->connect_timeout > 0 ? settings->connect_timeout : 10;
	int port = host->port ? host->port : 22, fd = -1;

	free(c->common.address);
	c->common.address =
		mem_printf(strchr(host->address, ':') ? "[%s]:%d (as %s)" : "%s:%d (as %s)",
			host->address, port, host->original->name);
	if (dial(host->address, port, seconds, &fd, err) < 0)
		return -1;
	if (set_option(c->session, SSH_OPTIONS_FD, &fd, err) < 0) { /* closed with the session */
		close(fd);
		return -1;
	}
	return 0;
}

static void ssh_transport_close(struct connection *common)
{
	struct ssh_connection *c = of(common);

	if (c->session && ssh_is_connected(c->session))
		ssh_disconnect(c->session);
	ssh_free(c->session);
	ssh_finalize();
	if (c->proxy_fd >= 0)
		close(c->proxy_fd);
	free(c);
}

/*
 * Not once it was silent for a second: servers that probe idle clients give up on who reads no probes, and what lies
 * between forgets who says nothing. What came meanwhile, unasked, is a probe or the end.
 */
static bool ssh_transport_is_fresh(struct connection *common, int64_t idle_ms)
{
	ssh_session session = of(common)->session;
	struct pollfd unasked = { .fd = ssh_get_fd(session), .events = POLLIN };

	return idle_ms <= IDLE_LIMIT_MS && ssh_is_connected(session) && poll(&unasked, 1, 0) == 0;
}

/* A command that leads there shares no terminal with us, and its errors are ours to tell. */
static int listen_to_proxy(struct ssh_connection *c, struct error *err)
{
	__attribute__((cleanup(string_free_p))) char *command = NULL;

	if (ssh_options_get(c->session, SSH_OPTIONS_PROXYCOMMAND, &command) != SSH_OK || !command)
		return 0;
	c->proxy_fd = memfd_create("patchline-proxy", MFD_CLOEXEC);
	if (c->proxy_fd < 0)
		return error_set(err, ERR_SYSTEM, "%s: %s", c->common.address, strerror(errno));

	CLEANUP(free) char *heard = proxy_command(command, c->proxy_fd);

	return set_text(c->session, SSH_OPTIONS_PROXYCOMMAND, "a ProxyCommand", heard, err);
}

/* Did it answer, and then hang up? Then it is there, and has no room at the moment. */
static bool has_hung_up(const char *told)
{
	return strstr(told, "disconnected") || strstr(told, strerror(ECONNRESET)) ||
	       strstr(told, strerror(EPIPE));
}

static int shake_hands(const struct ssh_connection *c, struct error *err)
{
	if (ssh_connect(c->session) == SSH_OK)
		return 0;

	const char *told = ssh_get_error(c->session);
	CLEANUP(free) char *proxy = proxy_words(c->proxy_fd);

	if (*proxy)
		return proxy_failed(c->common.address, proxy, err);
	if (!has_hung_up(told))
		return error_set(err, ERR_UNREACHABLE, "%s: %s", c->common.address, told);
	(void)!error_set(err, ERR_UNREACHABLE,
		"%s: its server hangs up before anybody can sign in, as one does that is asked too much at a time: raise "
		"MaxStartups in its sshd_config, or lower 'ssh: parallel' (%s)",
		c->common.address, told);
	return SESSION_ASK_AGAIN;
}

static int ssh_transport_reach(struct ssh_connection *c, const struct host *host,
	const struct ssh_settings *settings, struct error *err)
{
	const struct host *known = host->original ? host->original : host;
	struct connection *common = &c->common;
	int answer = 0;

	if (set_options(c->session, known, settings, err) < 0)
		return -1;
	common->user = choose_user(c->session, host, settings);
	if (set_text(c->session, SSH_OPTIONS_USER, "a user", common->user, err) < 0)
		return -1;
	common->address = server_address(c->session);
	if (host->original ? dial_clone(c, host, settings, err) < 0 : listen_to_proxy(c, err) < 0)
		return -1;
	answer = shake_hands(c, err);
	if (answer < 0)
		return answer;
	watch_peer(ssh_get_fd(c->session));
	return known_hosts_check(c->session, c->common.address, err) < 0
		       ? -1
		       : sign_in(c, settings, err);
}

static int ssh_transport_open(const struct host *host, const struct ssh_settings *settings,
	struct connection **out, struct error *err)
{
	struct ssh_connection *c = mem_new(1, sizeof *c);
	CLEANUP(connection_close) struct connection *common = &c->common;
	struct error full = { 0 };

	common->transport = &connection_ssh;
	c->proxy_fd = -1;
	ssh_init(); /* counted by the library; ssh_finalize() in ssh_transport_close() */
	c->session = ssh_new();
	if (!c->session)
		return error_set(err, ERR_SYSTEM, "cannot make an ssh session");

	int answer = ssh_transport_reach(c, host, settings, err);

	/* Whatever the library took it for: keys that it cannot read, a socket that it cannot have. */
	if (answer < 0 && fd_check_left(&full) < 0) {
		*err = full;
		return error_wrap(err, "%s", host->name);
	}
	if (answer == 0)
		*out = STEAL(&common);
	return answer;
}

char *session_ssh_user(const struct host *host, const struct ssh_settings *settings)
{
	const struct host *known = host->original ? host->original : host;
	ssh_session s = ssh_new();
	struct error ignored = { 0 };
	char *user = NULL;

	if (s)
		(void)!set_options(s, known, settings, &ignored);
	user = choose_user(s, host, settings);
	ssh_free(s);
	return user;
}

/* ---- running a command ---- */

static void on_exit_status(ssh_session s, ssh_channel channel, int status, void *context)
{
	struct ssh_connection *c = context;

	(void)s;
	(void)channel;
	c->exit_status = status;
}

/* NOLINTNEXTLINE(readability-function-size): its parameters are those of libssh's callback */
static void on_exit_signal(ssh_session s, ssh_channel channel, const char *name, int has_core,
	const char *message, const char *language, void *context)
{
	struct ssh_connection *c = context;

	(void)s;
	(void)channel;
	(void)has_core;
	(void)message;
	(void)language;
	free(c->signal_name);
	c->signal_name = mem_strdup(name);
}

static int signal_number(const char *name)
{
	for (int i = 1; i < NSIG; i++) {
		const char *known = sigabbrev_np(i);

		if (known && strcmp(known, name) == 0)
			return i;
	}
	return SIGKILL;
}

static int lost(struct ssh_connection *c, struct error *err)
{
	const char *cause = ssh_get_error(c->session);

	return error_set(err, ERR_UNCERTAIN,
		"%s: connection lost while a command ran; it may still run there%s%s",
		c->common.address, *cause ? ": " : "", cause);
}

static int channel_start(struct connection *common, const char *text, struct error *err)
{
	struct ssh_connection *c = of(common);
	ssh_session s = c->session;

	c->exit_status = -1;
	c->channel = ssh_channel_new(s);
	c->event = ssh_event_new();
	if (!c->channel || !c->event || ssh_channel_open_session(c->channel) != SSH_OK) {
		bool is_there = ssh_is_connected(s);

		(void)!error_set(err, is_there ? ERR_DENIED : ERR_UNREACHABLE, "%s: %s (%s)",
			common->address,
			is_there ? "its server lets us in and then opens no session: raise "
				   "MaxSessions in its sshd_config"
				 : "connection is gone",
			ssh_get_error(s));
		return SESSION_ASK_AGAIN;
	}
	c->callbacks = (struct ssh_channel_callbacks_struct){ .userdata = c,
		.channel_exit_status_function = on_exit_status,
		.channel_exit_signal_function = on_exit_signal };
	ssh_callbacks_init(&c->callbacks);
	if (ssh_set_channel_callbacks(c->channel, &c->callbacks) != SSH_OK ||
		ssh_event_add_session(c->event, s) != SSH_OK)
		return error_set(err, ERR_SYSTEM, "%s: %s", common->address, ssh_get_error(s));
	return ssh_channel_request_exec(c->channel, text) != SSH_OK ? lost(c, err) : 0;
}

static bool channel_takes_input(struct connection *c)
{
	return !ssh_channel_is_eof(of(c)->channel);
}

static ssize_t channel_send(struct connection *c, const char *bytes, size_t size, struct error *err)
{
	ssh_channel channel = of(c)->channel;
	uint32_t window = ssh_channel_window_size(channel);
	int sent = 0;

	if (window > 0)
		sent = ssh_channel_write(channel, bytes, (uint32_t)(size < window ? size : window));
	return sent < 0 ? lost(of(c), err) : sent;
}

static int channel_end_input(struct connection *c, struct error *err)
{
	return ssh_channel_send_eof(of(c)->channel) == SSH_ERROR ? lost(of(c), err) : 0;
}

static ssize_t channel_receive(struct connection *c, enum connection_stream stream, char *buffer,
	size_t size, struct error *err)
{
	int got = ssh_channel_read_nonblocking(
		of(c)->channel, buffer, (uint32_t)size, stream == CONNECTION_ERRORS);

	if (got == SSH_ERROR)
		return lost(of(c), err);
	return got > 0 ? got : 0;
}

static bool channel_has_ended(struct connection *c)
{
	return ssh_channel_is_closed(of(c)->channel) != 0;
}

static int channel_status(struct connection *common, int *out, struct error *err)
{
	struct ssh_connection *c = of(common);

	if (c->exit_status < 0 && !c->signal_name)
		return lost(c, err);
	*out = c->signal_name ? 128 + signal_number(c->signal_name) : c->exit_status;
	return 0;
}

/* Let the library read what the peer sends, window and exit status included. A slice of time at most: it
 * may have read already what we wait for. */
static int channel_wait(struct connection *c, int limit_ms, bool has_input, struct error *err)
{
	(void)has_input;
	if (ssh_event_dopoll(of(c)->event, limit_ms < POLL_SLICE_MS ? limit_ms : POLL_SLICE_MS) ==
			SSH_ERROR ||
		!ssh_is_connected(of(c)->session))
		return lost(of(c), err);
	return 0;
}

static void channel_give_up(struct connection *c)
{
	(void)ssh_channel_request_send_signal(of(c)->channel, "TERM");
}

static void channel_finish(struct connection *common)
{
	struct ssh_connection *c = of(common);

	if (c->event) {
		ssh_event_remove_session(c->event, c->session);
		ssh_event_free(c->event);
		c->event = NULL;
	}
	if (c->channel) {
		ssh_remove_channel_callbacks(c->channel, &c->callbacks);
		ssh_channel_free(c->channel);
		c->channel = NULL;
	}
	free(STEAL(&c->signal_name));
}

const struct connection_transport connection_ssh = {
	.name = "ssh",
	.open = ssh_transport_open,
	.is_fresh = ssh_transport_is_fresh,
	.close = ssh_transport_close,
	.start = channel_start,
	.takes_input = channel_takes_input,
	.send = channel_send,
	.end_input = channel_end_input,
	.receive = channel_receive,
	.has_ended = channel_has_ended,
	.status = channel_status,
	.wait = channel_wait,
	.give_up = channel_give_up,
	.finish = channel_finish,
};
