/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fetch.h - download files: many at once, resumed, checked, there whole or not at all.
 *
 * The door to libcurl. http, https and file; the proxy of the environment is honoured. Bytes go into
 * "PATH.part" and become PATH when size and digest are right. A part whose digest will be known is kept
 * and resumed by the next attempt. Layer: content. Threads: any; no file in two calls at once is needed
 * to be safe, it is only fetched twice.
 */
#pragma once

#include "base/error.h"
#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One file, and what became of it. */
struct fetch_file {
	const char *url;     /* borrowed, as the others */
	const char *path;    /* its directory exists */
	const char *sha256;  /* expected; NULL: not known */
	uint64_t size;       /* expected; 0: not known */
	uint64_t size_limit; /* most bytes that are taken when the size is not known */
	bool is_conditional; /* ask with ETag and date of the PATH that is there: unchanged is fine */

	bool is_unchanged;  /* out: PATH was left as it was */
	struct error error; /* out: kind is ERR_NONE when the file is there */
};

struct fetch_progress {
	size_t files_done, files;
	uint64_t bytes_done, bytes; /* of those whose size is known */
};

struct fetch_options {
	unsigned parallel;       /* files at a time; 0: 8 */
	int64_t connect_timeout; /* seconds; 0: 15 */
	int64_t stall_timeout;   /* seconds with less than 1000 bytes each; 0: 30 */
	unsigned retries;        /* after the loss of a connection or a 5xx answer; 0: 3 */
	/* Called now and then from the calling thread; NULL for none. */
	void (*on_progress)(void *context, const struct fetch_progress *progress);
	void *context;
};

/**
 * Fetch files.
 *
 * @param files    Each one's outcome is in its `error` and `is_unchanged`.
 * @param options  NULL: defaults.
 * @return 0 when all are there; -1 with the first file's err otherwise, each with its URL:
 *         ERR_NOT_FOUND (404, no such file), ERR_UNREACHABLE (no route, name not known, TLS, time-out,
 *         5xx), ERR_CORRUPT (digest or size differ: expected and got), ERR_DENIED (401, 403),
 *         ERR_SYSTEM (full disk).
 */
NODISCARD int fetch_files(struct fetch_file *files, size_t count,
	const struct fetch_options *options, struct error *err);

/* Does the server not have the file? Stores like S3 answer 403 for what is not there; apt goes on to the next form then, too. */
bool fetch_is_absent(const struct fetch_file *file);
