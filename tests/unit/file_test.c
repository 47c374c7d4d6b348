/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* Each test has a folder of its own, gone afterwards. */
static int make_folder(void **state)
{
	char *folder = mem_strdup("/tmp/file_test.XXXXXX");

	*state = mkdtemp(folder);
	return *state ? 0 : -1;
}

static int drop_folder(void **state)
{
	struct error err = { 0 };
	int result = file_remove_all(*state, &err);

	free(*state);
	return result;
}

static void test_file__is_read_as_it_was_written(void **state)
{
	CLEANUP(free) char *path = path_join(*state, "f"), *text = NULL;
	struct error err = { 0 };
	struct stat st;
	size_t size = 0;

	assert_int_equal(0, file_write(path, "a\0b", 3, 0640, &err));
	assert_int_equal(0, file_read(path, 3, &text, &size, &err));
	assert_int_equal(3, size);
	assert_memory_equal("a\0b", text, 4);
	assert_int_equal(0, stat(path, &st));
	assert_int_equal(0640, st.st_mode & 07777);
}

static void test_file__is_replaced_whole_and_leaves_nothing_behind(void **state)
{
	CLEANUP(free) char *path = path_join(*state, "f"), *text = NULL;
	CLEANUP(free) char *command = mem_printf("test $(ls -A %s | wc -l) = 1", (char *)*state);
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, "old old", 7, 0600, &err));
	assert_int_equal(0, file_write(path, "new", 3, 0600, &err));
	assert_int_equal(0, file_read(path, 100, &text, NULL, &err));
	assert_string_equal("new", text);
	assert_int_equal(0, system(command));
}

static void test_file__refuses_to_read(void **state)
{
	CLEANUP(free) char *path = path_join(*state, "f"), *none = path_join(*state, "none");
	CLEANUP(free) char *text = NULL;
	struct error err = { 0 };

	assert_int_equal(0, file_write(path, "four", 4, 0600, &err));
	assert_int_equal(-1, file_read(path, 3, &text, NULL, &err));
	assert_int_equal(ERR_CORRUPT, err.kind);
	assert_non_null(strstr(err.text, "longer than 3 bytes"));
	assert_int_equal(-1, file_read(none, 3, &text, NULL, &err));
	assert_int_equal(ERR_NOT_FOUND, err.kind);
	assert_null(text);
}

/* At once: of some of them nothing would ever come. */
static void test_file__that_is_none_is_not_opened(void **state)
{
	CLEANUP(free) char *fifo = path_join(*state, "fifo"), *socket_path = path_join(*state, "s");
	const struct {
		const char *path, *told;
	} cases[] = {
		{ fifo, "fifo' is a FIFO; want a file" },
		{ socket_path, "is a socket; want a file" },
		{ *state, "is a directory; want a file" },
		{ "/dev/zero", "'/dev/zero' is a device; want a file" },
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CLEANUP(free) char *text = NULL;
	struct error err = { 0 };

	snprintf(address.sun_path, sizeof address.sun_path, "%s", socket_path);
	assert_int_equal(0, bind(fd, (struct sockaddr *)&address, sizeof address));
	close(fd);
	assert_int_equal(0, mkfifo(fifo, 0600));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(-1, file_read(cases[i].path, 1000, &text, NULL, &err));
		assert_int_equal(ERR_CORRUPT, err.kind);
		if (!strstr(err.text, cases[i].told))
			fail_msg("'%s', not '%s'", err.text, cases[i].told);
		assert_int_equal(-1, file_check(cases[i].path, &err));
	}
	assert_null(text);
	assert_int_equal(0, file_read("/dev/null", 1000, &text, NULL, &err));
	assert_string_equal("", text);
}

static void test_file__says_where_it_could_not_be_written(void **state)
{
	CLEANUP(free) char *path = path_join(*state, "none/f");
	struct error err = { 0 };

	assert_int_equal(-1, file_write(path, "x", 1, 0600, &err));
	assert_int_equal(ERR_SYSTEM, err.kind);
	assert_non_null(strstr(err.text, path));
}

