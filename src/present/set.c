/* SPDX-License-Identifier: Apache-2.0 */
#include "present/set.h"

#include "store/set.h"

#define ROW(member) AT(struct set_row, member)

/* clang-format off */
static const struct field row_fields[] = {
	{ "digest",     "SET",      FIELD_DIGEST, ROW(digest) },
	{ "release",    "RELEASE",  FIELD_TEXT,   ROW(release) },
	{ "packages",   "PACKAGES", FIELD_NUMBER, ROW(package_count) },
	{ "size",       "SIZE",     FIELD_SIZE,   ROW(total_size) },
	{ "created_at", "FROZEN",   FIELD_TIME,   ROW(created_at) },
	{ "created_by", "BY",       FIELD_TEXT,   ROW(created_by) },
};
/* clang-format on */

const struct view set_row_view = VIEW_OF(struct set_row, row_fields);
