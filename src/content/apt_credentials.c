/* SPDX-License-Identifier: Apache-2.0 */
#include "content/apt_credentials.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME  "/etc/apt/auth.conf"
#define FOLDER     "/etc/apt/auth.conf.d"
#define FILE_MAX   ((size_t)1024 * 1024)
#define SPACE      " \t\n"
#define SCHEME_END "://"

/* A URL, cut up where a machine is compared with it. */
struct target {
	size_t scheme_size;               /* of "https" */
	const char *host;                 /* "deb.example.org:8080/debian/…" */
	size_t host_size, authority_size; /* without and with the port */
};

struct token {
	const char *at;
	size_t size;
};

/* ---- files ---- */

static void add_credential_file(struct credential_files *files, const char *path)
{
	char *text = NULL;
	struct error err;

	if (file_read(path, FILE_MAX, &text, NULL, &err) < 0) {
		if (err.kind != ERR_NOT_FOUND && !files->unreadable)
			files->unreadable = mem_strdup(path);
		return;
	}
	files->texts = mem_room(files->texts, files->count, &files->capacity, sizeof *files->texts);
	files->texts[files->count++] = text;
}

/* The names that apt takes. */
static int is_part(const struct dirent *entry)
{
	for (const char *c = entry->d_name; *c; c++) {
		if (!isalnum((unsigned char)*c) && !strchr("_-.", *c))
			return false;
	}
	return *entry->d_name != '.' &&
	       (!strchr(entry->d_name, '.') || str_ends(entry->d_name, ".conf"));
}

void credential_files_read(struct credential_files *out)
{
	struct dirent **entries = NULL;
	int count = 0;

	*out = (struct credential_files){ 0 };
	add_credential_file(out, FILE_NAME);
	count = scandir(FOLDER, &entries, is_part, alphasort);
	for (int i = 0; i < count; i++) {
		CLEANUP(free) char *path = path_join(FOLDER, entries[i]->d_name);

		add_credential_file(out, path);
		free(entries[i]);
	}
	free(entries);
}

void credential_files_done(struct credential_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->texts[i]);
	free(files->texts);
	free(files->unreadable);
	*files = (struct credential_files){ 0 };
}

/* ---- entries ---- */

static struct token next_token(const char **rest)
{
	const char *at = *rest + strspn(*rest, SPACE);
	struct token t = { at, strcspn(at, SPACE) };

	*rest = at + t.size;
	return t;
}

static bool token_is(struct token t, const char *word)
{
	return t.size == strlen(word) && memcmp(t.at, word, t.size) == 0;
}

static bool starts(const char *text, struct token with)
{
	return strncmp(text, with.at, with.size) == 0;
}

static bool cut_target(const char *url, struct target *out)
{
	const char *end = strstr(url, SCHEME_END);

	if (!end)
		return false;
	out->scheme_size = (size_t)(end - url);
	out->host = end + strlen(SCHEME_END);
	out->authority_size = strcspn(out->host, "/?#");
	out->host_size = strcspn(out->host, ":/?#");
	return out->host_size > 0;
}

/* Without a scheme a machine is meant for https alone. Whether it matched, it is cut off. */
static bool is_scheme(const char *url, const struct target *t, struct token *machine)
{
	const char *end = memmem(machine->at, machine->size, SCHEME_END, strlen(SCHEME_END));
	size_t size = end ? (size_t)(end - machine->at) : 0;

	if (!end)
		return t->scheme_size == 5 && strncmp(url, "https", 5) == 0;
	machine->at += size + strlen(SCHEME_END);
	machine->size -= size + strlen(SCHEME_END);
	return size == t->scheme_size && strncmp(url, end - size, size) == 0;
}

/* A host alone is one on every port; with a path it is compared letter by letter from the host on. */
static bool is_machine(const char *url, const struct target *t, struct token machine)
{
	if (!is_scheme(url, t, &machine))
		return false;
	if (memchr(machine.at, '/', machine.size))
		return starts(t->host, machine);
	return (machine.size == t->host_size || machine.size == t->authority_size) &&
	       starts(t->host, machine);
}

static void keep_token(struct token t, char **out)
{
	free(*out);
	*out = mem_strndup(t.at, t.size);
}

/* What stands behind a machine, up to the next one. */
static void read_entry(const char *rest, struct credentials *out)
{
	for (struct token t = next_token(&rest); t.size && !token_is(t, "machine");
		t = next_token(&rest)) {
		if (token_is(t, "login"))
			keep_token(next_token(&rest), &out->login);
		else if (token_is(t, "password"))
			keep_token(next_token(&rest), &out->password);
	}
}

static bool find_in(
	const char *text, const char *url, const struct target *t, struct credentials *out)
{
	const char *rest = text;

	for (struct token word = next_token(&rest); word.size; word = next_token(&rest)) {
		if (!token_is(word, "machine") || !is_machine(url, t, next_token(&rest)))
			continue;
		read_entry(rest, out);
		return true;
	}
	return false;
}

bool credentials_find(
	const struct credential_files *files, const char *url, struct credentials *out)
{
	struct target target = { 0 };

	*out = (struct credentials){ 0 };
	if (!cut_target(url, &target) || memchr(target.host, '@', target.authority_size))
		return false;
	for (size_t i = 0; i < files->count; i++) {
		if (find_in(files->texts[i], url, &target, out) && (out->login || out->password))
			return true;
	}
	return false;
}

void credentials_done(struct credentials *c)
{
	free(c->login);
	free(c->password);
	*c = (struct credentials){ 0 };
}

void credentials_explain(const struct credential_files *files, struct error *err)
{
	size_t size = strlen(err->text);
	char *end = err->text + size;

	if (files->unreadable)
		snprintf(end, sizeof err->text - size, "; '%s' cannot be read", files->unreadable);
	else
		snprintf(end, sizeof err->text - size,
			"; its uri, or apt's auth.conf, can say who signs in");
}
