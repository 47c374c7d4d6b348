/* SPDX-License-Identifier: Apache-2.0 */
/*
 * universe.h - every package version known for one platform, and who meets whose dependencies.
 *
 * Filled in this order: universe_read() for each index, or universe_load() for all of them;
 * universe_add_state() for each host state to be planned; universe_finish(). A version is named by a number
 * below universe_count(), given in the order of reading; numbers stay when states are added and finished again. Strings are borrowed until universe_free().
 * The index files stay open: a stanza can be copied later even when the file's name is long gone.
 * Layer: plan. Threads: one while filling; any number may read it once it is finished.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hoststate;
struct universe;

#define UNIVERSE_NONE UINT32_MAX /* no version */

/* An index: a Packages file as the archive has it, not compressed. */
struct feed {
	const char *name; /* of the source, for struct known; copied */
	const char *path;
	const char *sha256; /* of the file; NULL: taken as it is */
	bool is_security;
	int priority; /* apt's: a higher one is preferred to a newer version; 0: 500 */
};

/* One known package version. Strings are never NULL ("" when not told). */
struct known {
	const char *name, *version, *architecture;
	const char *source, *source_version; /* of the source package */
	const char *feed;                    /* the first that has it; "" when only hosts have it */
	bool is_security;                    /* a security feed has it */
	bool is_available;                   /* a feed has it */
	unsigned
		phase; /* percent of machines that its archive gives it to; 0: halted, nobody gets it */
};

/* Which hosts a version is for, besides those that have an older one. */
struct limit {
	const char *above;   /* only for hosts that have something newer than that; "" for all */
	bool raises_nothing; /* only for hosts that have none */
	bool may_be_passed;  /* a feed of lower priority has a newer version */
};

/* A stanza of a feed that cannot be read: what it offers is not known. */
struct unread {
	size_t feed;        /* in the order of reading */
	const char *reason; /* "line 17: 'tool' has the version '1.2_3', which is none"; borrowed */
	size_t count; /* 1; of the last that is named of a feed, with how many others follow it */
};

/* The file of an available version, as its stanza has it. Texts are owned; "" when not told. */
struct known_file {
	char *filename; /* below the feed's URI */
	char *sha256;
	uint64_t size; /* bytes; 0 when not told */
};

/* An empty universe of hosts of a platform: its last word is their native architecture. */
struct universe *universe_new(const char *platform);

/* The indexes of a platform, and where their universe is kept. */
struct universe_request {
	const char *platform;
	const struct feed *feeds; /* sha256 is needed */
	size_t feed_count;
	const char *form; /* a file that universe_load() makes, in a folder that is there */
};

/**
 * The universe of some indexes, finished. Read from them once and left in `form`, it is mapped from there as
 * long as they are the same; a form that is missing, of another version of Patchline or damaged is made again.
 *
 * @param out      Freed with universe_free(). Untouched on failure.
 * @param trouble  What was wrong with a form that was damaged or could not be written; ERR_NONE when nothing was.
 * @return 0, or -1 with err: as universe_read().
 */
NODISCARD int universe_load(const struct universe_request *request, struct universe **out,
	struct error *trouble, struct error *err);

/**
 * Add the versions of an index, with as many threads as there are processors. One that an earlier feed has already is
 * not added again; a stanza that cannot be read is left out, and told by universe_unread_at().
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_SYSTEM, ERR_CORRUPT (not its digest);
 *         after a failure the universe can only be freed.
 */
NODISCARD int universe_read(struct universe *u, const struct feed *feed, struct error *err);

/**
 * Add what is installed in a state and in no feed, or there with other dependencies.
 * @return 0, or -1 with err: ERR_CORRUPT (another native architecture).
 */
NODISCARD int universe_add_state(
	struct universe *u, const struct hoststate *state, struct error *err);

/* What was left out of the feeds, in their order. */
size_t universe_unread_count(const struct universe *u);
struct unread universe_unread_at(const struct universe *u, size_t index);

/* Build what planning needs. Again after anything was added. */
void universe_finish(struct universe *u);

/* How many versions are known. */
size_t universe_count(const struct universe *u);

/* The version of that number. */
struct known universe_at(const struct universe *u, uint32_t version);

/* The number of an available version; UNIVERSE_NONE when no feed has it. */
uint32_t universe_find(
	const struct universe *u, const char *name, const char *architecture, const char *version);

/* What the priorities of feeds make of a version: a host that can have one of a higher priority gets that. */
struct limit universe_limit_of(const struct universe *u, uint32_t version);

/* Give a version a limit that was known where it was chosen. Before the first plan. */
void universe_limit(struct universe *u, uint32_t version, const struct limit *limit);

/* True when a version of a package of that name is known, on any architecture. */
bool universe_has_name(const struct universe *u, const char *name);

/**
 * The stanza of an available version, byte for byte as the index has it, ended by one newline.
 * @param out  Owned by the caller: free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no feed has it), ERR_SYSTEM, ERR_CORRUPT (the file was
 *         changed in place).
 */
NODISCARD int universe_stanza(
	const struct universe *u, uint32_t version, char **out, size_t *size, struct error *err);

/**
 * The file of an available version.
 * @param out  Emptied with known_file_done(). Untouched on failure.
 * @return 0, or -1 with err: as universe_stanza().
 */
NODISCARD int universe_file(
	const struct universe *u, uint32_t version, struct known_file *out, struct error *err);

void known_file_done(struct known_file *file);
CLEANUP_DONE(struct known_file, known_file_done)

void universe_free(struct universe *u);
CLEANUP_FUNC(struct universe *, universe_free)
