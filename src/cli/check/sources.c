/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "cli/check/check.h"
#include "content/apt.h"
#include "content/fetch.h"
#include "content/signature.h"
#include "model/config.h"

#include <stdlib.h>
#include <unistd.h>

#define RELEASE_MAX     ((uint64_t)16 * 1024 * 1024)
#define CONNECT_TIMEOUT 10
#define STALL_TIMEOUT   15

/* One suite of a source: its Release file, signed inline or beside. */
struct probe {
	const struct source *source;
	const char *suite;
	char *inline_url, *beside_url;   /* owned */
	char *inline_path, *beside_path; /* owned */
	struct error error;              /* why neither could be fetched */
};

struct probes {
	struct probe *items; /* owned */
	size_t count, capacity;
	char directory[40];
};

static void probes_done(struct probes *p)
{
	struct error ignored;

	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].inline_url);
		free(p->items[i].beside_url);
		free(p->items[i].inline_path);
		free(p->items[i].beside_path);
	}
	free(p->items);
	if (*p->directory && file_remove_all(p->directory, &ignored) < 0)
		*p->directory = '\0';
}
CLEANUP_DONE(struct probes, probes_done)

static void add_probe(struct probes *p, const struct source *source, const char *suite)
{
	CLEANUP(free) char *folder = apt_suite_url(source->uri, suite);

	p->items = mem_room(p->items, p->count, &p->capacity, sizeof *p->items);
	p->items[p->count] = (struct probe){
		.source = source,
		.suite = suite,
		.inline_url = mem_printf("%s/InRelease", folder),
		.beside_url = mem_printf("%s/Release", folder),
		.inline_path = mem_printf("%s/%zu.InRelease", p->directory, p->count),
		.beside_path = mem_printf("%s/%zu.Release", p->directory, p->count),
	};
	p->count++;
}

static struct fetch_file request(const char *url, const char *path)
{
	return (struct fetch_file){ .url = url, .path = path, .size_limit = RELEASE_MAX };
}

/* All at once; where InRelease is missing, Release is tried. */
static void fetch_probes(struct probes *p)
{
	struct fetch_options options = {
		.connect_timeout = CONNECT_TIMEOUT, .stall_timeout = STALL_TIMEOUT, .retries = 1
	};
	CLEANUP(free) struct fetch_file *files = mem_new(p->count, sizeof *files);
	struct error ignored;

	for (size_t i = 0; i < p->count; i++)
		files[i] = request(p->items[i].inline_url, p->items[i].inline_path);
	if (fetch_files(files, p->count, &options, &ignored) == 0)
		return;
	for (size_t i = 0; i < p->count; i++) {
		struct fetch_file beside = request(p->items[i].beside_url, p->items[i].beside_path);

		p->items[i].error = files[i].error;
		if (fetch_is_absent(&files[i]) && fetch_files(&beside, 1, &options, &ignored) == 0)
			p->items[i].error = (struct error){ 0 };
	}
}

/* @param content  What was signed; NULL where it is signed beside: sync looks at that. free(). */
static int verify_probe(const struct probe *p, const char *state, char **content, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (!file_exists(p->inline_path))
		return 0;
	if (file_read(p->inline_path, RELEASE_MAX, &text, &size, err) < 0)
		return -1;
	return signature_verify(state, p->source->keyring, text, size, content, err);
}

/* What is to be done about a suite; NULL: it is good. */
static const char *try_probe(const struct probe *p, const char *state, struct error *err)
{
	CLEANUP(free) char *content = NULL;

	*err = p->error;
	if (err->kind == ERR_NOT_FOUND)
		return "put the archive's address and the names of its suites right";
	if (err->kind != ERR_NONE)
		return "put the address right, or mend the way to it (proxy, firewall, DNS)";
	if (verify_probe(p, state, &content, err) < 0)
		return "let 'keyring' name the file with the archive's keys";
	if (content && apt_judge_release(p->source, p->suite, content, err) < 0)
		return "let the source ask for suites, components and architectures that the archive has";
	return NULL;
}

static void judge_source(struct checks *c, const struct probe *p, const char *state)
{
	struct error err;
	const char *todo = try_probe(p, state, &err);
	CLEANUP(free)
	char *what = mem_printf("%s: %s", p->suite, todo ? err.text : "reached, signature good");

	checks_add(c, &(struct check_item){ todo ? CHECK_WRONG : CHECK_GOOD, "source",
			      p->source->name, what, todo ? todo : "" });
}

static bool has_keyring(struct checks *c, const struct source *source)
{
	if (access(source->keyring, R_OK) == 0)
		return true;

	CLEANUP(free)
	char *what = mem_printf("keyring '%s' is not there, or not readable", source->keyring);

	checks_add(c, &(struct check_item){ CHECK_WRONG, "source", source->name, what,
			      "put the archive's keys there (for Debian: package "
			      "debian-archive-keyring)" });
	return false;
}

void check_sources(struct checks *c, const struct config *config)
{
	CLEANUP(probes_done) struct probes p = { .directory = "/tmp/patchline-check-XXXXXX" };

	if (!mkdtemp(p.directory)) {
		*p.directory = '\0';
		checks_add(c, &(struct check_item){ CHECK_WRONG, "source", "all",
				      "no temporary directory can be made in /tmp",
				      "make room in /tmp, or let this user write there" });
		return;
	}
	for (size_t i = 0; i < config->source_count; i++) {
		const struct source *s = &config->sources[i];

		if (!has_keyring(c, s))
			continue;
		for (size_t k = 0; s->suites[k]; k++)
			add_probe(&p, s, s->suites[k]);
	}
	if (p.count)
		fetch_probes(&p);
	for (size_t i = 0; i < p.count; i++)
		judge_source(c, &p.items[i], config->state);
}
