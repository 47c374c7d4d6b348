/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - is everything that was sealed still what it was? Offline; what can be mended is fetched again.
 *
 * Layer: content. Threads: one verify at a time.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct config;
struct error;

enum finding_kind { FINDING_MANIFEST, FINDING_REPOSITORY, FINDING_FILE, FINDING_KIND_COUNT };

/* Something that is not what it was. Strings are owned by the report. */
struct finding {
	enum finding_kind kind;
	char *name;     /* path, or "openssl 3.0.22 amd64 (pool/…)" */
	char *problem;  /* what is wrong with it, and for what could not be mended: why */
	bool is_mended; /* fetched or signed again, and good now */
};

struct verify_report {
	struct finding *findings; /* owned */
	size_t count, mended;
	size_t sets, files;
	uint64_t bytes;
};

struct verify_options {
	size_t parallel; /* threads; 0: 2 */
	bool is_offline; /* only look: mend nothing */
};

/**
 * Check all manifests, their repositories and every file of the pool.
 *
 * @param out  verify_report_done(). Untouched on failure.
 * @return 0 when all was looked at (read `count` and `mended`), or -1 with err: ERR_SYSTEM.
 */
NODISCARD int verify_content(const struct config *config, const struct verify_options *options,
	struct verify_report *out, struct error *err);

/* "manifest", "repository", "file". Static. */
const char *finding_name(enum finding_kind kind);

void verify_report_done(struct verify_report *report);
CLEANUP_DONE(struct verify_report, verify_report_done)