static void test_dir__is_made_with_its_parents(void **state)
{
	CLEANUP(free) char *deep = path_join(*state, "a//b/c/"), *file = path_join(*state, "f");
	CLEANUP(free) char *below = path_join(*state, "f/g");
	struct error err = { 0 };

	assert_int_equal(0, dir_make(deep, 0755, &err));
	assert_true(file_exists(deep));
	assert_int_equal(0, dir_make(deep, 0755, &err));
	assert_int_equal(0, dir_make("/", 0755, &err));
	assert_int_equal(0, file_write(file, "", 0, 0600, &err));
	assert_int_equal(-1, dir_make(file, 0755, &err));
	assert_non_null(strstr(err.text, "something else of that name"));
	assert_int_equal(-1, dir_make(below, 0755, &err));
}

/* Directories that were brought to the disk, by their inode; file.c calls this fsync() and not the system's. */
static struct {
	ino_t inodes[8];
	size_t count;
} synced;

int fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode) && synced.count < 8)
		synced.inodes[synced.count++] = st.st_ino;
	return fdatasync(fd);
}

static bool is_synced(const char *path)
{
	struct stat st;

	assert_int_equal(0, stat(path, &st));
	for (size_t i = 0; i < synced.count; i++) {
		if (synced.inodes[i] == st.st_ino)
			return true;
	}
	return false;
}

static void test_dir__is_on_the_disk_with_its_parents(void **state)
{
	CLEANUP(free) char *deep = path_join(*state, "a/b"), *above = path_join(*state, "a");
	struct error err = { 0 };

	synced.count = 0;
	assert_int_equal(0, dir_make(deep, 0755, &err));
	assert_true(is_synced(*state) && is_synced(above));
	synced.count = 0;
	assert_int_equal(0, dir_make(deep, 0755, &err)); /* nothing new */
	assert_int_equal(0, synced.count);
}

static void test_dir__is_removed_without_following_links(void **state)
{
	CLEANUP(free) char *kept = path_join(*state, "kept"), *inside = path_join(*state, "kept/f");
	CLEANUP(free) char *gone = path_join(*state, "gone/deep");
	CLEANUP(free) char *link = path_join(*state, "gone/link"), *top = path_dir(gone);
	struct error err = { 0 };

	assert_int_equal(0, dir_make(kept, 0755, &err));
	assert_int_equal(0, dir_make(gone, 0755, &err));
	assert_int_equal(0, file_write(inside, "x", 1, 0600, &err));
	assert_int_equal(0, symlink(kept, link));
	assert_int_equal(0, file_remove_all(top, &err));
	assert_false(file_exists(top));
	assert_true(file_exists(inside));
	assert_int_equal(0, file_remove_all(top, &err));
}

static void test_path__joins_and_splits(void **state)
{
	static const struct {
		const char *dir, *name, *joined;
	} joins[] = {
		{ "a", "b", "a/b" },
		{ "a", "/b", "/b" },
	};
	static const struct {
		const char *path, *dir;
	} splits[] = { { "a/b", "a" }, { "/a", "/" }, { "a", "." }, { "/a/b/c", "/a/b" } };

	(void)state;
	for (size_t i = 0; i < sizeof joins / sizeof *joins; i++) {
		CLEANUP(free) char *joined = path_join(joins[i].dir, joins[i].name);

		assert_string_equal(joins[i].joined, joined);
	}
	for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
		CLEANUP(free) char *dir = path_dir(splits[i].path);

		assert_string_equal(splits[i].dir, dir);
	}
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(test_file__is_read_as_it_was_written),
		IN_FOLDER(test_file__is_replaced_whole_and_leaves_nothing_behind),
		IN_FOLDER(test_file__refuses_to_read),
		IN_FOLDER(test_file__that_is_none_is_not_opened),
		IN_FOLDER(test_file__says_where_it_could_not_be_written),
		IN_FOLDER(test_dir__is_made_with_its_parents),
		IN_FOLDER(test_dir__is_on_the_disk_with_its_parents),
		IN_FOLDER(test_dir__is_removed_without_following_links),
		cmocka_unit_test(test_path__joins_and_splits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
