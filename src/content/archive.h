/* SPDX-License-Identifier: Apache-2.0 */
/*
 * archive.h - compressed files and Debian packages, read as streams.
 *
 * The door to libarchive. What comes out is limited before it is written or allocated, so that a file
 * that swells cannot fill disk or memory. Layer: content. Threads: any.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;

/* What a decompressed file must be. */
struct archive_expect {
	const char *sha256;  /* NULL: not known */
	uint64_t size;       /* used with sha256 */
	uint64_t size_limit; /* used when sha256 is not known */
};

/**
 * Decompress a file (xz, gz, zst or plain, told by its bytes) into another, which appears whole or not at all.
 *
 * @param sha256  Of the uncompressed bytes, with their number in size; NULL when not wanted.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (truncated, damaged, too large, not what was
 *         expected), ERR_SYSTEM (full disk).
 */
NODISCARD int archive_decompress(const char *from, const char *to,
	const struct archive_expect *expect, char sha256[DIGEST_HEX_SIZE], uint64_t *size,
	struct error *err);

/** Decompress bytes in memory; text: free(). ERR_CORRUPT (damaged, more than limit). */
NODISCARD int archive_decompress_bytes(const void *bytes, size_t size, size_t limit, char **text,
	size_t *text_size, struct error *err);

/**
 * Read the control file of a .deb.
 * @param text  free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_CORRUPT (no Debian package), ERR_SYSTEM.
 */
NODISCARD int archive_deb_control(const char *path, char **text, size_t *size, struct error *err);

/* Where the changelog of a package was found. Release with archive_changelog_done(). */
struct archive_changelog {
	char *packed; /* owned: compressed, as it lies there; NULL: there is none in this file */
	size_t size;
	char *elsewhere; /* owned; the package whose changelog it shares; NULL: none */
};

/**
 * Read the Debian changelog of a package out of its .deb: changelog.Debian.gz, or changelog.gz of a
 * native package. Where documentation is a link into another package, `elsewhere` names that package.
 *
 * @param package  Its name.
 * @return 0, also when there is none; -1 with err: as archive_deb_control().
 */
NODISCARD int archive_deb_changelog(
	const char *path, const char *package, struct archive_changelog *out, struct error *err);

void archive_changelog_done(struct archive_changelog *changelog);
CLEANUP_DONE(struct archive_changelog, archive_changelog_done)
