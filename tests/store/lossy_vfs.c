/* SPDX-License-Identifier: Apache-2.0 */
#include "lossy_vfs.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VFS_NAME  "lossy"
#define NAMES_MAX 8
#define SHM_SIZE  32768
#define NO_FILE   SIZE_MAX
#define JOURNALS  (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL)

enum act { ACT_MAKE, ACT_WRITE, ACT_TRUNCATE, ACT_SYNC, ACT_REMOVE, ACT_SYNC_DIRECTORY };

/* One operation. A file keeps its number when its name is given to another one. */
struct operation {
	enum act act;
	size_t file, name;
	size_t offset, size;  /* ACT_WRITE; ACT_TRUNCATE: the new size */
	unsigned char *bytes; /* owned */
};

/* A file that was there before it was plugged in, and what was in it. */
struct earlier {
	size_t file, name, size;
	unsigned char *bytes; /* owned */
};

/* The files that a directory names, by the number of the name. */
struct directory {
	size_t files[NAMES_MAX]; /* NO_FILE: the name is free */
};

struct lossy {
	sqlite3_vfs vfs;        /* pAppData is this struct */
	sqlite3_vfs *real;      /* borrowed: SQLite's own */
	char *names[NAMES_MAX]; /* owned; the last part of each path */
	size_t name_count, file_count;
	struct earlier earlier[NAMES_MAX];
	size_t earlier_count;
	struct directory now;
	struct operation *operations; /* owned */
	size_t count, capacity;
	bool is_limited, is_sync_broken;
	unsigned room; /* writes that may still come, when limited */
};

struct lossy_file {
	sqlite3_file file;
	struct lossy *lossy; /* borrowed; NULL: a temporary file, nobody's loss */
	size_t id;           /* number of the file */
	bool owes_directory; /* a journal: its first sync syncs the directory, too */
	void *real_place;    /* the real VFS's file begins here, aligned as SQLite aligns ours */
};

static struct lossy *lossy_of(sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static struct lossy_file *ours(sqlite3_file *file)
{
	return (struct lossy_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return (sqlite3_file *)(void *)&ours(file)->real_place;
}

/* ---- writing down ---- */

static void note(struct lossy *l, const struct operation *operation)
{
	l->operations = mem_room(l->operations, l->count, &l->capacity, sizeof *l->operations);
	l->operations[l->count++] = *operation;
}

static void note_write(struct lossy *l, size_t file, const void *bytes, size_t size, size_t offset)
{
	struct operation o = { .act = ACT_WRITE, .file = file, .offset = offset, .size = size };

	o.bytes = mem_new(size, 1);
	memcpy(o.bytes, bytes, size);
	note(l, &o);
}

static size_t name_number(struct lossy *l, const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < l->name_count; i++) {
		if (strcmp(l->names[i], name) == 0)
			return i;
	}
	assert(l->name_count < NAMES_MAX);
	l->names[l->name_count] = mem_strdup(name);
	l->now.files[l->name_count] = NO_FILE;
	return l->name_count++;
}

static void note_earlier(struct lossy_file *f, size_t name, size_t size)
{
	struct earlier *e = &f->lossy->earlier[f->lossy->earlier_count++];
	sqlite3_file *real = real_of(&f->file);

	*e = (struct earlier){ f->id, name, size, mem_new(size, 1) };
	if (real->pMethods->xRead(real, e->bytes, (int)size, 0) != SQLITE_OK)
		abort();
}

static void note_file(struct lossy_file *f, const char *path)
{
	struct lossy *l = f->lossy;
	size_t name = name_number(l, path);
	sqlite3_file *real = real_of(&f->file);
	sqlite3_int64 size = 0;

	f->id = l->now.files[name];
	if (f->id != NO_FILE)
		return;
	f->id = l->now.files[name] = l->file_count++;
	if (real->pMethods->xFileSize(real, &size) != SQLITE_OK)
		size = 0;
	if (size)
		note_earlier(f, name, (size_t)size);
	else
		note(l, &(struct operation){ .act = ACT_MAKE, .file = f->id, .name = name });
}

/* ---- files ---- */

static int refuse_full(int code)
{
	errno = ENOSPC;
	return code;
}

static bool is_full(const struct lossy *l)
{
	return l && l->is_limited && !l->room;
}

static int file_close(sqlite3_file *file)
{
	return real_of(file)->pMethods->xClose(real_of(file));
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 offset)
{
	return real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
	struct lossy *l = ours(file)->lossy;
	bool is_half = is_full(l);
	int written = is_half ? size / 2 : size;

	if (l && written)
		note_write(l, ours(file)->id, bytes, (size_t)written, (size_t)offset);

	int result = real_of(file)->pMethods->xWrite(real_of(file), bytes, written, offset);

	if (is_half)
		return refuse_full(SQLITE_FULL);
	if (l && l->is_limited)
		l->room--;
	return result;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct operation o = { .act = ACT_TRUNCATE, .file = ours(file)->id, .size = (size_t)size };

	if (ours(file)->lossy)
		note(ours(file)->lossy, &o);
	return real_of(file)->pMethods->xTruncate(real_of(file), size);
}

/* The real disk is spared: what is durable is known here. */
static int file_sync(sqlite3_file *file, int flags)
{
	struct lossy_file *f = ours(file);

	(void)flags;
	if (!f->lossy)
		return SQLITE_OK;
	if (f->lossy->is_sync_broken) {
		errno = EIO;
		return SQLITE_IOERR_FSYNC;
	}
	note(f->lossy, &(struct operation){ .act = ACT_SYNC, .file = f->id });
	if (f->owes_directory)
		note(f->lossy, &(struct operation){ .act = ACT_SYNC_DIRECTORY });
	f->owes_directory = false;
	return SQLITE_OK;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_lock(sqlite3_file *file, int *is_reserved)
{
	return real_of(file)->pMethods->xCheckReservedLock(real_of(file), is_reserved);
}

static int file_control(sqlite3_file *file, int what, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), what, argument);
}

