/* SPDX-License-Identifier: Apache-2.0 */
/*
 * upload.h - files of a set to a host, those that it lacks; host/stage.sh takes them there.
 *
 * Which files a host needs is decided by who stages (rollout/steps/stage). Layer: fleet. Threads: as the session.
 */
#pragma once

#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct order;
struct session;

/* A file of the platform's repository that the host needs: Packages, InRelease, key.asc, pool/... */
struct upload_file {
	const char *path;   /* in the repository: "pool/openssl_3.0.22-1~deb12u2_amd64.deb" */
	const char *local;  /* where its bytes lie here */
	const char *sha256; /* 64 hexadecimal digits */
	uint64_t size;
};

struct upload {
	const struct upload_file
		*files; /* Packages, InRelease and key.asc (or key.gpg) among them */
	size_t count;
	const char *
		url; /* the host fetches <url>/<path> itself; NULL or "": pushed over the connection */
	int64_t timeout_ms; /* 0: none */
	/* Called with the bytes sent so far and in all; NULL for none. */
	void (*on_progress)(void *context, uint64_t sent, uint64_t total);
	void *context;
};

/**
 * Put the files of a set on the host, below /var/lib/patchline/sets/<set>/<platform>/. Those that are there and
 * right are not sent again. All are checked on the host before any appears.
 *
 * @return 0, or -1 with err: ERR_SYSTEM (no space, a file that arrived damaged: the host's own words), ERR_NOT_FOUND (a
 *         local file), ERR_CORRUPT (a local file is not as long as said), and what session_run() says.
 */
NODISCARD int upload_files(struct session *session, const struct order *order,
	const struct upload *what, struct error *err);

/**
 * Remove these files again, unless packages of the set are staged beside them: then somebody else is at work there.
 * @return 0, or -1 with err: as upload_files().
 */
NODISCARD int upload_remove(struct session *session, const struct order *order,
	const struct upload *what, struct error *err);
