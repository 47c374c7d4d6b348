/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A mapped universe whose bytes are not what was written, though its digest says so: five bytes of input are a
 * place and what is put there. What is not refused must be planned with without a crash.
 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/hoststate.h"
#include "model/version.h"
#include "plan/plan.h"
#include "plan/universe_form_private.h"
#include "plan/universe_private.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHANGE_SIZE 5

static const char index_text[] =
	"Package: a\nVersion: 2\nArchitecture: amd64\nDepends: b (>= 1) | c, d:any\nProvides: e (= 1)\n\n"
	"Package: a\nVersion: 3\nArchitecture: i386\nConflicts: d (<< 1)\n\n"
	"Package: b\nVersion: 1\nArchitecture: all\nDepends: e\n\n"
	"Package: d\nVersion: 2\nArchitecture: amd64\nMulti-Arch: allowed\nBreaks: f\n";
static const char state_text[] =
	"Platform: test\nArchitectures: amd64 i386\n\n"
	"Package: a\nVersion: 1\nArchitecture: amd64\n\n"
	"Package: d\nVersion: 1\nArchitecture: amd64\nMulti-Arch: allowed\nProvides: c\n\n"
	"Package: g\nVersion: 1\nArchitecture: i386\nDepends: a\n";

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* A file in memory, and its name. */
static int memory_file(const void *bytes, size_t size, char path[64])
{
	int fd = memfd_create("form", MFD_CLOEXEC);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size)
		abort();
	snprintf(path, 64, "/proc/self/fd/%d", fd);
	return fd;
}

static void read_index(struct universe *u)
{
	char path[64];
	CLEANUP(fd_close) int fd = memory_file(index_text, sizeof index_text - 1, path);
	const struct feed feed = { .name = "fuzz", .path = path };
	struct error err;

	if (universe_read(u, &feed, &err) < 0)
		abort();
	universe_finish(u);
}

/* The form of the index. */
static uint8_t *make_form(const uint8_t key[DIGEST_RAW_SIZE], size_t *size)
{
	CLEANUP(universe_free) struct universe *u = universe_new("amd64");
	char dir[] = "/tmp/patchline-form-XXXXXX", *text = NULL;
	CLEANUP(free) char *path = path_join(mkdtemp(dir), "form");
	struct error err;

	read_index(u);
	if (form_write(u, key, path, &err) < 0 ||
		file_read(path, SIZE_MAX / 2, &text, size, &err) < 0 ||
		file_remove_all(dir, &err) < 0)
		abort();
	return (uint8_t *)text;
}

static void use(struct universe *u)
{
	CLEANUP(hoststate_free) struct hoststate *state = NULL;
	CLEANUP(plan_free) struct plan *plan = NULL;
	struct error err;

	for (uint32_t i = 0; i < universe_count(u); i++) {
		CLEANUP(known_file_done) struct known_file file = { 0 };

		if (universe_file(u, i, &file, &err) == 0 && strlen(file.sha256) > 64)
			__builtin_trap();
	}
	if (hoststate_read(state_text, sizeof state_text - 1, &state, &err) < 0)
		abort();
	if (universe_add_state(u, state, &err) < 0)
		return;
	universe_finish(u);
	if (plan_make(u, state, NULL, &plan, &err) < 0 && err.kind == ERR_SYSTEM)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static const uint8_t key[DIGEST_RAW_SIZE] = { 0 };
	size_t form_size = 0;
	CLEANUP(free) uint8_t *form = make_form(key, &form_size);
	CLEANUP(universe_free) struct universe *u = mem_new(1, sizeof *u);
	char path[64], index_path[64];
	CLEANUP(fd_close) int index = memory_file(index_text, sizeof index_text - 1, index_path);
	const struct feed feed = { .name = "fuzz", .path = index_path };
	struct error err;

	u->order = version_order_of("amd64");
	for (; size >= CHANGE_SIZE; bytes += CHANGE_SIZE, size -= CHANGE_SIZE) {
		uint32_t at;

		memcpy(&at, bytes, sizeof at);
		form[at % form_size] = bytes[sizeof at];
	}
	form_seal(form, form_size);

	CLEANUP(fd_close) int fd = memory_file(form, form_size, path);

	if (universe_add_feed(u, &feed, &err) < 0)
		abort();
	if (form_map(u, key, path, &err) == 0)
		use(u);
	return 0;
}