static int file_sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_traits(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* The index of the log is of no worth after a power cut, so it is not written down. */
static int file_map_shm(
	sqlite3_file *file, int region, int size, int is_extended, void volatile **out)
{
	if (is_extended && is_full(ours(file)->lossy))
		return refuse_full(SQLITE_IOERR_SHMSIZE);
	return real_of(file)->pMethods->xShmMap(real_of(file), region, size, is_extended, out);
}

static int file_lock_shm(sqlite3_file *file, int offset, int count, int flags)
{
	return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_barrier_shm(sqlite3_file *file)
{
	real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_unmap_shm(sqlite3_file *file, int is_deleted)
{
	return real_of(file)->pMethods->xShmUnmap(real_of(file), is_deleted);
}

/* Version 2: without the mapping of pages, which would go past us. */
static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector_size,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = file_map_shm,
	.xShmLock = file_lock_shm,
	.xShmBarrier = file_barrier_shm,
	.xShmUnmap = file_unmap_shm,
};

/* ---- the file system ---- */

static int vfs_open(
	sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out)
{
	struct lossy *l = lossy_of(vfs);
	struct lossy_file *f = ours(file);
	int is_there = 0;

	file->pMethods = NULL;
	if (path && l->real->xAccess(l->real, path, SQLITE_ACCESS_EXISTS, &is_there) != SQLITE_OK)
		return SQLITE_CANTOPEN;
	if (!is_there && is_full(l))
		return refuse_full(SQLITE_CANTOPEN);
	f->lossy = path ? l : NULL;
	f->owes_directory = (flags & JOURNALS) && (flags & SQLITE_OPEN_CREATE);

	int result = l->real->xOpen(l->real, path, real_of(file), flags, out);

	if (real_of(file)->pMethods)
		file->pMethods = &methods;
	if (result == SQLITE_OK && path)
		note_file(f, path);
	return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int is_synced)
{
	struct lossy *l = lossy_of(vfs);
	size_t name = name_number(l, path);
	int result = l->real->xDelete(l->real, path, 0);

	if (result != SQLITE_OK)
		return result;
	l->now.files[name] = NO_FILE;
	note(l, &(struct operation){ .act = ACT_REMOVE, .name = name });
	if (is_synced)
		note(l, &(struct operation){ .act = ACT_SYNC_DIRECTORY });
	return SQLITE_OK;
}

/* The rest of the real VFS wants itself as its first argument. */
static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
	return lossy_of(vfs)->real->xAccess(lossy_of(vfs)->real, path, flags, out);
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *path, int size, char *out)
{
	return lossy_of(vfs)->real->xFullPathname(lossy_of(vfs)->real, path, size, out);
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
	return lossy_of(vfs)->real->xRandomness(lossy_of(vfs)->real, size, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	return lossy_of(vfs)->real->xSleep(lossy_of(vfs)->real, microseconds);
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	return lossy_of(vfs)->real->xCurrentTimeInt64(lossy_of(vfs)->real, out);
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out)
{
	return lossy_of(vfs)->real->xGetLastError(lossy_of(vfs)->real, size, out);
}

struct lossy *lossy_plug(void)
{
	struct lossy *l = mem_new(1, sizeof *l);

	l->real = sqlite3_vfs_find("unix");
	assert(l->real && l->real->iVersion >= 2);
	l->vfs = (sqlite3_vfs){
		.iVersion = 2,
		.szOsFile = (int)sizeof(struct lossy_file) + l->real->szOsFile,
		.mxPathname = l->real->mxPathname,
		.zName = VFS_NAME,
		.pAppData = l,
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_full_path,
		.xRandomness = vfs_randomness,
		.xSleep = vfs_sleep,
		.xGetLastError = vfs_last_error,
		.xCurrentTimeInt64 = vfs_time,
	};
	sqlite3_vfs_register(&l->vfs, 1);
	return l;
}

void lossy_unplug(struct lossy *l)
{
	sqlite3_vfs_unregister(&l->vfs);
	sqlite3_vfs_register(l->real, 1);
}

void lossy_free(struct lossy *l)
{
	lossy_unplug(l);
	for (size_t i = 0; i < l->count; i++)
		free(l->operations[i].bytes);
	for (size_t i = 0; i < l->name_count; i++) {
		free(l->names[i]);
		free(l->earlier[i].bytes);
	}
	free(l->operations);
	free(l);
}

size_t lossy_count(const struct lossy *l)
{
	return l->count;
}

void lossy_fill(struct lossy *l, unsigned writes)
{
	l->is_limited = true;
	l->room = writes;
}

void lossy_make_room(struct lossy *l)
{
	l->is_limited = false;
}

void lossy_break_syncs(struct lossy *l, bool is_broken)
{
	l->is_sync_broken = is_broken;
}

/* ---- the power cut ---- */

struct content {
	unsigned char *bytes; /* owned; what is durable */
	size_t size, capacity;
	size_t *pending; /* owned; numbers of the operations since the last sync */
	size_t count, pending_capacity;
};

/* The disk on the way through the operations. */
struct disk {
	const struct lossy *lossy;
	struct content *contents; /* owned; by the number of the file */
	struct directory now, durable;
};

static void keep(struct content *c, const struct operation *o, size_t from, size_t size)
{
	size_t end = o->offset + from + size;

	while (end > c->capacity)
		c->bytes = mem_grow(c->bytes, &c->capacity, 1);
	if (end > c->size) {
		memset(c->bytes + c->size, 0, end - c->size);
		c->size = end;
	}
	memcpy(c->bytes + o->offset + from, o->bytes + from, size);
}

static void cut_off(struct content *c, size_t size)
{
	if (size < c->size)
		c->size = size;
}

static void settle(struct disk *d, size_t file)
{
	struct content *c = &d->contents[file];

	for (size_t i = 0; i < c->count; i++) {
		const struct operation *o = &d->lossy->operations[c->pending[i]];

		if (o->act == ACT_WRITE)
			keep(c, o, 0, o->size);
		else
			cut_off(c, o->size);
	}
	c->count = 0;
}

static void wait_for_sync(struct content *c, size_t operation)
{
	c->pending = mem_room(c->pending, c->count, &c->pending_capacity, sizeof *c->pending);
	c->pending[c->count++] = operation;
}

static void pass(struct disk *d, size_t number)
{
	const struct operation *o = &d->lossy->operations[number];

	switch (o->act) {
	case ACT_MAKE:
		d->now.files[o->name] = o->file;
		break;
	case ACT_WRITE:
	case ACT_TRUNCATE:
		wait_for_sync(&d->contents[o->file], number);
		break;
	case ACT_SYNC:
		settle(d, o->file);
		break;
	case ACT_REMOVE:
		d->now.files[o->name] = NO_FILE;
		break;
	case ACT_SYNC_DIRECTORY:
		d->durable = d->now;
		break;
	}
}

/* Numbers that look like dice (xorshift). */
static bool is_kept(uint32_t *dice)
{
	*dice ^= *dice << 13;
	*dice ^= *dice >> 17;
	*dice ^= *dice << 5;
	return *dice & 0x10000;
}

/* Some pieces of what was not synced have come to the disk all the same. */
static void keep_pieces(struct disk *d, struct content *c, size_t piece, uint32_t *dice)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct operation *o = &d->lossy->operations[c->pending[i]];

		if (o->act == ACT_TRUNCATE && is_kept(dice))
			cut_off(c, o->size);
		for (size_t from = 0, size = 0; o->act == ACT_WRITE && from < o->size;
			from += size) {
			size = piece - (o->offset + from) % piece;
			if (size > o->size - from)
				size = o->size - from;
			if (is_kept(dice))
				keep(c, o, from, size);
		}
	}
}

