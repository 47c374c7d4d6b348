/* SPDX-License-Identifier: Apache-2.0 */
#include "base/digest.h"

#include "base/error.h"
#include "base/file.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE ((size_t)256 * 1024)

struct hasher {
	gnutls_hash_hd_t handle;
};

static const char *to_hex(const uint8_t *bytes, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * size] = '\0';
	return out;
}

static struct hasher *hasher_of(gnutls_digest_algorithm_t algorithm)
{
	struct hasher *h = mem_new(1, sizeof *h);

	/* A digest in memory fails only when the library itself is unusable. */
	if (gnutls_hash_init(&h->handle, algorithm) < 0)
		abort();
	return h;
}

struct hasher *hasher_new(void)
{
	return hasher_of(GNUTLS_DIG_SHA256);
}

void hasher_add(struct hasher *h, const void *bytes, size_t size)
{
	if (size && gnutls_hash(h->handle, bytes, size) < 0)
		abort();
}

const char *hasher_end(struct hasher *h, char out[DIGEST_HEX_SIZE])
{
	uint8_t bytes[DIGEST_RAW_SIZE];

	gnutls_hash_deinit(h->handle, bytes);
	free(h);
	return to_hex(bytes, sizeof bytes, out);
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	gnutls_hash_deinit(h->handle, NULL);
	free(h);
}

void digest_raw(const void *bytes, size_t size, uint8_t out[DIGEST_RAW_SIZE])
{
	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes, size, out) < 0)
		abort();
}

const char *digest_bytes(const void *bytes, size_t size, char out[DIGEST_HEX_SIZE])
{
	uint8_t raw[DIGEST_RAW_SIZE];

	digest_raw(bytes, size, raw);
	return to_hex(raw, sizeof raw, out);
}

static int add_file(struct hasher *h, const char *path, uint64_t *size, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(free) char *buffer = mem_new(1, READ_SIZE);
	ssize_t got;

	if (file_open(path, &fd, err) < 0)
		return -1;
	*size = 0;
	while ((got = read(fd, buffer, READ_SIZE)) > 0) {
		hasher_add(h, buffer, (size_t)got);
		*size += (uint64_t)got;
	}
	return got < 0 ? error_set(err, ERR_SYSTEM, "reading '%s': %s", path, strerror(errno)) : 0;
}

int digest_file(const char *path, char out[DIGEST_HEX_SIZE], uint64_t *size, struct error *err)
{
	CLEANUP(hasher_free) struct hasher *h = hasher_new();
	uint64_t total = 0;

	if (add_file(h, path, &total, err) < 0)
		return -1;
	hasher_end(STEAL(&h), out);
	if (size)
		*size = total;
	return 0;
}

int digest_file_sha512(const char *path, char out[DIGEST_SHA512_HEX_SIZE], struct error *err)
{
	CLEANUP(hasher_free) struct hasher *h = hasher_of(GNUTLS_DIG_SHA512);
	uint8_t bytes[(DIGEST_SHA512_HEX_SIZE - 1) / 2];
	uint64_t size = 0;

	if (add_file(h, path, &size, err) < 0)
		return -1;
	gnutls_hash_output(h->handle, bytes);
	to_hex(bytes, sizeof bytes, out);
	return 0;
}

bool digest_is_valid(const char *text)
{
	return strlen(text) == DIGEST_HEX_SIZE - 1 &&
	       strspn(text, "0123456789abcdef") == DIGEST_HEX_SIZE - 1;
}
