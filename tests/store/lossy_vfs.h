/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lossy_vfs.h - a disk that forgets what was not synced, and that can be full.
 *
 * An SQLite VFS in front of the real one. It passes everything on and writes down each operation, so that afterwards
 * the disk can be had as it would be if the power had gone after any of them. Plugged in it is the default VFS:
 * the store under test does not know of it. What is not SQLite's (the making of an empty file) is not seen; such a
 * file counts as made, and not yet durable, when SQLite first opens it.
 * Threads: one.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct lossy;

/* What the power takes along. */
enum loss {
	LOSE_UNSYNCED, /* everything that was not synced */
	LOSE_SECTORS,  /* of that, any pieces of 512 bytes: writes are torn and come in any order */
	LOSE_PAGES,    /* the same with 4096 bytes */
	LOSS_COUNT,
};

/* Plug it in: from here on databases are opened through it. The bytes that are there already count as durable. */
struct lossy *lossy_plug(void);

/* The real disk is the default again; what was written down stays. */
void lossy_unplug(struct lossy *l);

/* Unplug and free it, when all databases are closed. */
void lossy_free(struct lossy *l);

/* How many operations (writes, syncs, files made and removed) there were. */
size_t lossy_count(const struct lossy *l);

/* So many more writes find room; the next one is done by half, and no other until lossy_make_room(). */
void lossy_fill(struct lossy *l, unsigned writes);
void lossy_make_room(struct lossy *l);

/* From here on each sync fails, or works again. */
void lossy_break_syncs(struct lossy *l, bool is_broken);

/**
 * The disk after the power went.
 *
 * @param at         After so many operations, <= lossy_count().
 * @param seed       Which pieces are lost; the same seed loses the same ones.
 * @param directory  Where its files are written; it holds none of them.
 */
void lossy_cut(
	const struct lossy *l, size_t at, enum loss loss, unsigned seed, const char *directory);
