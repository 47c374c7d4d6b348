/* SPDX-License-Identifier: Apache-2.0 */
/*
 * configuration.h - with which configuration things were changed: each text once, under its SHA-256.
 *
 * Every event (store/event.h) names the one that its program had. Layer: store. Threads: as store.h says.
 */
#pragma once

#include "base/own.h"

#include <stdint.h>

struct error;
struct store;

struct configuration_row {
	const char *sha256;  /* of the text */
	const char *content; /* config_text() */
	int64_t first_seen_at;
};

/**
 * Say with which configuration everything is changed from here on: each event names it, and the text is kept with
 * the first of them. Nothing is written before.
 *
 * @param text  Copied.
 */
void store_configured(struct store *store, const char *text);

/**
 * Find one by the beginning of its digest.
 * @return 0, or -1 with err: ERR_NOT_FOUND, ERR_USAGE (no digits of a digest, too short, several begin so),
 *         ERR_CORRUPT (the text was changed).
 */
NODISCARD int store_configuration_find(
	struct store *store, const char *prefix, struct configuration_row *out, struct error *err);

/** Check every text against its digest, and that every event has its own. ERR_CORRUPT: which. */
NODISCARD int store_configurations_verify(struct store *store, struct error *err);

void configuration_row_done(struct configuration_row *row);
CLEANUP_DONE(struct configuration_row, configuration_row_done)
