/* SPDX-License-Identifier: Apache-2.0 */
/*
 * driver.c - content/ from the command line, for tests: driver COMMAND ARGS.
 *
 * Prints facts, one a line, words parted by spaces; on failure "KIND: text" and exit status 1.
 */
#include "base/clock.h"
#include "base/deb822.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "content/apt.h"
#include "content/changelog.h"
#include "content/fetch.h"
#include "content/pool.h"
#include "content/repository.h"
#include "content/setfile.h"
#include "content/sync.h"
#include "content/verify.h"
#include "model/config.h"
#include "model/hoststate.h"
#include "model/patchset.h"
#include "model/patchset_draft.h"
#include "store/event.h"
#include "store/host.h"
#include "store/index.h"
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* apt CONFIG SOURCE [SUITE SECONDS]: sync; the Release in use of SUITE has that date. */
static int run_apt(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(apt_result_done) struct apt_result result = { 0 };
	struct apt_known known = { 0 };
	struct fetch_options fetch = { .retries = 1, .connect_timeout = 3, .stall_timeout = 3 };

	if (config_read(args[0], NULL, &config, err) < 0)
		return -1;

	const struct source *source = config_source(config, args[1]);
	struct apt_options options = {
		.state = config->state,
		.now = clock_now(),
		.known = &known,
		.fetch = &fetch,
	};

	if (!source)
		return error_set(err, ERR_NOT_FOUND, "no source '%s'", args[1]);
	if (args[2]) {
		known = (struct apt_known){ args[2], strtoll(args[3], NULL, 10) };
		options.known_count = 1;
	}
	if (apt_sync(source, &options, &result, err) < 0)
		return -1;
	for (size_t i = 0; i < result.release_count; i++) {
		const struct apt_release *r = &result.releases[i];

		printf("release %s %" PRId64 "%s%s\n", r->suite, r->date,
			r->is_security ? " security" : "", r->is_expired ? " expired" : "");
	}
	for (size_t i = 0; i < result.index_count; i++) {
		const struct apt_index *x = &result.indexes[i];

		printf("index %s %s %s %s %" PRIu64 "\n", result.releases[x->release].suite,
			x->component, x->architecture, x->sha256, x->size);
	}
	printf("fetched %zu\n", result.fetched);
	return 0;
}

/* fetch URL PATH [SHA256 SIZE] */
static int run_fetch(char **args, struct error *err)
{
	struct fetch_file file = { .url = args[0], .path = args[1], .size_limit = 1 << 20 };
	struct fetch_options options = { .retries = 2, .connect_timeout = 3, .stall_timeout = 3 };

	if (args[2]) {
		file.sha256 = args[2];
		file.size = strtoull(args[3], NULL, 10);
	} else {
		file.is_conditional = true;
	}
	if (fetch_files(&file, 1, &options, err) < 0)
		return -1;
	printf("%s\n", file.is_unchanged ? "unchanged" : "fetched");
	return 0;
}

/* put STATE FILE SHA256 */
static int run_put(char **args, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;

	if (pool_open(args[0], &pool, err) < 0 || pool_put(pool, args[1], args[2], err) < 0)
		return -1;
	printf("put\n");
	return 0;
}

/* sync CONFIG [SOURCE]: all sources into the store; SOURCE may have become another archive. */
static void tell_wait(void *context, const char *source, const char *holder)
{
	(void)context;
	printf("%s waits for %s\n", source, holder);
}

