/* SPDX-License-Identifier: Apache-2.0 */
#include "content/archive.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_SIZE    ((size_t)128 * 1024)
#define CONTROL_MAX   ((size_t)1024 * 1024)
#define CHANGELOG_MAX ((size_t)32 * 1024 * 1024)
#define MEMBERS_MAX   1000000 /* entries of a data archive that are looked at */

static void reader_free(struct archive *a)
{
	if (a)
		archive_read_free(a);
}
CLEANUP_FUNC(struct archive *, reader_free)

/* What libarchive did not like. End of memory is no outcome: it ends the process as elsewhere. */
static int reader_error(struct archive *a, const char *path, struct error *err)
{
	const char *text = archive_error_string(a);
	bool is_system = archive_errno(a) > 0 && archive_errno(a) != EILSEQ &&
			 archive_errno(a) < 4096 && archive_errno(a) != EINVAL;

	return error_set(err, is_system ? ERR_SYSTEM : ERR_CORRUPT, "unpacking '%s': %s", path,
		text ? text : "damaged");
}

static void allow_compression(struct archive *a)
{
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_lzma(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_bzip2(a);
}

/* A reader of one compressed stream. */
static struct archive *new_stream(void)
{
	struct archive *a = archive_read_new();

	if (!a)
		abort();
	allow_compression(a);
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	return a;
}

static int check_readable(const char *path, struct error *err)
{
	if (access(path, R_OK) == 0)
		return 0;
	return error_set(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_SYSTEM, "opening '%s': %s",
		path, strerror(errno));
}

/* Hand every block of the present entry to `take`, at most `limit` bytes of it. */
static int each_block(struct archive *a, const char *path, uint64_t limit,
	int (*take)(void *context, const char *bytes, size_t size, struct error *err),
	void *context, struct error *err)
{
	CLEANUP(free) char *block = mem_new(1, BLOCK_SIZE);
	uint64_t total = 0;
	ssize_t got;

	while ((got = archive_read_data(a, block, BLOCK_SIZE)) > 0) {
		total += (uint64_t)got;
		if (total > limit)
			return error_set(err, ERR_CORRUPT,
				"unpacking '%s': it swells to more than %llu bytes", path,
				(unsigned long long)limit);
		if (take(context, block, (size_t)got, err) < 0)
			return -1;
	}
	return got < 0 ? reader_error(a, path, err) : 0;
}

/* Bytes on their way into a file. */
struct sink {
	const char *path;
	int fd;
	struct hasher *hasher;
	uint64_t size;
};

static int sink_write(void *context, const char *bytes, size_t size, struct error *err)
{
	struct sink *s = context;

	hasher_add(s->hasher, bytes, size);
	s->size += size;
	while (size) {
		ssize_t written = write(s->fd, bytes, size);

		if (written < 0)
			return error_set(
				err, ERR_SYSTEM, "writing '%s': %s", s->path, strerror(errno));
		bytes += written;
		size -= (size_t)written;
	}
	return 0;
}

static int unpack(const char *from, struct sink *sink, uint64_t limit, struct error *err)
{
	CLEANUP(reader_free) struct archive *a = new_stream();
	struct archive_entry *entry;
	int found;

	if (archive_read_open_filename(a, from, BLOCK_SIZE) != ARCHIVE_OK)
		return reader_error(a, from, err);
	found = archive_read_next_header(a, &entry);
	if (found == ARCHIVE_EOF) /* nothing, compressed: an empty index */
		return 0;
	if (found != ARCHIVE_OK)
		return reader_error(a, from, err);
	return each_block(a, from, limit, sink_write, sink, err);
}

static int check_expected(const char *from, const struct archive_expect *expect, uint64_t size,
	const char *sha256, struct error *err)
{
	if (!expect->sha256)
		return 0;
	if (size != expect->size)
		return error_set(err, ERR_CORRUPT, "'%s' holds %llu bytes; want %llu", from,
			(unsigned long long)size, (unsigned long long)expect->size);
	if (strcmp(sha256, expect->sha256) != 0)
		return error_set(err, ERR_CORRUPT, "'%s' holds bytes with digest %.12s; want %.12s",
			from, sha256, expect->sha256);
	return 0;
}

static int unpack_to(const char *from, struct sink *sink, const struct archive_expect *expect,
	char sha256[DIGEST_HEX_SIZE], struct error *err)
{
	CLEANUP(hasher_free) struct hasher *hasher = hasher_new();

	sink->hasher = hasher;
	if (unpack(from, sink, expect->sha256 ? expect->size : expect->size_limit, err) < 0)
		return -1;
	hasher_end(STEAL(&hasher), sha256);
	if (check_expected(from, expect, sink->size, sha256, err) < 0)
		return -1;
	if (fchmod(sink->fd, 0644) < 0 || fsync(sink->fd) < 0)
		return error_set(err, ERR_SYSTEM, "writing '%s': %s", sink->path, strerror(errno));
	return 0;
}

int archive_decompress(const char *from, const char *to, const struct archive_expect *expect,
	char sha256[DIGEST_HEX_SIZE], uint64_t *size, struct error *err)
{
	CLEANUP(free) char *temporary = mem_printf("%s.XXXXXX", to);
	char digest[DIGEST_HEX_SIZE];
	int result;

	if (check_readable(from, err) < 0)
		return -1;

	CLEANUP(fd_close) int fd = mkostemp(temporary, O_CLOEXEC);
	struct sink sink = { .path = to, .fd = fd };

	if (fd < 0)
		return error_set(err, ERR_SYSTEM, "creating '%s': %s", temporary, strerror(errno));
	result = unpack_to(from, &sink, expect, digest, err);
	if (result == 0 && rename(temporary, to) < 0)
		result = error_set(err, ERR_SYSTEM, "creating '%s': %s", to, strerror(errno));
	if (result < 0) {
		unlink(temporary);
		return -1;
	}
	if (sha256)
		memcpy(sha256, digest, sizeof digest);
	if (size)
		*size = sink.size;
	return 0;
}

static int add_to_str(void *context, const char *bytes, size_t size, struct error *err)
{
	(void)err;
	str_add_bytes(context, bytes, size);
	return 0;
}

int archive_decompress_bytes(const void *bytes, size_t size, size_t limit, char **text,
	size_t *text_size, struct error *err)
{
	CLEANUP(reader_free) struct archive *a = new_stream();
	CLEANUP(str_done) struct str out = { 0 };
	struct archive_entry *entry;
	int found = ARCHIVE_EOF;

	if (size) {
		if (archive_read_open_memory(a, bytes, size) != ARCHIVE_OK)
			return reader_error(a, "bytes", err);
		found = archive_read_next_header(a, &entry);
	}
	if (found != ARCHIVE_OK && found != ARCHIVE_EOF)
		return reader_error(a, "bytes", err);
	if (found == ARCHIVE_OK && each_block(a, "bytes", limit, add_to_str, &out, err) < 0)
		return -1;
	*text_size = out.size;
	*text = str_take(&out);
	return 0;
}

/* A .deb: an ar archive, one member of which is the tar archive that is read. */
struct deb {
	const char *path;
	struct archive *outer, *inner; /* owned */
	char *block;                   /* owned: what inner was given last */
};

static void deb_done(struct deb *deb)
{
	reader_free(deb->inner);
	reader_free(deb->outer);
	free(deb->block);
}
CLEANUP_DONE(struct deb, deb_done)

static la_ssize_t read_member(struct archive *a, void *context, const void **bytes)
{
	struct deb *deb = context;
	la_ssize_t got = archive_read_data(deb->outer, deb->block, BLOCK_SIZE);

	if (got < 0)
		archive_set_error(a, EILSEQ, "%s", archive_error_string(deb->outer));
	*bytes = deb->block;
	return got;
}

/* Open the member whose name starts with `prefix` ("control.tar", "data.tar"). */
static int deb_open(struct deb *deb, const char *prefix, struct error *err)
{
	struct archive_entry *entry;
	int found;

	if (check_readable(deb->path, err) < 0)
		return -1;
	deb->block = mem_new(1, BLOCK_SIZE);
	deb->outer = archive_read_new();
	deb->inner = archive_read_new();
	if (!deb->outer || !deb->inner)
		abort();
	archive_read_support_format_ar(deb->outer);
	allow_compression(deb->inner);
	archive_read_support_format_tar(deb->inner);
	if (archive_read_open_filename(deb->outer, deb->path, BLOCK_SIZE) != ARCHIVE_OK)
		return reader_error(deb->outer, deb->path, err);
	while ((found = archive_read_next_header(deb->outer, &entry)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(entry);

		if (name && str_starts(name, prefix)) {
			if (archive_read_open(deb->inner, deb, NULL, read_member, NULL) ==
				ARCHIVE_OK)
				return 0;
			return reader_error(deb->inner, deb->path, err);
		}
	}
	if (found == ARCHIVE_EOF)
		return error_set(err, ERR_CORRUPT, "'%s' is no Debian package: it has no '%s'",
			deb->path, prefix);
	return reader_error(deb->outer, deb->path, err);
}

/* A member's path without the "./" or "/" that some archives put in front. */
static const char *member_name(struct archive_entry *entry)
{
	const char *name = archive_entry_pathname(entry);

	if (!name)
		return "";
	while (str_starts(name, "./") || *name == '/')
		name += *name == '/' ? 1 : 2;
	return name;
}

int archive_deb_control(const char *path, char **text, size_t *size, struct error *err)
{
	CLEANUP(deb_done) struct deb deb = { .path = path };
	CLEANUP(str_done) struct str out = { 0 };
	struct archive_entry *entry;
	int found;

	if (deb_open(&deb, "control.tar", err) < 0)
		return -1;
	while ((found = archive_read_next_header(deb.inner, &entry)) == ARCHIVE_OK) {
		if (!str_equal(member_name(entry), "control"))
			continue;
		if (each_block(deb.inner, path, CONTROL_MAX, add_to_str, &out, err) < 0)
			return -1;
		*size = out.size;
		*text = str_take(&out);
		return 0;
	}
	if (found == ARCHIVE_EOF)
		return error_set(err, ERR_CORRUPT,
			"'%s' is no Debian package: it has no control file", path);
	return reader_error(deb.inner, path, err);
}

/* What is looked for in the files of a package. */
struct hunt {
	struct deb *deb;
	char *directory, *debian, *native; /* owned: usr/share/doc/NAME, its two changelogs */
	struct archive_changelog *out;
};

static void hunt_done(struct hunt *hunt)
{
	free(hunt->directory);
	free(hunt->debian);
	free(hunt->native);
}
CLEANUP_DONE(struct hunt, hunt_done)

/* The package that a link leads into: "php8.2-common", "../php8.2-common/changelog.Debian.gz", ... */
static char *linked_package(const char *target)
{
	static const char doc[] = "usr/share/doc/";
	const char *at = strstr(target, doc);

	if (at)
		target = at + sizeof doc - 1;
	while (str_starts(target, "../") || str_starts(target, "./"))
		target = strchr(target, '/') + 1;
	return mem_strndup(target, strcspn(target, "/"));
}

static int take_changelog(struct hunt *hunt, struct error *err)
{
	CLEANUP(str_done) struct str packed = { 0 };

	if (each_block(hunt->deb->inner, hunt->deb->path, CHANGELOG_MAX, add_to_str, &packed, err) <
		0)
		return -1;
	free(hunt->out->packed);
	hunt->out->size = packed.size;
	hunt->out->packed = str_take(&packed);
	return 0;
}

/* Look at one member. 1: nothing better can come, 0: go on. */
static int look_at(struct hunt *hunt, struct archive_entry *entry, struct error *err)
{
	const char *name = member_name(entry), *target = archive_entry_symlink(entry);
	bool is_debian = str_equal(name, hunt->debian), is_native = str_equal(name, hunt->native);

	if (target && (is_debian || is_native || str_equal(name, hunt->directory))) {
		CLEANUP(free) char *package = linked_package(target);

		if (!*package || str_ends(package, ".gz"))
			return 0;
		free(hunt->out->elsewhere);
		hunt->out->elsewhere = STEAL(&package);
		return is_debian || str_equal(name, hunt->directory);
	}
	if ((!is_debian && !is_native) || archive_entry_filetype(entry) != AE_IFREG)
		return 0;
	/* changelog.gz of a package that also has changelog.Debian.gz is upstream's: that one wins. */
	if (take_changelog(hunt, err) < 0)
		return -1;
	return is_debian;
}

static int hunt_through(struct hunt *hunt, struct error *err)
{
	struct archive_entry *entry;
	int found = ARCHIVE_EOF, verdict = 0;

	for (size_t i = 0; i < MEMBERS_MAX && verdict == 0; i++) {
		found = archive_read_next_header(hunt->deb->inner, &entry);
		if (found != ARCHIVE_OK)
			break;
		verdict = look_at(hunt, entry, err);
	}
	if (verdict == 0 && found != ARCHIVE_OK && found != ARCHIVE_EOF)
		return reader_error(hunt->deb->inner, hunt->deb->path, err);
	return verdict < 0 ? -1 : 0;
}

int archive_deb_changelog(
	const char *path, const char *package, struct archive_changelog *out, struct error *err)
{
	CLEANUP(deb_done) struct deb deb = { .path = path };
	CLEANUP(archive_changelog_done) struct archive_changelog found = { 0 };
	CLEANUP(hunt_done)
	struct hunt hunt = {
		.deb = &deb,
		.directory = mem_printf("usr/share/doc/%s", package),
		.debian = mem_printf("usr/share/doc/%s/changelog.Debian.gz", package),
		.native = mem_printf("usr/share/doc/%s/changelog.gz", package),
		.out = &found,
	};

	if (deb_open(&deb, "data.tar", err) < 0 || hunt_through(&hunt, err) < 0)
		return -1;
	*out = STEAL(&found);
	return 0;
}

void archive_changelog_done(struct archive_changelog *changelog)
{
	free(changelog->packed);
	free(changelog->elsewhere);
	*changelog = (struct archive_changelog){ 0 };
}
