/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "fleet/known_hosts_private.h"

#include <string.h>

#define FILE_MAX ((size_t)16 * 1024 * 1024)

/* What the lines of known_hosts say of a server's key. */
struct finding {
	const char *name; /* "host" or "[host]:port" */
	ssh_key key;      /* owned; that it shows */
	bool is_known, is_revoked, has_authority;
	char *revoked_by; /* owned; the file */
};

static void string_free_p(char **text)
{
	ssh_string_free_char(*text);
}

static void key_free_p(ssh_key *key)
{
	ssh_key_free(*key);
}

static void finding_done_p(struct finding *f)
{
	ssh_key_free(f->key);
	free(f->revoked_by);
}

/* ---- lines ---- */

/* Is the line about this server, and has this key? An authority's key is its own. */
static bool is_about(const struct finding *f, const char *line, bool *has_key)
{
	struct ssh_knownhosts_entry *entry = NULL;

	if (ssh_known_hosts_parse_line(f->name, line, &entry) != SSH_OK)
		return false;
	*has_key = ssh_key_cmp(entry->publickey, f->key, SSH_KEY_CMP_PUBLIC) == 0;
	ssh_knownhosts_entry_free(entry);
	return true;
}

static void read_known_line(struct finding *f, const char *path, char *line)
{
	const char *marker = str_trim(line), *rest = marker;
	bool has_key = false;

	if (*marker == '@') {
		rest += strcspn(rest, " \t");
		rest += strspn(rest, " \t");
	}
	if (!*marker || *marker == '#' || !is_about(f, rest, &has_key))
		return;
	if (str_starts(marker, "@cert-authority")) {
		f->has_authority = true;
	} else if (*marker != '@') {
		f->is_known |= has_key;
	} else if (has_key && !f->is_revoked) {
		/* @revoked, and any marker that is not known: the closed side. */
		f->is_revoked = true;
		f->revoked_by = mem_strdup(path);
	}
}

/* A file that is not there says nothing. */
static int read_file(struct finding *f, const char *path, struct error *err)
{
	CLEANUP(free) char *text = NULL;

	if (!file_exists(path))
		return 0;
	if (file_read(path, FILE_MAX, &text, NULL, err) < 0)
		return -1;
	for (char *rest = text, *line; (line = strsep(&rest, "\n"));)
		read_known_line(f, path, line);
	return 0;
}

static int read_known_files(struct finding *f, ssh_session s, struct error *err)
{
	static const enum ssh_options_e files[] = { SSH_OPTIONS_KNOWNHOSTS,
		SSH_OPTIONS_GLOBAL_KNOWNHOSTS };

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		__attribute__((cleanup(string_free_p))) char *path = NULL;

		if (ssh_options_get(s, files[i], &path) == 0 && read_file(f, path, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the server ---- */

static char *server_name(ssh_session s)
{
	__attribute__((cleanup(string_free_p))) char *host = NULL;
	unsigned port = 22;

	ssh_options_get(s, SSH_OPTIONS_HOST, &host);
	ssh_options_get_port(s, &port);
	return port == 22 ? mem_strdup(host) : mem_printf("[%s]:%u", host ? host : "", port);
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

/* A file that cannot be opened is for the library one that has no keys: nothing may be told of a key then. */
static int look_up(ssh_session s, enum ssh_known_hosts_e *out, struct error *err)
{
	*out = ssh_session_is_known_server(s);
	if (*out == SSH_KNOWN_HOSTS_OK)
		return 0;
	if (fd_check_left(err) < 0)
		return -1;
	*out = ssh_session_is_known_server(s);
	return fd_check_left(err);
}

static int refuse(ssh_session s, const char *address, enum ssh_known_hosts_e answer,
	const struct finding *f, struct error *err)
{
	CLEANUP(free) char *print = server_fingerprint(s), *path = known_hosts_path(s);

	if (f->is_revoked)
		return error_set(err, ERR_DENIED,
			"%s: host key revoked: it shows %s, which %s marks as revoked; somebody may be in "
			"between, or the host needs new keys",
			address, print, f->revoked_by);
	if (answer == SSH_KNOWN_HOSTS_CHANGED || answer == SSH_KNOWN_HOSTS_OTHER)
		return error_set(err, ERR_DENIED,
			"%s: host key changed: it shows %s, and %s has another; if the host was "
			"made anew, remove its old line there and add the new key, else somebody "
			"may be in between",
			address, print, path);
	if (answer == SSH_KNOWN_HOSTS_ERROR)
		return error_set(err, ERR_DENIED, "%s: host key cannot be checked against %s: %s",
			address, path, ssh_get_error(s));
	return error_set(err, ERR_DENIED,
		"%s: host key unknown: it shows %s, and %s has %s; compare with "
		"'ssh-keygen -lf' on the host, then add it with ssh-keyscan",
		address, print, path,
		f->has_authority
			? "a @cert-authority for it, but host certificates are not read here"
			: "none for it");
}

int known_hosts_check(ssh_session s, const char *address, struct error *err)
{
	CLEANUP(free) char *name = server_name(s);
	CLEANUP(finding_done) struct finding f = { .name = name };
	enum ssh_known_hosts_e answer = SSH_KNOWN_HOSTS_ERROR;

	if (ssh_get_server_publickey(s, &f.key) < 0)
		return error_set(err, ERR_DENIED, "%s: its host key cannot be read", address);
	if (read_known_files(&f, s, err) < 0 || look_up(s, &answer, err) < 0)
		return error_wrap(err, "%s", address);
	if (!f.is_revoked &&
		(answer == SSH_KNOWN_HOSTS_OK || (f.is_known && answer != SSH_KNOWN_HOSTS_CHANGED)))
		return 0;
	return refuse(s, address, answer, &f, err);
}
