/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet/connection.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/dial.h"
#include "model/config.h"

#include <errno.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUTPUT_LIMIT    ((size_t)16 * 1024 * 1024)
#define PIECE_SIZE      ((size_t)32 * 1024)
#define POLL_SLICE_MS   50
#define DEAD_PEER_MS    30000 /* unacknowledged for so long: the peer is gone */
#define KEEPALIVE_IDLE  15    /* seconds of silence before the first probe */
#define KEEPALIVE_EVERY 5
#define KEEPALIVE_COUNT 3

struct connection {
	ssh_session session; /* owned */
	char *user;          /* owned */
	char *address;       /* owned: "host:port" */
	bool is_usable;
};

/* ---- connecting ---- */

static void string_free_p(char **text)
{
	ssh_string_free_char(*text);
}

static void key_free_p(ssh_key *key)
{
	ssh_key_free(*key);
}

/* The name is what the user's configuration speaks of; what patchline.yaml says wins over it. */
static int set_options(ssh_session s, const struct host *host, const struct ssh_settings *settings,
	struct error *err)
{
	long timeout = settings->connect_timeout > 0 ? (long)settings->connect_timeout : 10;
	const char *config = *settings->config ? settings->config : NULL;
	int silence = SSH_LOG_NOLOG;
	bool is_ours = false;

	if (ssh_options_set(s, SSH_OPTIONS_HOST, host->name) < 0)
		return error_set(err, ERR_USAGE, "'%s' is no name for a host", host->name);
	if ((config && access(config, R_OK) < 0) || ssh_options_parse_config(s, config) < 0)
		return error_set(err, ERR_USAGE, "reading the ssh configuration%s%s: %s",
			config ? " " : "", config ? config : "",
			config && errno ? strerror(errno) : ssh_get_error(s));
	/* LogLevel of the configuration would have the library write to our standard error. */
	ssh_options_set(s, SSH_OPTIONS_LOG_VERBOSITY, &(int){ SSH_LOG_NOLOG });
	ssh_options_set(s, SSH_OPTIONS_PROCESS_CONFIG, &is_ours);
	/* A LogLevel in that file is for the ssh command; here the library would write on standard error. */
	ssh_options_set(s, SSH_OPTIONS_LOG_VERBOSITY, &silence);
	ssh_options_set(s, SSH_OPTIONS_TIMEOUT, &timeout);
	ssh_options_set(s, SSH_OPTIONS_USER, *host->user ? host->user : settings->user);
	if (!str_equal(host->address, host->name))
		ssh_options_set(s, SSH_OPTIONS_HOST, host->address);
	if (host->port)
		ssh_options_set(s, SSH_OPTIONS_PORT, &(unsigned){ (unsigned)host->port });
	if (*settings->known_hosts)
		ssh_options_set(s, SSH_OPTIONS_KNOWNHOSTS, settings->known_hosts);
	/* Each is put before the earlier ones, so the last becomes the first to be tried. */
	for (const char *const *i = settings->identities; i && *i; i++)
		ssh_options_set(s, SSH_OPTIONS_ADD_IDENTITY, *i);
	return 0;
}

static char *session_address(ssh_session s)
{
	__attribute__((cleanup(string_free_p))) char *host = NULL;
	unsigned port = 22;

	ssh_options_get(s, SSH_OPTIONS_HOST, &host);
	ssh_options_get_port(s, &port);
	return mem_printf(host && strchr(host, ':') ? "[%s]:%u" : "%s:%u", host ? host : "?", port);
}

static char *server_fingerprint(ssh_session s)
{
	__attribute__((cleanup(key_free_p))) ssh_key key = NULL;
	__attribute__((cleanup(string_free_p))) char *print = NULL;
	unsigned char *hash = NULL;
	size_t size = 0;

	if (ssh_get_server_publickey(s, &key) < 0 ||
		ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) < 0)
		return mem_strdup("a key that cannot be read");
	print = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
	ssh_clean_pubkey_hash(&hash);
	return mem_printf("%s %s", ssh_key_type_to_char(ssh_key_type(key)), print ? print : "?");
}

static char *known_hosts_path(ssh_session s)
{
	__attribute__((cleanup(string_free_p))) char *path = NULL;

	ssh_options_get(s, SSH_OPTIONS_KNOWNHOSTS, &path);
	return mem_strdup(path ? path : "~/.ssh/known_hosts");
}

