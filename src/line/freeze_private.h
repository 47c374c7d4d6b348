/* SPDX-License-Identifier: Apache-2.0 */
/* freeze_private.h - a freeze in the making, shared by freeze.c (what?) and freeze_seal.c (sealed). Stays in line/. */
#pragma once

#include "base/own.h"
#include "line/freeze.h"
#include "line/outlook.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct entry {
	struct frozen frozen;
	size_t platform;                      /* index in the outlook */
	uint32_t id;                          /* in its universe */
	const char *feed, *filename, *sha256; /* borrowed from the universe, as: */
	const char *source, *source_version;
	bool *environments; /* owned: by index, whether it changes something there */
	char *advisories;   /* owned; frozen.advisories */
};

struct freeze {
	struct outlook *outlook;
	struct entry *entries; /* sorted by platform, name, architecture */
	size_t count, capacity;
	char **notes;
	size_t note_count, note_capacity;
	int64_t created_at;
	struct patchset *set; /* NULL until sealed */
	char *candidate;
	bool is_unchanged;
};

/* The first host that is in a state. Borrowed. */
const char *freeze_host_in(const struct freeze *f, size_t state);

/**
 * Fetch, read the changelogs, seal, sign, and record set and candidate.
 * @return 0, or -1 with err: as freeze_make().
 */
NODISCARD int freeze_seal(
	struct freeze *f, const struct freeze_request *request, struct error *err);
