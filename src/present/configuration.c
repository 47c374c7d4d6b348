/* SPDX-License-Identifier: Apache-2.0 */
#include "present/configuration.h"

#include "store/configuration.h"

#define ROW(target) AT(struct configuration_row, target)

/* clang-format off */
static const struct field row_fields[] = {
	{ "sha256",        NULL, FIELD_DIGEST, ROW(sha256) },
	{ "first_seen_at", NULL, FIELD_TIME,   ROW(first_seen_at) },
	{ "text",          NULL, FIELD_TEXT,   ROW(content) },
};
/* clang-format on */

const struct view configuration_row_view =
	VIEW_OF_KIND("configuration", struct configuration_row, row_fields);
