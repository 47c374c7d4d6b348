/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - main() for a fuzz target built without libFuzzer: feeds it the files of its corpus.
 *
 * Each file is given whole, and cut off at several places, since half a file is what a parser meets
 * after a broken download. A folder without files fails: it would test nothing.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define INPUT_MAX ((size_t)4 * 1024 * 1024)
#define CUTS      8

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A copy of its own of exactly that size, so that a sanitizer sees a read behind its end. */
static void feed(const char *bytes, size_t size)
{
	CLEANUP(free) uint8_t *copy = mem_new(1, size);

	memcpy(copy, bytes, size);
	LLVMFuzzerTestOneInput(copy, size);
}

static int replay_file(const char *path, struct error *err)
{
	CLEANUP(free) char *bytes = NULL;
	size_t size = 0;

	if (file_read(path, INPUT_MAX, &bytes, &size, err) < 0)
		return -1;
	for (size_t i = 0; i < CUTS; i++)
		feed(bytes, size * i / CUTS);
	feed(bytes, size);
	return 0;
}

static int replay_folder(const char *path, struct error *err)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		return error_set(err, ERR_NOT_FOUND, "no corpus folder '%s'", path);
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		CLEANUP(free) char *file = path_join(path, e->d_name);

		if (e->d_name[0] == '.')
			continue;
		if (replay_file(file, err) < 0) {
			closedir(dir);
			return -1;
		}
		count++;
	}
	closedir(dir);
	return count ? count : error_set(err, ERR_NOT_FOUND, "no files in '%s'", path);
}

int main(int argc, char **argv)
{
	struct error err = { 0 };

	for (int i = 1; i < argc; i++) {
		int count = replay_folder(argv[i], &err);

		if (count < 0) {
			fprintf(stderr, "replay: %s\n", err.text);
			return 1;
		}
		printf("%d files of %s replayed\n", count, argv[i]);
	}
	return argc < 2;
}
