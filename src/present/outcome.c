/* SPDX-License-Identifier: Apache-2.0 */
#include "present/outcome.h"

#define UNEQUAL(target)  AT(struct unequal, target)
#define EQUALITY(target) VIA(struct equality_item, equality, target)
#define TALLY(verdict)   AT(struct rollout_summary, verdicts[verdict])
#define ROLLOUT(target)  AT(struct rollout_outcome, target)
#define SUMMARY(target)  VIA(struct rollout_outcome, summary, target)
#define SWAP(target)     AT(struct swap_outcome, target)
#define SWAPPED(target)  VIA(struct swap_outcome, summary, target)

/* clang-format off */
static const struct field unequal_fields[] = {
	{ "host",         "HOST",     FIELD_TEXT, UNEQUAL(host) },
	{ "name",         "PACKAGE",  FIELD_TEXT, UNEQUAL(name) },
	{ "architecture", NULL,       FIELD_TEXT, UNEQUAL(architecture) },
	{ "original",     "ORIGINAL", FIELD_TEXT, UNEQUAL(original) },
	{ "clone",        "CLONE",    FIELD_TEXT, UNEQUAL(clone) },
};
const struct view unequal_view = VIEW_OF(struct unequal, unequal_fields);

static const struct field equality_fields[] = {
	{ "verdict",     NULL, FIELD_TEXT,   AT(struct equality_item, verdict) },
	{ "hosts",       NULL, FIELD_NUMBER, EQUALITY(hosts) },
	{ "equal_hosts", NULL, FIELD_NUMBER, EQUALITY(equal_hosts) },
	{ "differences", NULL, FIELD_LIST,   LIST_OF(struct equality_item, list, count), .view = &unequal_view },
};
static const struct view equality_view = VIEW_OF(struct equality_item, equality_fields);

static const struct field tally_fields[] = {
	{ "waiting",       NULL, FIELD_NUMBER, TALLY(HOST_WAITING) },
	{ "running",       NULL, FIELD_NUMBER, TALLY(HOST_RUNNING) },
	{ "done",          NULL, FIELD_NUMBER, TALLY(HOST_DONE) },
	{ "nothing-to-do", NULL, FIELD_NUMBER, TALLY(HOST_NOTHING_TO_DO) },
	{ "failed",        NULL, FIELD_NUMBER, TALLY(HOST_FAILED) },
	{ "reverted",      NULL, FIELD_NUMBER, TALLY(HOST_REVERTED) },
	{ "unwell",        NULL, FIELD_NUMBER, TALLY(HOST_UNWELL) },
	{ "skipped",       NULL, FIELD_NUMBER, TALLY(HOST_SKIPPED) },
	{ "unreachable",   NULL, FIELD_NUMBER, TALLY(HOST_UNREACHABLE) },
};
static const struct view tally_view = VIEW_OF(struct rollout_summary, tally_fields);

#define ROLLOUT_FIELDS \
	{ "rollout",        NULL, FIELD_TEXT,   ROLLOUT(id), .prefix = "rollout-" }, \
	{ "environment",    NULL, FIELD_TEXT,   ROLLOUT(environment) }, \
	{ "is_complete",    NULL, FIELD_FLAG,   SUMMARY(is_complete) }, \
	{ "packages",       NULL, FIELD_NUMBER, SUMMARY(package_count) }, \
	{ "hosts",          NULL, FIELD_OBJECT, POINTED(struct rollout_outcome, summary), .view = &tally_view }, \
	{ "reverted",       NULL, FIELD_WORDS,  ROLLOUT(reverted) }, \
	{ "out_of_service", NULL, FIELD_WORDS,  ROLLOUT(out_of_service) }, \
	{ "reason",         NULL, FIELD_TEXT,   SUMMARY(stop_reason) }

static const struct field rollout_fields[] = { ROLLOUT_FIELDS };

static const struct field entry_fields[] = {
	ROLLOUT_FIELDS, /* the rollout lies first */
	{ "clone",    NULL, FIELD_TEXT,   AT(struct entry_outcome, clone) },
	{ "equality", NULL, FIELD_OBJECT, POINTED(struct entry_outcome, equality), .view = &equality_view, .empty = NULL_IF_NONE },
};

static const struct field tests_fields[] = {
	{ "passed", NULL, FIELD_NUMBER, AT(struct swap_summary, passed) },
	{ "failed", NULL, FIELD_NUMBER, AT(struct swap_summary, failed) },
};
static const struct view tests_view = VIEW_OF(struct swap_summary, tests_fields);

static const struct field swap_fields[] = {
	{ "environment", NULL, FIELD_TEXT,   SWAP(environment) },
	{ "clone",       NULL, FIELD_TEXT,   SWAP(clone) },
	{ "is_swapped",  NULL, FIELD_FLAG,   SWAPPED(is_swapped) },
	{ "reason",      NULL, FIELD_TEXT,   SWAPPED(reason) },
	{ "hosts",       NULL, FIELD_NUMBER, SWAPPED(hosts) },
	{ "downtime_ms", NULL, FIELD_NUMBER, SWAPPED(downtime_ms) },
	{ "longest_ms",  NULL, FIELD_NUMBER, SWAPPED(longest_ms) },
	{ "is_clean",    NULL, FIELD_FLAG,   SWAPPED(is_clean) },
	{ "remaining",   NULL, FIELD_TEXT,   SWAPPED(remaining) },
	{ "tests",       NULL, FIELD_OBJECT, POINTED(struct swap_outcome, summary), .view = &tests_view },
	{ "losses",      NULL, FIELD_JSON,   SWAP(swap_diff) },
};
/* clang-format on */

const struct view rollout_outcome_view = VIEW_OF(struct rollout_outcome, rollout_fields);
const struct view entry_outcome_view = VIEW_OF(struct entry_outcome, entry_fields);
const struct view swap_outcome_view = VIEW_OF(struct swap_outcome, swap_fields);

struct equality_item equality_item_of(const struct equality *e)
{
	return (struct equality_item){ e, equality_verdict(e), e->items, e->count };
}
