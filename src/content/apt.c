/* SPDX-License-Identifier: Apache-2.0 */
#include "content/apt.h"

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/url.h"
#include "content/apt_suite_private.h"
#include "content/archive.h"
#include "content/fetch.h"
#include "content/release.h"
#include "model/config.h"
#include "store/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define INDEX_MAX ((uint64_t)4 * 1024 * 1024 * 1024)

/* Forms of an index, the smallest first. */
static const char *const forms[] = { ".xz", ".zst", ".bz2", ".lzma", ".gz", "" };

#define FORM_COUNT (sizeof forms / sizeof *forms)

/* One index on its way. Texts are owned. */
struct wanted {
	size_t suite;
	const char *component, *architecture;          /* borrowed */
	char *plain;                                   /* "main/binary-amd64/Packages" */
	const struct release_file *listed[FORM_COUNT]; /* its forms in the Release file */
	size_t form_count, form;                       /* of `listed`; the one that is fetched */
	bool is_by_hash;                               /* it is asked for by its digest */
	char *url;
	char *packed_path;            /* where it is fetched to */
	char sha256[DIGEST_HEX_SIZE]; /* of the uncompressed text; "" while not known */
	uint64_t size;
	bool is_here;    /* the text is */
	bool is_fetched; /* the form is */
};

/* All that one call needs. */
struct run {
	const struct source *source;
	const struct apt_options *options;
	char *dir; /* owned: STATE/indexes/releases/SOURCE */
	int lock;
	struct apt_suites suites;
	struct wanted *wanted; /* owned */
	size_t count, capacity, fetched;
};

static void run_done(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		struct wanted *w = &run->wanted[i];

		free(w->plain);
		free(w->url);
		unlink(w->packed_path); /* a half one, "….part", is gone on with */
		free(w->packed_path);
	}
	free(run->wanted);
	free(run->dir);
	fd_close(run->lock);
	apt_suites_done(&run->suites);
}
CLEANUP_DONE(struct run, run_done)

bool apt_is_security(const struct source *source, const char *label)
{
	return source->is_security || strcmp(label, "Debian-Security") == 0;
}

/* An index that is here and whole is used again; touching it keeps it from being cleared away. */
static bool is_here(const char *state, const char *sha256, uint64_t size)
{
	CLEANUP(free) char *path = store_index_path(state, sha256);
	char got[DIGEST_HEX_SIZE];
	struct error ignored;
	struct stat st;

	return stat(path, &st) == 0 && (uint64_t)st.st_size == size &&
	       digest_file(path, got, NULL, &ignored) == 0 && strcmp(got, sha256) == 0 &&
	       utimensat(AT_FDCWD, path, NULL, 0) == 0;
}

static const struct release_file *packed_of(const struct wanted *w)
{
	return w->listed[w->form];
}

/* Where the form is, and where it goes. */
static void describe_packed(const struct run *run, struct wanted *w)
{
	const struct apt_suite *s = &run->suites.items[w->suite];
	const struct release_file *packed = packed_of(w);
	const char *slash = strrchr(packed->path, '/');
	int folder = slash ? (int)(slash + 1 - packed->path) : 0;
	CLEANUP(free)
	char *by_hash = mem_printf("%.*sby-hash/%s/%s", folder, packed->path,
		release_facts(s->release)->digests, packed->digest);

	free(w->url);
	free(w->packed_path);
	w->url = url_below(s->url, w->is_by_hash ? by_hash : packed->path);
	w->packed_path = mem_printf("%s/%s.packed", run->dir, packed->digest);
}

static bool has_sha256(const struct run *run, const struct wanted *w)
{
	return str_equal(release_facts(run->suites.items[w->suite].release)->digests, "SHA256");
}

static void look_for_text(const struct run *run, struct wanted *w)
{
	const struct release_file *text =
		release_find(run->suites.items[w->suite].release, w->plain);

	if (!text)
		return;
	w->size = text->size;
	if (!has_sha256(run, w))
		return;
	memcpy(w->sha256, text->digest, sizeof w->sha256);
	w->is_here = is_here(run->options->state, w->sha256, w->size);
}

