/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/url.h"
#include "content/apt.h"
#include "content/apt_suite_private.h"
#include "content/fetch.h"
#include "content/release.h"
#include "content/signature.h"
#include "model/config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FUTURE_MAX  ((int64_t)24 * 3600) /* how far a Date may be ahead of our clock */
#define FILES_COUNT 2                    /* "Release" and "Release.gpg" */

static const char in_release[] = "InRelease";
static const char *const release_pair[FILES_COUNT] = { "Release", "Release.gpg" };

/* A file beside the suite's Release, being fetched to where it is kept. */
struct download {
	char *url, *path; /* owned */
};

static void downloads_free(struct download *d, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(d[i].url);
		free(d[i].path);
	}
	free(d);
}

static struct fetch_file describe_download(
	const struct apt_suite *s, const char *name, struct download *d)
{
	d->url = mem_printf("%s/%s", s->url, name);
	d->path = mem_printf("%s%s", s->kept, name);
	return (struct fetch_file){
		.url = d->url,
		.path = d->path,
		.size_limit = SIGNATURE_TEXT_MAX,
		.is_conditional = true,
	};
}

/* What was fetched last time and is not to be believed must not answer for "unchanged" next time. */
static void forget(const struct apt_suite *s, const char *name)
{
	static const char *const tails[] = { "", ".version" };

	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		CLEANUP(free) char *path = mem_printf("%s%s%s", s->kept, name, tails[i]);

		unlink(path);
	}
}

static int fetch_pair(
	const struct apt_suite *s, const struct fetch_options *options, struct error *err)
{
	struct download *d = mem_new(FILES_COUNT, sizeof *d);
	struct fetch_file files[FILES_COUNT];
	int result;

	for (size_t i = 0; i < FILES_COUNT; i++)
		files[i] = describe_download(s, release_pair[i], &d[i]);
	result = fetch_files(files, FILES_COUNT, options, err);
	downloads_free(d, FILES_COUNT);
	if (result < 0 && files[0].error.kind == ERR_NONE && fetch_is_absent(&files[1]))
		return error_set(err, ERR_CORRUPT,
			"suite '%s' is not signed: '%s' has neither InRelease nor Release.gpg",
			s->name, s->public_url);
	return result;
}

/* Where there is no InRelease there may be Release and Release.gpg; the outdated form goes. */
static int fetch_release_files(
	struct apt_suites *suites, const struct fetch_options *options, struct error *err)
{
	struct download *d = mem_new(suites->count, sizeof *d);
	CLEANUP(free) struct fetch_file *files = mem_new(suites->count, sizeof *files);
	struct error mended;
	int result = 0;

	for (size_t i = 0; i < suites->count; i++)
		files[i] = describe_download(&suites->items[i], in_release, &d[i]);
	(void)!fetch_files(files, suites->count, options, &mended); /* each file has its error */
	for (size_t i = 0; i < suites->count && result == 0; i++) {
		const struct apt_suite *s = &suites->items[i];

		if (files[i].error.kind == ERR_NONE)
			continue;
		if (!fetch_is_absent(&files[i])) {
			*err = files[i].error;
			result = -1;
			break;
		}
		forget(s, in_release);
		result = fetch_pair(s, options, err);
	}
	downloads_free(d, suites->count);
	return result;
}

static int read_kept(
	const struct apt_suite *s, const char *name, char **text, size_t *size, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s%s", s->kept, name);

	return file_read(path, SIGNATURE_TEXT_MAX, text, size, err);
}

static int verify_pair(const struct source *source, const char *state, struct apt_suite *s,
	char **content, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	CLEANUP(free) char *signature = NULL;
	struct detached d = { 0 };

	if (read_kept(s, release_pair[0], &text, &d.text_size, err) < 0 ||
		read_kept(s, release_pair[1], &signature, &d.signature_size, err) < 0)
		return -1;
	d.text = text;
	d.signature = signature;
	if (signature_verify_detached(state, source->keyring, &d, err) < 0)
		return -1;
	digest_bytes(text, d.text_size, s->sha256);
	*content = STEAL(&text);
	return 0;
}

static int verify_signed(const struct source *source, const char *state, struct apt_suite *s,
	char **content, struct error *err)
{
	CLEANUP(free) char *path = mem_printf("%s%s", s->kept, in_release);
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (!file_exists(path))
		return verify_pair(source, state, s, content, err);
	if (file_read(path, SIGNATURE_TEXT_MAX, &text, &size, err) < 0 ||
		signature_verify(state, source->keyring, text, size, content, err) < 0)
		return -1;
	digest_bytes(text, size, s->sha256);
	return 0;
}

static bool is_called(const struct release_facts *f, const char *name)
{
	return str_equal(name, f->suite) || str_equal(name, f->codename);
}

/* Some do not tell theirs, and flat ones are paths. */
int apt_suite_check_name(const struct source *source, const struct apt_suite *s, struct error *err)
{
	const struct release_facts *f = release_facts(s->release);
	CLEANUP(free) char *short_name = mem_strndup(s->name, strcspn(s->name, "/"));

	if (s->is_flat || (!*f->suite && !*f->codename) || is_called(f, s->name) ||
		is_called(f, short_name) || is_called(f, source->release_name))
		return 0;
	return error_set(err, ERR_CORRUPT,
		"it is the Release file of '%s' (codename '%s'); where an archive serves that as '%s', let the "
		"source say 'release-name: %s'",
		f->suite, f->codename, s->name, *f->codename ? f->codename : f->suite);
}

static const struct apt_known *find_known(const struct apt_options *o, const char *suite)
{
	for (size_t i = 0; i < o->known_count; i++) {
		if (str_equal(o->known[i].suite, suite))
			return &o->known[i];
	}
	return NULL;
}

