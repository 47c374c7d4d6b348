/* SPDX-License-Identifier: Apache-2.0 */
#include "present/answer.h"

#include "base/error.h"

/* clang-format off */
static const struct field approval_fields[] = {
	{ "candidate",   NULL, FIELD_TEXT, AT(struct approval_answer, candidate) },
	{ "environment", NULL, FIELD_TEXT, AT(struct approval_answer, environment) },
	{ "kind",        NULL, FIELD_TEXT, AT(struct approval_answer, kind), .word = approval_name },
	{ "approver",    NULL, FIELD_TEXT, AT(struct approval_answer, approver) },
};

static const struct field hold_fields[] = {
	{ "environment", NULL, FIELD_TEXT, AT(struct hold_answer, environment) },
	{ "is_held",     NULL, FIELD_FLAG, AT(struct hold_answer, is_held) },
	{ "reason",      NULL, FIELD_TEXT, AT(struct hold_answer, reason) },
};

static const struct field wish_fields[] = {
	{ "rollout", NULL, FIELD_TEXT, AT(struct wish_answer, rollout) },
	{ "wish",    NULL, FIELD_TEXT, AT(struct wish_answer, wish), .word = rollout_wish_name },
	{ "is_done", NULL, FIELD_FLAG, AT(struct wish_answer, is_done) },
};

static const struct field deployed_fields[] = {
	{ "release",     NULL, FIELD_TEXT, AT(struct deployed_answer, release) },
	{ "environment", NULL, FIELD_TEXT, AT(struct deployed_answer, environment) },
	{ "outcome",     NULL, FIELD_TEXT, AT(struct deployed_answer, outcome) },
};

static const struct field undrain_fields[] = {
	{ "host",        NULL, FIELD_TEXT, AT(struct undrain_answer, host) },
	{ "environment", NULL, FIELD_TEXT, AT(struct undrain_answer, environment) },
	{ "rollout",     NULL, FIELD_TEXT, AT(struct undrain_answer, rollout), .prefix = "rollout-" },
	{ "since",       NULL, FIELD_TIME, AT(struct undrain_answer, since) },
	{ "is_done",     NULL, FIELD_FLAG, AT(struct undrain_answer, is_done) },
	{ "log",         NULL, FIELD_TEXT, AT(struct undrain_answer, log) },
};

static const struct field power_fields[] = {
	{ "clone", NULL, FIELD_TEXT, AT(struct power_answer, clone) },
	{ "state", NULL, FIELD_TEXT, AT(struct power_answer, state), .word = clone_state_name },
};

static const struct field init_fields[] = {
	{ "path", NULL, FIELD_TEXT, AT(struct init_answer, path) },
};

static const struct field error_fields[] = {
	{ "error", NULL, FIELD_TEXT, AT(struct error, text) },
	{ "kind",  NULL, FIELD_TEXT, AT(struct error, kind), .word = error_kind_name, .empty = NULL_IF_NONE },
};
/* clang-format on */

const struct view approval_answer_view = VIEW_OF(struct approval_answer, approval_fields);
const struct view hold_answer_view = VIEW_OF(struct hold_answer, hold_fields);
const struct view wish_answer_view = VIEW_OF(struct wish_answer, wish_fields);
const struct view deployed_answer_view = VIEW_OF(struct deployed_answer, deployed_fields);
const struct view undrain_answer_view = VIEW_OF(struct undrain_answer, undrain_fields);
const struct view power_answer_view = VIEW_OF(struct power_answer, power_fields);
const struct view init_answer_view = VIEW_OF(struct init_answer, init_fields);
const struct view error_view = VIEW_OF(struct error, error_fields);
