/* SPDX-License-Identifier: Apache-2.0 */
/*
 * patchset_draft.h - a patch set in the making: filled in any order, then sealed into its manifest.
 *
 * Equal contents give equal bytes, whatever the order in which they were added.
 * Layer: model. Threads: one at a time.
 */
#pragma once

#include "base/digest.h"
#include "base/own.h"

#include <stddef.h>
#include <stdint.h>

struct error;
struct left_out;
struct package;
struct patchset_draft;
struct repository;
struct set_source;
struct unplanned;

/* A new empty draft for a release of the shop's code. Strings are copied everywhere. */
struct patchset_draft *patchset_draft_new(const char *release, int64_t created_at);

/* Say how freezing was narrowed: "security-only only=openssl". */
void patchset_draft_narrow(struct patchset_draft *draft, const char *how);

void patchset_draft_add_package(struct patchset_draft *draft, const struct package *package);

/* Line ends in the reason become spaces. */
void patchset_draft_add_left_out(struct patchset_draft *draft, const struct left_out *left_out);
void patchset_draft_add_unplanned(struct patchset_draft *draft, const struct unplanned *host);
void patchset_draft_add_repository(struct patchset_draft *draft, const struct repository *r);
void patchset_draft_add_source(struct patchset_draft *draft, const struct set_source *source);

/**
 * Seal: sort the contents and write the manifest.
 *
 * @param text    The manifest, free(). Untouched on failure, as size and digest are.
 * @param digest  The set's name.
 * @return 0, or -1 with err: ERR_USAGE (what in the contents cannot be sealed: a package twice, a bad
 *         digest, size, name or path, a line end in a value).
 */
NODISCARD int patchset_seal(struct patchset_draft *draft, char **text, size_t *size,
	char digest[DIGEST_HEX_SIZE], struct error *err);

void patchset_draft_free(struct patchset_draft *draft);
CLEANUP_FUNC(struct patchset_draft *, patchset_draft_free)