static int check_host_key(const struct connection *c, struct error *err)
{
	enum ssh_known_hosts_e answer = ssh_session_is_known_server(c->session);
	CLEANUP(free) char *print = NULL, *path = NULL;

	if (answer == SSH_KNOWN_HOSTS_OK)
		return 0;
	print = server_fingerprint(c->session);
	path = known_hosts_path(c->session);
	if (answer == SSH_KNOWN_HOSTS_CHANGED || answer == SSH_KNOWN_HOSTS_OTHER)
		return error_set(err, ERR_DENIED,
			"%s: host key changed: it shows %s, and %s has another; if the host was "
			"made anew, remove its old line there and add the new key, else somebody "
			"may be in between",
			c->address, print, path);
	if (answer == SSH_KNOWN_HOSTS_ERROR)
		return error_set(err, ERR_DENIED, "%s: host key cannot be checked against %s: %s",
			c->address, path, ssh_get_error(c->session));
	return error_set(err, ERR_DENIED,
		"%s: host key unknown: it shows %s, and %s has none for it; compare with "
		"'ssh-keygen -lf' on the host, then add it with ssh-keyscan",
		c->address, print, path);
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
	const struct connection *c, const struct ssh_settings *settings, struct error *err)
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
		return error_set(err, ERR_UNREACHABLE, "%s: signing in as '%s': %s", c->address,
			c->user, ssh_get_error(c->session));

	CLEANUP(free) char *tried = list_tried(settings);
	CLEANUP(free) char *accepted = list_accepted(ssh_userauth_list(c->session, NULL));

	return error_set(err, ERR_DENIED,
		"%s: signing in as '%s' was refused; tried: %s; the host would take: %s",
		c->address, c->user, tried, *accepted ? accepted : "nothing that it names");
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
static int dial_clone(struct connection *c, const struct host *host,
	const struct ssh_settings *settings, struct error *err)
{
	int64_t seconds = settings->connect_timeout > 0 ? settings->connect_timeout : 10;
	int port = host->port ? host->port : 22, fd = -1;

	if (!*host->address)
		return error_set(err, ERR_UNREACHABLE, "%s: the clone is not running", host->name);
	free(c->address);
	c->address = mem_printf(strchr(host->address, ':') ? "[%s]:%d (as %s)" : "%s:%d (as %s)",
		host->address, port, host->original->name);
	if (dial(host->address, port, seconds, &fd, err) < 0)
		return -1;
	ssh_options_set(c->session, SSH_OPTIONS_FD, &fd); /* closed with the session */
	return 0;
}

int connection_open(const struct host *host, const struct ssh_settings *settings,
	struct connection **out, struct error *err)
{
	const struct host *known = host->original ? host->original : host;

	CLEANUP(connection_close) struct connection *c = mem_new(1, sizeof *c);

	signal(SIGPIPE, SIG_IGN);
	ssh_init(); /* counted by the library; ssh_finalize() in connection_close() */
	c->session = ssh_new();
	if (!c->session)
		return error_set(err, ERR_SYSTEM, "cannot make an ssh session");
	if (set_options(c->session, known, settings, err) < 0)
		return -1;
	c->user = mem_strdup(*known->user ? known->user : settings->user);
	c->address = session_address(c->session);
	if (host->original && dial_clone(c, host, settings, err) < 0)
		return -1;
	if (ssh_connect(c->session) != SSH_OK)
		return error_set(
			err, ERR_UNREACHABLE, "%s: %s", c->address, ssh_get_error(c->session));
	watch_peer(ssh_get_fd(c->session));
	if (check_host_key(c, err) < 0 || sign_in(c, settings, err) < 0)
		return -1;
	c->is_usable = true;
	*out = STEAL(&c);
	return 0;
}

const char *connection_user(const struct connection *c)
{
	return c->user;
}

const char *connection_address(const struct connection *c)
{
	return c->address;
}

bool connection_is_usable(const struct connection *c)
{
	return c && c->is_usable;
}

void connection_close(struct connection *c)
{
	if (!c)
		return;
	if (c->session && ssh_is_connected(c->session))
		ssh_disconnect(c->session);
	ssh_free(c->session);
	ssh_finalize();
	free(c->user);
	free(c->address);
	free(c);
}

/* ---- running a command ---- */

