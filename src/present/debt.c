/* SPDX-License-Identifier: Apache-2.0 */
#include "present/debt.h"

#include "store/debt.h"

#define ROW(target) AT(struct debt_row, target)

/* clang-format off */
static const struct field row_fields[] = {
	{ "host",        "HOST",    FIELD_TEXT, ROW(host) },
	{ "debt",        "OWED",    FIELD_TEXT, ROW(debt), .word = debt_name },
	{ "environment", NULL,      FIELD_TEXT, ROW(environment) },
	{ "rollout",     "BY",      FIELD_TEXT, ROW(rollout), .prefix = "rollout-" },
	{ "since",       "SINCE",   FIELD_TIME, ROW(since) },
	{ "at_work",     "AT WORK", FIELD_TEXT, ROW(at_work), .empty = NULL_IF_EMPTY },
};
/* clang-format on */

const struct view debt_row_view = VIEW_OF(struct debt_row, row_fields);