static int refuse_change(const struct source *source, const char *field, const char *was,
	const char *is, struct error *err)
{
	return error_set(err, ERR_REFUSED,
		"its %s was '%.100s' and is '%.100s': another archive than was agreed on; when that is "
		"meant: 'patchline sync --accept-change %s'",
		field, was, is, source->name);
}

static const char *describe_priority(int priority)
{
	return priority >= 500 ? "no" : priority >= 100 ? "yes, but upgrades" : "yes";
}

/* As apt does: Suite may change, as from stable to oldstable; what packages are believed by may not. */
static int check_identity(const struct source *source, const struct apt_options *o,
	const struct apt_suite *s, struct error *err)
{
	const struct release_facts *f = release_facts(s->release);
	const struct apt_known *k = find_known(o, s->name);

	if (!k || o->takes_change)
		return 0;

	const char *const words[][3] = {
		{ "Origin", k->origin, f->origin },
		{ "Label", k->label, f->label },
		{ "Codename", k->codename, f->codename },
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (words[i][1] && !str_equal(words[i][1], words[i][2]))
			return refuse_change(source, words[i][0], words[i][1], words[i][2], err);
	}
	if (k->priority && k->priority != f->priority)
		return refuse_change(source, "NotAutomatic", describe_priority(k->priority),
			describe_priority(f->priority), err);
	return 0;
}

static int check_dates(const struct source *source, const struct apt_options *o,
	struct apt_suite *s, struct error *err)
{
	const struct release_facts *f = release_facts(s->release);
	const struct apt_known *k = find_known(o, s->name);
	char date[CLOCK_TEXT_SIZE], other[CLOCK_TEXT_SIZE];

	clock_format(f->date, date);
	if (f->date > o->now + FUTURE_MAX)
		return error_set(err, ERR_CORRUPT,
			"its Date %s lies in the future; is this machine's clock right?", date);
	if (k && k->date > f->date)
		return error_set(err, ERR_CORRUPT,
			"its Date %s is older than %s of the one in use: a stale mirror, or a replay",
			date, clock_format(k->date, other));
	s->is_expired = f->valid_until && f->valid_until < o->now;
	if (s->is_expired && source->valid_until == VALID_UNTIL_CHECK)
		return error_set(err, ERR_CORRUPT,
			"it expired at %s; a source with 'valid-until: ignore' takes it all the same",
			clock_format(f->valid_until, other));
	return 0;
}

static int check_suite(const struct source *source, const struct apt_options *options,
	struct apt_suite *s, struct error *err)
{
	CLEANUP(free) char *content = NULL;

	if (verify_signed(source, options->state, s, &content, err) < 0 ||
		release_read(content, strlen(content), &s->release, err) < 0 ||
		apt_suite_check_name(source, s, err) < 0 ||
		check_dates(source, options, s, err) < 0)
		return -1;
	return check_identity(source, options, s, err);
}

/* What is refused is not kept: with its date and version the next request would ask for something newer than that. */
static int open_suite(const struct source *source, const struct apt_options *options,
	struct apt_suite *s, struct error *err)
{
	if (check_suite(source, options, s, err) == 0)
		return 0;
	forget(s, in_release);
	forget(s, release_pair[0]);
	forget(s, release_pair[1]);
	return error_wrap(err, "Release file of '%s'", s->public_url);
}

/* A suite may be "bookworm/updates": one file name all the same. */
static char *kept_path(const char *dir, const char *suite)
{
	char *path = mem_printf("%s/%s.", dir, suite);

	for (char *c = path + strlen(dir) + 1; *c; c++) {
		if (*c == '/')
			*c = '_';
	}
	return path;
}

char *apt_suite_url(const char *uri, const char *suite)
{
	bool is_flat = str_ends(suite, "/");
	CLEANUP(free) char *path = mem_printf("%s%s", is_flat ? "" : "dists/", suite);

	for (size_t size = strlen(path); size && path[size - 1] == '/'; size--)
		path[size - 1] = '\0';
	if (!*path || str_equal(path, "."))
		return mem_strdup(uri);
	return url_below(uri, path);
}

int apt_suites_open(const struct source *source, const struct apt_options *options,
	struct apt_suites *out, struct error *err)
{
	CLEANUP(free)
	char *dir = mem_printf("%s/indexes/releases/%s", options->state, source->name);
	CLEANUP(apt_suites_done) struct apt_suites suites = { 0 };

	while (source->suites[suites.count])
		suites.count++;
	suites.items = mem_new(suites.count, sizeof *suites.items);
	for (size_t i = 0; i < suites.count; i++) {
		suites.items[i].name = source->suites[i];
		suites.items[i].is_flat = str_ends(source->suites[i], "/");
		suites.items[i].url = apt_suite_url(source->uri, source->suites[i]);
		suites.items[i].public_url = apt_suite_url(source->public_uri, source->suites[i]);
		suites.items[i].kept = kept_path(dir, source->suites[i]);
	}
	if (fetch_release_files(&suites, options->fetch, err) < 0)
		return -1;
	for (size_t i = 0; i < suites.count; i++) {
		if (open_suite(source, options, &suites.items[i], err) < 0)
			return -1;
	}
	*out = STEAL(&suites);
	return 0;
}

void apt_suites_done(struct apt_suites *suites)
{
	for (size_t i = 0; i < suites->count; i++) {
		free(suites->items[i].url);
		free(suites->items[i].public_url);
		free(suites->items[i].kept);
		release_free(suites->items[i].release);
	}
	free(suites->items);
	*suites = (struct apt_suites){ 0 };
}