static int run_sync(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	CLEANUP(sync_report_done) struct sync_report report = { 0 };
	struct sync_options options = {
		.actor = "tester",
		.takes_change = args[1],
		.on_wait = tell_wait,
	};

	if (config_read(args[0], NULL, &config, err) < 0 ||
		store_open(config->state, &store, err) < 0 ||
		sync_sources(config, store, &options, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++) {
		const struct sync_outcome *o = &report.outcomes[i];

		printf("%s %s %zu %zu %s\n", o->source, error_kind_name(o->error.kind), o->indexes,
			o->fetched, o->error.text);
	}
	return 0;
}

/* events CONFIG KIND: what the record says of them. */
static int run_events(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	CLEANUP(event_rows_done) struct event_rows rows = { 0 };

	if (config_read(args[0], NULL, &config, err) < 0 ||
		store_open(config->state, &store, err) < 0 ||
		store_events(store, &(struct event_filter){ .kind = args[1] }, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		printf("%s\n", rows.items[i].payload);
	return 0;
}

/* indexes CONFIG: what the store says is in use. */
static int run_indexes(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	CLEANUP(index_rows_done) struct index_rows rows = { 0 };

	if (config_read(args[0], NULL, &config, err) < 0 ||
		store_open(config->state, &store, err) < 0 ||
		store_indexes(store, NULL, &rows, err) < 0)
		return -1;
	for (size_t i = 0; i < rows.count; i++)
		printf("%s %s %s\n", rows.items[i].source, rows.items[i].suite,
			rows.items[i].packages_sha256);
	return 0;
}

/* The packages of an index as those of a draft. */
static int add_packages(
	struct patchset_draft *draft, const char *path, const char *source, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(deb822_free) struct deb822 *d = NULL;
	size_t size = 0;
	int more;

	if (file_read(path, (size_t)1 << 30, &text, &size, err) < 0)
		return -1;
	d = deb822_new_text(text, size);
	while ((more = deb822_next(d, err)) > 0) {
		struct package p = {
			.platform = "debian-12-amd64",
			.name = deb822_get(d, "Package"),
			.version = deb822_get(d, "Version"),
			.architecture = deb822_get(d, "Architecture"),
			.sha256 = deb822_get(d, "SHA256"),
			.size = strtoull(deb822_get(d, "Size"), NULL, 10),
			.source = source,
			.filename = deb822_get(d, "Filename"),
			.advisories = "",
		};

		patchset_draft_add_package(draft, &p);
	}
	return more;
}

/* Seal a draft once its repository is known; the packages come out of a first, unpublished sealing. */
static int publish(const struct config *config, struct patchset_draft *draft, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;
	CLEANUP(patchset_free) struct patchset *first = NULL;
	CLEANUP(patchset_free) struct patchset *set = NULL;
	CLEANUP(free) char *text = NULL;
	CLEANUP(free) char *sealed = NULL;
	struct repository_index index = { 0 };
	char digest[DIGEST_HEX_SIZE];
	size_t size = 0;

	if (patchset_seal(draft, &text, &size, digest, err) < 0 ||
		patchset_read(text, size, digest, &first, err) < 0 ||
		pool_open(config->state, &pool, err) < 0 ||
		set_fetch(config, pool, first, NULL, err) < 0)
		return -1;

	size_t count = patchset_count(first);
	CLEANUP(free) const struct package **packages = mem_new(count, sizeof *packages);

	for (size_t i = 0; i < count; i++)
		packages[i] = patchset_at(first, i);
	if (repository_index(pool, "debian-12-amd64", packages, count, &index, err) < 0)
		return -1;

	struct repository repository = { "debian-12-amd64", index.sha256, index.size };

	patchset_draft_add_repository(draft, &repository);
	if (patchset_seal(draft, &sealed, &size, digest, err) < 0 ||
		setfile_write(config->state, digest, sealed, size, err) < 0 ||
		setfile_open(config->state, digest, &set, err) < 0 ||
		repository_publish(config->state, set, err) < 0)
		return -1;
	printf("%s\n", digest);
	return 0;
}

/* freeze CONFIG INDEX SOURCE: all packages of an index as a set; prints its digest. */
static int run_freeze(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(patchset_draft_free) struct patchset_draft *draft = NULL;

	if (config_read(args[0], NULL, &config, err) < 0)
		return -1;
	draft = patchset_draft_new("2.2", 1795421700);
	if (add_packages(draft, args[1], args[2], err) < 0)
		return -1;
	return publish(config, draft, err);
}

/* open CONFIG DIGEST: check a set and its repository. */
static int run_open(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(patchset_free) struct patchset *set = NULL;

	if (config_read(args[0], NULL, &config, err) < 0 ||
		setfile_open(config->state, args[1], &set, err) < 0 ||
		repository_check(config->state, set, "debian-12-amd64", err) < 0)
		return -1;
	printf("%zu packages\n", patchset_count(set));
	return 0;
}

/* verify CONFIG [offline] */
static int run_verify(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(verify_report_done) struct verify_report report = { 0 };
	struct verify_options options = { .is_offline = args[1] != NULL };

	if (config_read(args[0], NULL, &config, err) < 0 ||
		verify_content(config, &options, &report, err) < 0)
		return -1;
	for (size_t i = 0; i < report.count; i++) {
		const struct finding *f = &report.findings[i];

		printf("%s %s: %s: %s\n", f->is_mended ? "mended" : "bad", finding_name(f->kind),
			f->name, f->problem);
	}
	printf("%zu sets, %zu findings, %zu mended\n", report.sets, report.count, report.mended);
	return 0;
}

/* changelog STATE NAME SHA256 FROM TO [NAME SHA256]: with one other package to look into. */
static int run_changelog(char **args, struct error *err)
{
	CLEANUP(pool_close) struct pool *pool = NULL;
	CLEANUP(changelog_summary_done) struct changelog_summary summary = { 0 };
	struct changelog_package other = { 0 };
	struct changelog_question question = {
		.name = args[1],
		.sha256 = args[2],
		.from = args[3],
		.to = args[4],
		.others = &other,
	};

	if (args[5]) {
		other = (struct changelog_package){ args[5], args[6] };
		question.other_count = 1;
	}
	if (pool_open(args[0], &pool, err) < 0 ||
		changelog_of_package(pool, &question, &summary, err) < 0)
		return -1;
	printf("%zu entries, urgency %s: %s%s\n", summary.entries, summary.urgency,
		summary.advisories, summary.unread ? "cannot be unpacked" : "");
	return 0;
}

/* publish CONFIG DIGEST: write and sign the repository of a set once more. */
static int run_publish(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(pool_close) struct pool *pool = NULL;
	CLEANUP(patchset_free) struct patchset *set = NULL;
	struct repository_index index = { 0 };

	if (config_read(args[0], NULL, &config, err) < 0 ||
		pool_open(config->state, &pool, err) < 0 ||
		setfile_open(config->state, args[1], &set, err) < 0)
		return -1;

	size_t count = patchset_count(set);
	CLEANUP(free) const struct package **packages = mem_new(count, sizeof *packages);

	for (size_t i = 0; i < count; i++)
		packages[i] = patchset_at(set, i);
	if (repository_index(pool, "debian-12-amd64", packages, count, &index, err) < 0)
		return -1;
	return repository_publish(config->state, set, err);
}

/* scanned CONFIG ENVIRONMENT HOST STATE: tell the store that a host is in the state of that file. */
static int run_scanned(char **args, struct error *err)
{
	CLEANUP(config_free) struct config *config = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (config_read(args[0], NULL, &config, err) < 0 ||
		store_open(config->state, &store, err) < 0 ||
		file_read(args[3], (size_t)1 << 30, &text, &size, err) < 0 ||
		hoststate_read(text, size, &state, err) < 0 ||
		store_state_put(
			store, hoststate_digest(state), hoststate_platform(state), text, err) < 0)
		return -1;

	struct host_row row = {
		.name = args[2],
		.environment = args[1],
		.group = "web",
		.platform = hoststate_platform(state),
		.address = args[2],
		.state = hoststate_digest(state),
		.facts = "{}",
	};

	return store_host_scanned(store, &row, "tester", err);
}

static const struct {
	const char *name;
	int args;
	int (*run)(char **args, struct error *err);
} commands[] = {
	{ "apt", 2, run_apt },
	{ "fetch", 2, run_fetch },
	{ "put", 3, run_put },
	{ "sync", 1, run_sync },
	{ "indexes", 1, run_indexes },
	{ "events", 2, run_events },
	{ "freeze", 3, run_freeze },
	{ "open", 2, run_open },
	{ "verify", 1, run_verify },
	{ "changelog", 5, run_changelog },
	{ "publish", 2, run_publish },
	{ "scanned", 4, run_scanned },
};

int main(int argc, char **argv)
{
	struct error err = { 0 };

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (argc < 2 + commands[i].args || strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (commands[i].run(argv + 2, &err) == 0)
			return 0;
		fprintf(stderr, "%s: %s\n", error_kind_name(err.kind), err.text);
		return 1;
	}
	fprintf(stderr, "usage: driver COMMAND ARGS (see the source)\n");
	return 2;
}