enum stream { STREAM_OUTPUT, STREAM_ERRORS, STREAM_COUNT };

/* A command under way. */
struct run {
	struct connection *c;
	const struct connection_command *command;
	ssh_channel channel; /* owned */
	ssh_event event;     /* owned */
	struct ssh_channel_callbacks_struct callbacks;
	struct str kept[STREAM_COUNT];
	bool is_truncated;
	char *piece; /* owned, PIECE_SIZE bytes: input that waits for the peer's window */
	size_t piece_at, piece_size;
	size_t sent; /* of command->input */
	bool is_input_over, is_eof_sent;
	char *signal_name; /* owned; NULL unless a signal ended it */
	int exit_status;   /* -1 until told */
	int64_t deadline;  /* monotonic ms */
};

static void run_done(struct run *r)
{
	if (r->event) {
		ssh_event_remove_session(r->event, r->c->session);
		ssh_event_free(r->event);
	}
	if (r->channel) {
		ssh_remove_channel_callbacks(r->channel, &r->callbacks);
		ssh_channel_free(r->channel);
	}
	for (int i = 0; i < STREAM_COUNT; i++)
		str_done(&r->kept[i]);
	free(r->piece);
	free(r->signal_name);
}
static inline void run_done_p(struct run *r)
{
	run_done(r);
}

static void on_exit_status(ssh_session s, ssh_channel channel, int status, void *context)
{
	struct run *r = context;

	(void)s;
	(void)channel;
	r->exit_status = status;
}

