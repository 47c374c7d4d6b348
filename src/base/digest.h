/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest.h - SHA-256, the name of everything that is kept: files, states, sets, events.
 *
 * Text form is 64 lower-case hexadecimal digits. Layer: base (the door to GnuTLS). Threads: any.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;
struct hasher;

#define DIGEST_HEX_SIZE        65 /* 64 digits and NUL */
#define DIGEST_RAW_SIZE        32
#define DIGEST_SHA512_HEX_SIZE 129

/* The digest of bytes in memory, as text into out; returns out. */
const char *digest_bytes(const void *bytes, size_t size, char out[DIGEST_HEX_SIZE]);

/* The same as bytes: half the room, where there are very many. */
void digest_raw(const void *bytes, size_t size, uint8_t out[DIGEST_RAW_SIZE]);

/**
 * The digest of a whole file.
 * @param size  How many bytes were read; NULL when not wanted.
 * @return 0, or -1 with err: ERR_NOT_FOUND (no such file), ERR_CORRUPT (a directory, a FIFO, a device), ERR_SYSTEM
 *         (reading failed).
 */
NODISCARD int digest_file(
	const char *path, char out[DIGEST_HEX_SIZE], uint64_t *size, struct error *err);

/* The SHA-512 of a whole file, for archives that tell no other; likewise. */
NODISCARD int digest_file_sha512(
	const char *path, char out[DIGEST_SHA512_HEX_SIZE], struct error *err);

/* True for 64 lower-case hexadecimal digits and nothing else. */
bool digest_is_valid(const char *text);

/* A digest taken piece by piece: hasher_new, hasher_add ..., hasher_end (which frees). */
struct hasher *hasher_new(void);
void hasher_add(struct hasher *h, const void *bytes, size_t size);
const char *hasher_end(struct hasher *h, char out[DIGEST_HEX_SIZE]);

/* Free without a result. NULL is fine. */
void hasher_free(struct hasher *h);
CLEANUP_FUNC(struct hasher *, hasher_free)
