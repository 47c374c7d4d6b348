/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/check/check.h"

void checks_add(struct checks *c, const struct check_item *result)
{
	view_rows_copy(&c->results, &check_item_view, result);
	c->of[result->status]++;
}

void checks_done(struct checks *c)
{
	view_rows_done(&c->results);
}