/* Find the forms in which the Release file has an index. False when it has none. */
static bool list_forms(const struct apt_suite *s, const char *component, const char *architecture,
	struct wanted *w)
{
	w->plain = s->is_flat ? mem_strdup("Packages")
			      : mem_printf("%s/binary-%s/Packages", component, architecture);
	w->form_count = 0;
	for (size_t i = 0; i < FORM_COUNT; i++) {
		CLEANUP(free) char *path = mem_printf("%s%s", w->plain, forms[i]);
		const struct release_file *found = release_find(s->release, path);

		if (found)
			w->listed[w->form_count++] = found;
	}
	if (!w->form_count)
		free(STEAL(&w->plain));
	return w->form_count > 0;
}

static bool has_index(const struct apt_suite *s, const char *component, const char *architecture)
{
	struct wanted w = { 0 };
	bool found = list_forms(s, component, architecture, &w);

	free(w.plain);
	return found;
}

/* Where there is one. */
static void add_index(
	struct run *run, size_t suite, const char *component, const char *architecture)
{
	const struct apt_suite *s = &run->suites.items[suite];
	struct wanted w = { .suite = suite, .component = component, .architecture = architecture };

	if (!list_forms(s, component, architecture, &w))
		return;
	look_for_text(run, &w);
	w.is_by_hash = release_facts(s->release)->has_by_hash;
	describe_packed(run, &w);
	run->wanted = mem_room(run->wanted, run->count, &run->capacity, sizeof *run->wanted);
	run->wanted[run->count++] = w;
}

/* Packages of architecture "all" may have an index of their own, and be all that there is. */
static bool has_all_index(const struct apt_suite *s, const char *component)
{
	return release_facts(s->release)->has_all_index && has_index(s, component, "all");
}

static int check_component(const struct source *source, const struct apt_suite *s,
	const char *component, struct error *err)
{
	for (const char *const *a = source->architectures; *a; a++) {
		if (!has_index(s, component, *a) &&
			(!has_all_index(s, component) || release_serves(s->release, *a)))
			return error_set(err, ERR_CORRUPT,
				"suite '%s' of '%s' has no index of component '%s', architecture '%s'",
				s->name, source->public_uri, component, *a);
	}
	return 0;
}

/* Does the Release file have what the source asks for? */
static int check_indexes(const struct source *source, const struct apt_suite *s, struct error *err)
{
	if (s->is_flat)
		return has_index(s, "", "") ? 0
					    : error_set(err, ERR_CORRUPT,
						      "flat suite '%s' of '%s' has no Packages",
						      s->name, source->public_uri);
	for (const char *const *c = source->components; *c; c++) {
		if (check_component(source, s, *c, err) < 0)
			return -1;
	}
	return 0;
}

static void list_component(struct run *run, size_t suite, const char *component)
{
	bool has_all = has_all_index(&run->suites.items[suite], component);

	for (const char *const *a = run->source->architectures; *a; a++) {
		if (!has_all || !str_equal(*a, "all"))
			add_index(run, suite, component, *a);
	}
	if (has_all)
		add_index(run, suite, component, "all");
}

static int list_indexes(struct run *run, size_t suite, struct error *err)
{
	const struct apt_suite *s = &run->suites.items[suite];

	if (check_indexes(run->source, s, err) < 0)
		return -1;
	if (s->is_flat)
		add_index(run, suite, "", "");
	for (const char *const *c = run->source->components; *c && !s->is_flat; c++)
		list_component(run, suite, *c);
	return 0;
}

static struct fetch_file describe_fetch(const struct run *run, const struct wanted *w)
{
	return (struct fetch_file){
		.url = w->url,
		.path = w->packed_path,
		.sha256 = has_sha256(run, w) ? packed_of(w)->digest : NULL,
		.size = packed_of(w)->size,
		.size_limit = INDEX_MAX,
	};
}

/* By digest first; a mirror without by-hash, whatever it says, has the file by its name; and where that is absent, the next form. */
static bool take_next_way(const struct run *run, struct wanted *w)
{
	const struct apt_suite *s = &run->suites.items[w->suite];

	if (w->is_by_hash) {
		w->is_by_hash = false;
	} else if (w->form + 1 < w->form_count) {
		w->form++;
		w->is_by_hash = release_facts(s->release)->has_by_hash;
	} else {
		return false;
	}
	describe_packed(run, w);
	return true;
}

