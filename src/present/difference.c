/* SPDX-License-Identifier: Apache-2.0 */
#include "present/difference.h"

#include "base/mem.h"
#include "model/patchset.h"

#define ANY(target)    VIA(struct difference_item, any, target)
#define BEFORE(target) VIA(struct difference_item, difference.before, target), .empty = NULL_IF_NONE
#define AFTER(target)  VIA(struct difference_item, difference.after, target), .empty = NULL_IF_NONE

/* clang-format off */
static const struct field item_fields[] = {
	{ "change",        "CHANGE",     FIELD_TEXT,     AT(struct difference_item, difference.kind), .word = difference_name },
	{ "platform",      "PLATFORM",   FIELD_TEXT,     ANY(platform) },
	{ "name",          "PACKAGE",    FIELD_TEXT,     ANY(name) },
	{ "architecture",  "ARCH",       FIELD_TEXT,     ANY(architecture) },
	{ "before",        "BEFORE",     FIELD_TEXT,     BEFORE(version) },
	{ "after",         "AFTER",      FIELD_TEXT,     AFTER(version) },
	{ "before_sha256", NULL,         FIELD_DIGEST,   BEFORE(sha256) },
	{ "after_sha256",  NULL,         FIELD_DIGEST,   AFTER(sha256) },
	{ "advisories",    "ADVISORIES", FIELD_ABRIDGED, ANY(advisories) },
};
/* clang-format on */

const struct view difference_item_view = VIEW_OF(struct difference_item, item_fields);

struct difference_item *difference_items(const struct difference *differences, size_t count)
{
	struct difference_item *items = mem_new(count, sizeof *items);

	for (size_t i = 0; i < count; i++)
		items[i] = (struct difference_item){ differences[i],
			differences[i].after ? differences[i].after : differences[i].before };
	return items;
}