static void write_file(const char *directory, const char *name, const void *bytes, size_t size)
{
	char path[PATH_MAX];

	snprintf(path, sizeof path, "%s/%s", directory, name);

	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) {
		perror(path);
		abort();
	}
	close(fd);
}

/* What the index of a log looks like to whoever finds it after a crash: anything. */
static void write_noise(const char *directory, const char *log, uint32_t *dice)
{
	CLEANUP(free) unsigned char *noise = mem_new(SHM_SIZE, 1);
	CLEANUP(free) char *name = mem_printf("%.*s-shm", (int)(strlen(log) - 4), log);

	for (size_t i = 0; i < SHM_SIZE; i++)
		noise[i] = is_kept(dice) ? (unsigned char)*dice : 0;
	write_file(directory, name, noise, SHM_SIZE);
}

static void write_disk(struct disk *d, enum loss loss, unsigned seed, const char *directory)
{
	static const size_t pieces[LOSS_COUNT] = { 0, 512, 4096 };
	uint32_t dice = seed * 2654435761U + 1;

	for (size_t i = 0; i < d->lossy->name_count; i++) {
		size_t file = d->durable.files[i];

		if (loss != LOSE_UNSYNCED && d->now.files[i] != file && is_kept(&dice))
			file = d->now.files[i];
		if (file == NO_FILE)
			continue;

		struct content *c = &d->contents[file];
		const char *name = d->lossy->names[i];

		if (loss != LOSE_UNSYNCED)
			keep_pieces(d, c, pieces[loss], &dice);
		write_file(directory, name, c->bytes, c->size);
		if (strlen(name) > 4 && strcmp(name + strlen(name) - 4, "-wal") == 0)
			write_noise(directory, name, &dice);
	}
}

static void begin_with(struct disk *d, const struct earlier *e)
{
	const struct operation o = { .size = e->size, .bytes = e->bytes };

	keep(&d->contents[e->file], &o, 0, e->size);
	d->now.files[e->name] = d->durable.files[e->name] = e->file;
}

void lossy_cut(
	const struct lossy *l, size_t at, enum loss loss, unsigned seed, const char *directory)
{
	struct disk d = { .lossy = l, .contents = mem_new(l->file_count, sizeof *d.contents) };

	for (size_t i = 0; i < NAMES_MAX; i++)
		d.now.files[i] = d.durable.files[i] = NO_FILE;
	for (size_t i = 0; i < l->earlier_count; i++)
		begin_with(&d, &l->earlier[i]);
	for (size_t i = 0; i < at; i++)
		pass(&d, i);
	write_disk(&d, loss, seed, directory);
	for (size_t i = 0; i < l->file_count; i++) {
		free(d.contents[i].bytes);
		free(d.contents[i].pending);
	}
	free(d.contents);
}