static void on_exit_signal(ssh_session s, ssh_channel channel, const char *name, int has_core,
	const char *message, const char *language, void *context)
{
	struct run *r = context;

	(void)s;
	(void)channel;
	(void)has_core;
	(void)message;
	(void)language;
	free(r->signal_name);
	r->signal_name = mem_strdup(name);
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

/* Have input at hand in r->piece, or know that it is over. */
static int next_piece(struct run *r, struct error *err)
{
	const struct connection_command *c = r->command;
	size_t left = c->input_size - r->sent;
	ssize_t got = 0;

	if (r->piece_at < r->piece_size || r->is_input_over)
		return 0;
	if (left > 0) {
		got = (ssize_t)(left < PIECE_SIZE ? left : PIECE_SIZE);
		memcpy(r->piece, c->input + r->sent, (size_t)got);
		r->sent += (size_t)got;
	} else if (c->fill) {
		got = c->fill(c->fill_context, r->piece, PIECE_SIZE, err);
	}
	if (got == CONNECTION_NOT_YET)
		return 0;
	if (got < 0)
		return -1;
	r->is_input_over = got == 0;
	r->piece_at = 0;
	r->piece_size = (size_t)got;
	return 0;
}

static int lost(struct run *r, struct error *err)
{
	const char *cause = ssh_get_error(r->c->session);

	return error_set(err, ERR_UNCERTAIN,
		"%s: connection lost while a command ran; it may still run there%s%s",
		r->c->address, *cause ? ": " : "", cause);
}

/* Send what the peer has room for. *has_moved tells whether there was any. */
static int send_input(struct run *r, bool *has_moved, struct error *err)
{
	uint32_t window = ssh_channel_window_size(r->channel);

	if (r->is_eof_sent || ssh_channel_is_eof(r->channel))
		return 0;
	if (next_piece(r, err) < 0)
		return -1;
	if (r->is_input_over) {
		r->is_eof_sent = true;
		return ssh_channel_send_eof(r->channel) == SSH_ERROR ? lost(r, err) : 0;
	}

	size_t size = r->piece_size - r->piece_at;
	int sent = 0;

	if (window == 0 || size == 0)
		return 0;
	sent = ssh_channel_write(
		r->channel, r->piece + r->piece_at, (uint32_t)(size < window ? size : window));
	if (sent < 0)
		return lost(r, err);
	r->piece_at += (size_t)sent;
	*has_moved = *has_moved || sent > 0;
	return 0;
}

static int receive(struct run *r, enum stream stream, bool *has_moved, struct error *err)
{
	const struct connection_command *c = r->command;
	size_t limit = c->output_limit ? c->output_limit : OUTPUT_LIMIT;
	char buffer[PIECE_SIZE];
	int got = ssh_channel_read_nonblocking(
		r->channel, buffer, sizeof buffer, stream == STREAM_ERRORS);

	if (got == SSH_ERROR)
		return lost(r, err);
	if (got <= 0)
		return 0;

	size_t room = limit - r->kept[stream].size, size = (size_t)got;

	r->is_truncated = r->is_truncated || size > room;
	str_add_bytes(&r->kept[stream], buffer, size < room ? size : room);
	if (stream == STREAM_OUTPUT && c->on_output)
		c->on_output(c->output_context, buffer, size);
	*has_moved = true;
	return 0;
}

/* Let the library read what the peer sends, window and exit status included; a slice of time at most. */
static int wait_for_peer(struct run *r, struct error *err)
{
	if (clock_monotonic_ms() > r->deadline) {
		(void)ssh_channel_request_send_signal(r->channel, "TERM");
		return error_set(err, ERR_UNCERTAIN,
			"%s: command did not end within %lld s; it may still run there",
			r->c->address, (long long)(r->command->timeout_ms / 1000));
	}
	if (ssh_event_dopoll(r->event, POLL_SLICE_MS) == SSH_ERROR ||
		!ssh_is_connected(r->c->session))
		return lost(r, err);
	return 0;
}

/* Until the peer has closed its side and everything that it sent is read. */
static int exchange(struct run *r, struct error *err)
{
	for (;;) {
		bool has_moved = false, was_closed = ssh_channel_is_closed(r->channel) != 0;

		if (send_input(r, &has_moved, err) < 0 ||
			receive(r, STREAM_OUTPUT, &has_moved, err) < 0 ||
			receive(r, STREAM_ERRORS, &has_moved, err) < 0)
			return -1;
		if (!has_moved && was_closed)
			return r->exit_status < 0 && !r->signal_name ? lost(r, err) : 0;
		if (!has_moved && wait_for_peer(r, err) < 0)
			return -1;
	}
}

static int start(struct run *r, struct error *err)
{
	ssh_session s = r->c->session;

	r->channel = ssh_channel_new(s);
	r->event = ssh_event_new();
	if (!r->channel || !r->event || ssh_channel_open_session(r->channel) != SSH_OK)
		return error_set(err, ERR_UNREACHABLE, "%s: connection is gone: %s", r->c->address,
			ssh_get_error(s));
	ssh_callbacks_init(&r->callbacks);
	if (ssh_set_channel_callbacks(r->channel, &r->callbacks) != SSH_OK ||
		ssh_event_add_session(r->event, s) != SSH_OK)
		return error_set(err, ERR_SYSTEM, "%s: %s", r->c->address, ssh_get_error(s));
	if (ssh_channel_request_exec(r->channel, r->command->text) != SSH_OK)
		return lost(r, err);
	return 0;
}

int connection_run(struct connection *c, const struct connection_command *command,
	struct connection_result *result, struct error *err)
{
	int64_t started = clock_monotonic_ms();
	CLEANUP(run_done)
	struct run r = {
		.c = c,
		.command = command,
		.piece = mem_new(1, PIECE_SIZE),
		.exit_status = -1,
		.deadline = command->timeout_ms ? started + command->timeout_ms : INT64_MAX,
	};

	r.callbacks = (struct ssh_channel_callbacks_struct){ .userdata = &r,
		.channel_exit_status_function = on_exit_status,
		.channel_exit_signal_function = on_exit_signal };
	if (!c->is_usable)
		return error_set(err, ERR_UNREACHABLE, "%s: connection is gone", c->address);
	c->is_usable = false;
	if (start(&r, err) < 0 || exchange(&r, err) < 0)
		return -1;
	c->is_usable = true;

	size_t output_size = r.kept[STREAM_OUTPUT].size, errors_size = r.kept[STREAM_ERRORS].size;

	*result = (struct connection_result){
		.output = str_take(&r.kept[STREAM_OUTPUT]),
		.errors = str_take(&r.kept[STREAM_ERRORS]),
		.output_size = output_size,
		.errors_size = errors_size,
		.exit_status = r.signal_name ? 128 + signal_number(r.signal_name) : r.exit_status,
		.is_truncated = r.is_truncated,
		.elapsed_ms = clock_monotonic_ms() - started,
	};
	return 0;
}

void connection_result_done(struct connection_result *result)
{
	free(result->output);
	free(result->errors);
	*result = (struct connection_result){ 0 };
}
