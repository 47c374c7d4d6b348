/* SPDX-License-Identifier: Apache-2.0 */
/*
 * finding.h - what a host's precheck or verify found, in the host's own words.
 *
 * Text form, one paragraph each: "Finding: disk-space", "Severity: error", "What: ...", "Do: ...".
 * Layer: fleet. Threads: any number may read.
 */
#pragma once

#include "base/own.h"

#include <stdbool.h>
#include <stddef.h>

struct error;
struct findings;

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR, SEVERITY_COUNT };

/* Strings are borrowed from the findings and never NULL. */
struct finding {
	const char *check; /* "disk-space" */
	enum severity severity;
	const char *what;   /* what was found */
	const char *remedy; /* what would put it right; "" when there is nothing to do */
};

/**
 * Read findings, and where they end.
 *
 * The text is the findings' paragraphs, then "Findings-End: yes", then whatever follows.
 * @param text  Borrowed during the call only.
 * @param rest  Where the text behind "Findings-End: yes" and its empty line starts; NULL when not wanted.
 * @param out   Owned by the caller: findings_free(). Untouched on failure.
 * @return 0, or -1 with err: ERR_CORRUPT (the line, and what is wrong; also when the end is missing).
 */
NODISCARD int findings_read(
	const char *text, size_t size, size_t *rest, struct findings **out, struct error *err);

/* None yet. findings_free(). */
struct findings *findings_new(void);

/* One more; its strings are copied. */
void findings_add(struct findings *f, const struct finding *finding);

size_t findings_count(const struct findings *f);
const struct finding *findings_at(const struct findings *f, size_t index);

/* True when one of them is an error. */
bool findings_have_error(const struct findings *f);

/* "note", "warning", "error". Static. */
const char *severity_name(enum severity severity);

void findings_free(struct findings *f);
CLEANUP_FUNC(struct findings *, findings_free)
