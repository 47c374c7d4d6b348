/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - give every file of a corpus to a fuzz target, so that what was found once stays found. */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>

#define INPUT_SIZE_MAX ((size_t)16 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int replay(const char *path, struct error *err)
{
	CLEANUP(free) char *text = NULL;
	size_t size = 0;

	if (file_read(path, INPUT_SIZE_MAX, &text, &size, err) < 0)
		return -1;

	/* A copy of exactly that size, so that a sanitizer sees a read past its end. */
	CLEANUP(free) uint8_t *bytes = mem_new(1, size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)text[i];
	return LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv)
{
	DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
	struct error err = { 0 };
	int result = 0, count = 0;

	if (!dir) {
		fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
		return 2;
	}
	for (struct dirent *entry; !result && (entry = readdir(dir));) {
		CLEANUP(free) char *path = path_join(argv[1], entry->d_name);

		if (entry->d_name[0] == '.')
			continue;
		result = replay(path, &err);
		count++;
	}
	closedir(dir);
	if (result || !count)
		fprintf(stderr, "%s: %s\n", argv[1], count ? err.text : "no corpus");
	return result || !count;
}
