/* SPDX-License-Identifier: Apache-2.0 */
#include "present/finding.h"

#include "fleet/finding.h"

#define CHECK(target)   OWNED(struct check_item, target)
#define FINDING(target) VIA(struct host_finding, finding, target)
#define DAMAGE(target)  OWNED(struct damage_item, target)
#define VERIFY(target)  AT(struct verify_card, target)

static const char *check_status_name(enum check_status status)
{
	static const char *const names[CHECK_STATUS_COUNT] = {
		[CHECK_GOOD] = "good",
		[CHECK_WARNING] = "warning",
		[CHECK_WRONG] = "wrong",
	};

	return names[status];
}

/* clang-format off */
static const struct field check_fields[] = {
	{ "status", "STATUS",     FIELD_TEXT,  AT(struct check_item, status), .word = check_status_name },
	{ "area",   "AREA",       FIELD_TEXT,  CHECK(area) },
	{ "name",   "NAME",       FIELD_TEXT,  CHECK(name) },
	{ "what",   "WHAT",       FIELD_PROSE, CHECK(what) },
	{ "todo",   "WHAT TO DO", FIELD_PROSE, CHECK(todo) },
};

static const struct field finding_fields[] = {
	{ "host",     "HOST",       FIELD_TEXT,  AT(struct host_finding, host) },
	{ "check",    "CHECK",      FIELD_TEXT,  FINDING(check) },
	{ "severity", "SEVERITY",   FIELD_TEXT,  FINDING(severity), .word = severity_name },
	{ "what",     "WHAT",       FIELD_PROSE, FINDING(what) },
	{ "todo",     "WHAT TO DO", FIELD_PROSE, FINDING(remedy) },
};

static const struct field damage_fields[] = {
	{ "kind",      "KIND",    FIELD_TEXT,  DAMAGE(kind) },
	{ "name",      "WHAT",    FIELD_PROSE, DAMAGE(name) },
	{ "is_mended", "MENDED",  FIELD_FLAG,  AT(struct damage_item, is_mended) },
	{ "problem",   "PROBLEM", FIELD_PROSE, DAMAGE(problem) },
};

const struct view check_item_view = VIEW_OF(struct check_item, check_fields);
const struct view host_finding_view = VIEW_OF(struct host_finding, finding_fields);
const struct view damage_item_view = VIEW_OF(struct damage_item, damage_fields);

static const struct field verify_fields[] = {
	{ "is_good",  NULL, FIELD_FLAG,   VERIFY(is_good) },
	{ "events",   NULL, FIELD_NUMBER, VERIFY(events) },
	{ "sets",     NULL, FIELD_NUMBER, VERIFY(sets) },
	{ "files",    NULL, FIELD_NUMBER, VERIFY(files) },
	{ "bytes",    NULL, FIELD_SIZE,   VERIFY(bytes) },
	{ "problems", NULL, FIELD_LIST,   LIST_AT(struct verify_card, damages), .view = &damage_item_view },
};
/* clang-format on */

const struct view verify_card_view = VIEW_OF(struct verify_card, verify_fields);

void verify_card_done(struct verify_card *c)
{
	view_row_done(&verify_card_view, c);
}