/* One try for each that is missing. @return 1 when there is more to try, 0, or -1 with err. */
static int fetch_round(struct run *run, struct error *err)
{
	CLEANUP(free) struct fetch_file *files = mem_new(run->count, sizeof *files);
	CLEANUP(free) size_t *places = mem_new(run->count, sizeof *places);
	size_t count = 0;
	struct error mended;
	int more = 0;

	for (size_t i = 0; i < run->count; i++) {
		if (run->wanted[i].is_here || run->wanted[i].is_fetched)
			continue;
		places[count] = i;
		files[count++] = describe_fetch(run, &run->wanted[i]);
	}
	if (count)
		(void)!fetch_files(
			files, count, run->options->fetch, &mended); /* each has its error */
	for (size_t i = 0; i < count; i++) {
		struct wanted *w = &run->wanted[places[i]];

		w->is_fetched = files[i].error.kind == ERR_NONE;
		if (!w->is_fetched && !(fetch_is_absent(&files[i]) && take_next_way(run, w))) {
			*err = files[i].error;
			return -1;
		}
		more |= !w->is_fetched;
	}
	return more;
}

static int fetch_missing(struct run *run, struct error *err)
{
	int more;

	for (size_t i = 0; i < run->count; i++)
		run->fetched += !run->wanted[i].is_here;
	while ((more = fetch_round(run, err)) > 0) {
	}
	return more;
}

/* What fetching does by itself where there is a SHA-256. */
static int check_sha512(const struct run *run, const struct wanted *w, struct error *err)
{
	char got[DIGEST_SHA512_HEX_SIZE];

	if (has_sha256(run, w))
		return 0;
	if (digest_file_sha512(w->packed_path, got, err) < 0)
		return -1;
	if (strcmp(got, packed_of(w)->digest) == 0)
		return 0;
	return error_set(
		err, ERR_CORRUPT, "SHA-512 differs: want %s, got %s", packed_of(w)->digest, got);
}

static int unpack(const struct run *run, struct wanted *w, struct error *err)
{
	struct archive_expect expect = {
		.sha256 = *w->sha256 ? w->sha256 : NULL,
		.size = w->size,
		.size_limit = INDEX_MAX,
	};
	/* By the lock of the source nobody else writes beside the packed file. */
	CLEANUP(free) char *unnamed = mem_printf("%s.plain", w->packed_path);
	char sha256[DIGEST_HEX_SIZE];

	if (check_sha512(run, w, err) < 0 ||
		archive_decompress(w->packed_path, unnamed, &expect, sha256, &w->size, err) < 0)
		return error_wrap(err, "index '%s' of '%s'", w->plain,
			run->suites.items[w->suite].public_url);

	CLEANUP(free) char *path = store_index_path(run->options->state, sha256);

	if (rename(unnamed, path) < 0)
		return error_set(
			err, ERR_SYSTEM, "moving '%s' to '%s': %s", unnamed, path, strerror(errno));
	memcpy(w->sha256, sha256, sizeof sha256);
	return 0;
}

static void fill_release(const struct run *run, const struct apt_suite *s, struct apt_release *out)
{
	const struct release_facts *f = release_facts(s->release);

	out->suite = mem_strdup(s->name);
	out->sha256 = mem_strdup(s->sha256);
	out->origin = mem_strdup(f->origin);
	out->label = mem_strdup(f->label);
	out->release_suite = mem_strdup(f->suite);
	out->codename = mem_strdup(f->codename);
	out->date = f->date;
	out->valid_until = f->valid_until;
	out->priority = f->priority;
	out->is_security = apt_is_security(run->source, f->label);
	out->is_expired = s->is_expired;
}

