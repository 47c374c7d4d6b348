/* SPDX-License-Identifier: Apache-2.0 */
#include "content/setfile.h"

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

int setfile_write(
	const char *state, const char *digest, const char *text, size_t size, struct error *err)
{
	CLEANUP(free) char *path = manifest_path(state, digest);
	CLEANUP(free) char *dir = path_dir(path);
	char got[DIGEST_HEX_SIZE];

	if (strcmp(digest_bytes(text, size, got), digest) != 0)
		return error_set(err, ERR_CORRUPT, "the manifest of set %.12s has digest %.12s",
			digest, got);
	if (dir_make(dir, 0755, err) < 0)
		return -1;
	return file_write(path, text, size, 0644, err);
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
		return error_wrap(err, "opening set %.12s", digest);
	if (patchset_read(text, size, digest, out, err) < 0)
		return error_wrap(err, "'%s'", path);
	return 0;
}

bool setfile_exists(const char *state, const char *digest)
{
	CLEANUP(free) char *path = manifest_path(state, digest);

	return file_exists(path);
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
