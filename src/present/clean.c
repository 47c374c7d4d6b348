/* SPDX-License-Identifier: Apache-2.0 */
#include "present/clean.h"

#include "store/set.h"

#define SET(target)      VIA(struct clean_set, row, target)
#define SNAPSHOT(target) AT(struct clean_snapshot, target)
#define REPORT(target)   AT(struct clean_report, target)

/* clang-format off */
static const struct field set_fields[] = {
	{ "digest",     "SET",      FIELD_DIGEST, SET(digest) },
	{ "release",    "RELEASE",  FIELD_TEXT,   SET(release) },
	{ "packages",   "PACKAGES", FIELD_NUMBER, SET(package_count) },
	{ "created_at", "FROZEN",   FIELD_TIME,   SET(created_at) },
};

static const struct field snapshot_fields[] = {
	{ "host",    "HOST",    FIELD_TEXT, SNAPSHOT(host) },
	{ "rollout", "ROLLOUT", FIELD_TEXT, SNAPSHOT(rollout), .prefix = "rollout-" },
};

static const struct view set_view = VIEW_OF(struct clean_set, set_fields);
static const struct view snapshot_view = VIEW_OF(struct clean_snapshot, snapshot_fields);

static const struct field card_fields[] = {
	{ "is_dry_run", NULL,        FIELD_FLAG,   REPORT(is_dry_run) },
	{ "sets",       "SETS",      FIELD_LIST,   LIST_OF(struct clean_report, sets, set_count), .view = &set_view, .none = "No set may go" },
	{ "snapshots",  "SNAPSHOTS", FIELD_LIST,   LIST_OF(struct clean_report, snapshots, snapshot_count), .view = &snapshot_view },
	{ "files",      "files",     FIELD_NUMBER, REPORT(files) },
	{ "bytes",      "size",      FIELD_SIZE,   REPORT(bytes) },
	{ "strangers",  "not ours",  FIELD_WORDS,  REPORT(strangers.items) },
	{ "notes",      "left",      FIELD_WORDS,  REPORT(notes.items) },
};
/* clang-format on */

const struct view clean_report_view = VIEW_OF_KIND("clean", struct clean_report, card_fields);
