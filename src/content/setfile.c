/* SPDX-License-Identifier: Apache-2.0 */
#include "content/setfile.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/patchset.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static char *manifest_path(const char *state, const char *digest)
{
	return mem_printf("%s/sets/%s/manifest", state, digest);
}

/* The note that a cleaned set leaves. */
static char *cleaned_path(const char *state, const char *digest)
{
	return mem_printf("%s/sets/%s/cleaned", state, digest);
}

int setfile_write(
	const char *state, const char *digest, const char *text, size_t size, struct error *err)
{
	CLEANUP(free) char *path = manifest_path(state, digest);
	CLEANUP(free) char *dir = path_dir(path);
	char got[DIGEST_HEX_SIZE];

	if (strcmp(digest_bytes(text, size, got), digest) != 0)
		return error_set(err, ERR_CORRUPT, "the manifest of set %.12s has digest %.12s",
			digest, got);
	if (dir_make(dir, 0755, err) < 0 || file_write(path, text, size, 0644, err) < 0)
		return -1;

	CLEANUP(free) char *cleaned = cleaned_path(state, digest);

	return file_remove_all(cleaned, err);
}

bool setfile_exists(const char *state, const char *digest)
{
	CLEANUP(free) char *path = manifest_path(state, digest);

	return file_exists(path);
}

bool setfile_is_cleaned(const char *state, const char *digest)
{
	CLEANUP(free) char *path = cleaned_path(state, digest);

	return file_exists(path) && !setfile_exists(state, digest);
}

/* Of one without a manifest: since when that is as it should be. */
static struct error *tell_cleaned(const char *state, const char *digest, struct error *err)
{
	CLEANUP(free) char *path = cleaned_path(state, digest);
	CLEANUP(free) char *at = NULL;
	struct error ignored = { 0 };

	if (err->kind == ERR_NOT_FOUND &&
		file_read(path, CLOCK_TEXT_SIZE, &at, NULL, &ignored) == 0)
		(void)!error_set(err, ERR_NOT_FOUND,
			"it was cleaned away on %s ('keep' in the configuration); freeze again",
			at);
	return err;
}

int setfile_open(const char *state, const char *digest, struct patchset **out, struct error *err)
{
	CLEANUP(free) char *path = NULL;
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (!digest_is_valid(digest))
		return error_set(
			err, ERR_USAGE, "'%.80s' does not name a set; want 64 digits", digest);
	path = manifest_path(state, digest);
	if (file_read(path, PATCHSET_TEXT_MAX, &text, &size, err) < 0)
		return error_wrap(tell_cleaned(state, digest, err), "opening set %.12s", digest);
	if (patchset_read(text, size, digest, out, err) < 0)
		return error_wrap(err, "'%s'", path);
	return 0;
}

/* All of a set's folder but the note; the manifest goes first, so that what is half there is no set. */
static int remove_contents(const char *dir, struct error *err)
{
	CLEANUP(free) char *manifest = path_join(dir, "manifest");
	struct dirent **entries = NULL;
	int result = file_remove_all(manifest, err);
	int count = scandir(dir, &entries, NULL, alphasort);

	if (count < 0)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", dir, strerror(errno));
	for (int i = 0; i < count; i++) {
		CLEANUP(free) char *path = path_join(dir, entries[i]->d_name);

		if (result == 0 && strcmp(entries[i]->d_name, ".") != 0 &&
			strcmp(entries[i]->d_name, "..") != 0 &&
			strcmp(entries[i]->d_name, "cleaned") != 0)
			result = file_remove_all(path, err);
		free(entries[i]);
	}
	free(entries);
	return result;
}

int setfile_clean(const char *state, const char *digest, int64_t at, struct error *err)
{
	CLEANUP(free) char *note = cleaned_path(state, digest);
	CLEANUP(free) char *dir = path_dir(note);
	char text[CLOCK_TEXT_SIZE];

	if (!file_exists(dir))
		return 0;
	clock_format(at, text);
	if (!file_exists(note) && file_write(note, text, strlen(text), 0644, err) < 0)
		return -1;
	return remove_contents(dir, err);
}

int setfile_remove(const char *state, const char *digest, struct error *err)
{
	CLEANUP(free) char *path = manifest_path(state, digest);
	CLEANUP(free) char *dir = path_dir(path);

	return file_remove_all(dir, err);
}

static int is_set(const struct dirent *entry)
{
	return digest_is_valid(entry->d_name);
}

int setfile_list(const char *state, char ***out, struct error *err)
{
	CLEANUP(free) char *dir = mem_printf("%s/sets", state);
	struct dirent **entries = NULL;
	int count = scandir(dir, &entries, is_set, alphasort);

	if (count < 0 && errno != ENOENT)
		return error_set(err, ERR_SYSTEM, "reading '%s': %s", dir, strerror(errno));

	size_t found = count < 0 ? 0 : (size_t)count, sealed = 0;
	char **names = mem_new(found + 1, sizeof *names);

	for (size_t i = 0; i < found; i++) {
		if (setfile_exists(state, entries[i]->d_name))
			names[sealed++] = mem_strdup(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	*out = names;
	return 0;
}