static void fill_result(const struct run *run, struct apt_result *out)
{
	*out = (struct apt_result){
		.releases = mem_new(run->suites.count, sizeof *out->releases),
		.release_count = run->suites.count,
		.indexes = mem_new(run->count, sizeof *out->indexes),
		.index_count = run->count,
		.fetched = run->fetched,
	};
	for (size_t i = 0; i < run->suites.count; i++)
		fill_release(run, &run->suites.items[i], &out->releases[i]);
	for (size_t i = 0; i < run->count; i++) {
		const struct wanted *w = &run->wanted[i];

		out->indexes[i] = (struct apt_index){
			.release = w->suite,
			.component = mem_strdup(w->component),
			.architecture = mem_strdup(w->architecture),
			.sha256 = mem_strdup(w->sha256),
			.size = w->size,
		};
	}
}

/* Who holds the lock wrote it down: "process 1234". Owned by the caller. */
static char *read_holder(int lock)
{
	char text[20] = "";
	ssize_t size = pread(lock, text, sizeof text - 1, 0);

	return mem_printf("process %s", size > 0 ? str_trim(text) : "unknown");
}

static int take_lock(struct run *run, struct error *err)
{
	const struct apt_options *o = run->options;

	if (flock(run->lock, LOCK_EX | LOCK_NB) < 0) {
		CLEANUP(free) char *holder = read_holder(run->lock);

		if (errno != EWOULDBLOCK)
			return error_set(err, ERR_SYSTEM, "%s", strerror(errno));
		if (o->on_wait)
			o->on_wait(o->fetch ? o->fetch->context : NULL, holder);
		if (flock(run->lock, LOCK_EX) < 0)
			return error_set(err, ERR_SYSTEM, "%s", strerror(errno));
	}
	/* For people; who cannot write it down syncs all the same. */
	if (ftruncate(run->lock, 0) == 0)
		(void)!dprintf(run->lock, "%d\n", getpid());
	return 0;
}

/* One sync of a source at a time; another one waits, and then finds everything here. */
static int open_dir(struct run *run, struct error *err)
{
	run->dir = mem_printf("%s/indexes/releases/%s", run->options->state, run->source->name);
	if (dir_make(run->dir, 0755, err) < 0)
		return -1;

	CLEANUP(free) char *path = mem_printf("%s/lock", run->dir);

	run->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (run->lock < 0)
		return error_set(err, ERR_SYSTEM, "opening '%s': %s", path, strerror(errno));
	return take_lock(run, err) < 0 ? error_wrap(err, "locking '%s'", path) : 0;
}

int apt_sync(const struct source *source, const struct apt_options *options, struct apt_result *out,
	struct error *err)
{
	CLEANUP(run_done) struct run run = { .source = source, .options = options, .lock = -1 };

	if (open_dir(&run, err) < 0 || apt_suites_open(source, options, &run.suites, err) < 0)
		return -1;
	for (size_t i = 0; i < run.suites.count; i++) {
		if (list_indexes(&run, i, err) < 0)
			return -1;
	}
	if (fetch_missing(&run, err) < 0)
		return -1;
	for (size_t i = 0; i < run.count; i++) {
		if (!run.wanted[i].is_here && unpack(&run, &run.wanted[i], err) < 0)
			return -1;
	}
	fill_result(&run, out);
	return 0;
}

int apt_judge_release(
	const struct source *source, const char *suite, const char *text, struct error *err)
{
	CLEANUP(release_free) struct release *release = NULL;
	struct apt_suite s = { .name = suite, .is_flat = str_ends(suite, "/") };

	if (release_read(text, strlen(text), &release, err) < 0)
		return -1;
	s.release = release;
	return apt_suite_check_name(source, &s, err) < 0 ? -1 : check_indexes(source, &s, err);
}

void apt_result_done(struct apt_result *result)
{
	for (size_t i = 0; i < result->release_count; i++) {
		struct apt_release *r = &result->releases[i];

		free(r->suite);
		free(r->sha256);
		free(r->origin);
		free(r->label);
		free(r->release_suite);
		free(r->codename);
	}
	for (size_t i = 0; i < result->index_count; i++) {
		free(result->indexes[i].component);
		free(result->indexes[i].architecture);
		free(result->indexes[i].sha256);
	}
	free(result->releases);
	free(result->indexes);
	*result = (struct apt_result){ 0 };
}
